// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// One device at work.
//
//   kernel ──► serve(): one thread ─┬─► at once: open, poll, ioctls that only look, interrupts
//                                   └─► RequestDesk: its threads, its waiting room, its turns ──► answer
//
// A process that waits for an answer can't be frozen for a suspend, and this one may be frozen before. So no request stays
// here without a reason: poll is answered at once, and whoever waits is woken by a message of its own later; a read that waits
// for entropy is answered as soon as its process gets a signal, and the freezer's is one. But who sleeps in poll(2) is woken by
// the freezer as well and asks once more, when nobody answers any more. Only a device without poll is safe from that, and
// from the time that there is a seed this is one: then the kernel says "readable and writable" by itself.

import CService
import LRNG
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Answers the requests for one device.
final class DeviceSession: Sendable {
  /// A read that is not answered yet.
  private final class PendingRead: Sendable {
    struct State: Sendable {
      /// Output under prediction resistance, which comes in blocks.
      var bytes: [UInt8] = []
      /// How often the desk was asked, and its last ticket.
      var round = 0
      var ticket: WorkTicket?
      var isOver = false
    }

    let count: Int
    let quality: QualityOfService
    let isWaiting: Bool
    let peer: Peer
    let state = Mutex(State())

    init(count: Int, quality: QualityOfService, isWaiting: Bool, peer: Peer) {
      self.count = count
      self.quality = quality
      self.isWaiting = isWaiting
      self.peer = peer
    }
  }

  private struct Waiter: Sendable {
    let kernelHandle: UInt64
    let seen: DeviceEvents
  }

  /// What the device says of the generator.
  struct View: Sendable {
    let isOperational: @Sendable () -> Bool
    let wantsEntropy: @Sendable () -> Bool
    let entropyInBits: @Sendable () -> UInt32
  }

  /// Root, for what was checked here.
  private static let entitled = Peer(user: 0, process: 0)
  /// The block of a generator under prediction resistance.
  private static let blockLengthInBytes = 32

  let node: DeviceNode
  private let desk: RequestDesk
  private let view: View
  private let mayAdminister: @Sendable (_ user: UInt32, _ process: UInt32) -> Bool
  private let pending = Mutex<[UInt64: PendingRead]>([:])
  private let waiters = Mutex<[UInt64: Waiter]>([:])
  private let files = Atomic<UInt64>(0)
  private let wake: (inner: CInt, outer: CInt)
  private let isStopping = Atomic<Bool>(false)

  init(
    _ node: DeviceNode, desk: RequestDesk, view: View,
    mayAdminister: @escaping @Sendable (_ user: UInt32, _ process: UInt32) -> Bool
  ) throws(ServiceError) {
    var pair: [CInt] = [-1, -1]
    // Two descriptors.
    let made = unsafe pair.withUnsafeMutableBufferPointer { unsafe lrng_socket_pair($0.baseAddress) }
    guard made == 0 else { throw ServiceError("socketpair: \(errorText(errno))") }
    wake = (pair[0], pair[1])
    self.node = node
    self.desk = desk
    self.view = view
    self.mayAdminister = mayAdminister
  }

  deinit {
    close(wake.inner)
    close(wake.outer)
  }

  /// Serves until ``stop()``, or until the kernel ends the device. Blocks.
  ///
  /// - Returns: Whether it was stopped.
  func serve() -> Bool {
    var buffer = [UInt8](repeating: 0, count: DeviceNode.bufferLength)
    while !isStopping.load(ordering: .acquiring) {
      guard let length = node.receive(&buffer) else { return false }
      if length == 0 {
        _ = node.waitForRequest(milliseconds: -1, or: wake.inner)
        continue
      }
      guard let request = DeviceRequest(buffer, length: length) else { return false }
      handle(request)
      // What is written may be somebody's entropy.
      buffer.withUnsafeMutableWipe(length)
    }
    return true
  }

  /// Ends ``serve()``, and all that waits.
  func stop() {
    isStopping.store(true, ordering: .releasing)
    var word: UInt8 = 0
    _ = unsafe send(wake.outer, &word, 1, CInt(MSG_NOSIGNAL))
    for unique in pending.withLock({ Array($0.keys) }) { conclude(unique, .failed(ENODEV)) }
  }

  /// Wakes those who wait in poll(2) for what has come about since. To be called a few times a second.
  func look() {
    let events = events
    let due = waiters.withLock { waiters in
      let due = waiters.filter { !events.subtracting($0.value.seen).isEmpty }
      for file in due.keys { waiters[file] = nil }
      return due.values.map(\.kernelHandle)
    }
    for handle in due { node.send(.wakeup(kernelHandle: handle), to: 0) }
  }

  private var events: DeviceEvents {
    var events: DeviceEvents = []
    if view.isOperational() { events.insert(.readable) }
    if view.wantsEntropy() { events.insert(.writable) }
    return events
  }

  // MARK: - Requests

  func handle(_ request: DeviceRequest) {
    switch request.operation {
    case .open: answer(request, .opened(file: files.add(1, ordering: .relaxed).newValue))
    case .release(let file):
      waiters.withLock { $0[file] = nil }
      answer(request, .done)
    case .read(let count, let flags): read(request, count, flags)
    case .write(let bytes):
      submit(.insert(bytes, bits: 0), from: peer(of: request), for: request, .written(bytes.count))
    case .control(let control): self.control(request, control)
    case .poll(let poll):
      let events = events
      // The kernel never asks again after this.
      if events.contains(.readable) { return answer(request, .failed(ENOSYS)) }
      if poll.wantsNotification {
        waiters.withLock { $0[poll.file] = Waiter(kernelHandle: poll.kernelHandle, seen: events) }
      }
      answer(request, .polled(events))
    case .interrupt(let unique): interrupt(unique)
    case .flush: answer(request, .done)
    case .forget: break
    case .unknown: answer(request, .failed(ENOSYS))
    case .initialize, .malformed: answer(request, .failed(EINVAL))
    }
  }

  private func answer(_ request: DeviceRequest, _ reply: DeviceReply) { node.send(reply, to: request.unique) }

  private func peer(of request: DeviceRequest) -> Peer {
    Peer(user: request.user, process: Int32(truncatingIfNeeded: request.process))
  }

  /// Has something done that does not wait.
  private func submit(
    _ work: ServiceRequest, from peer: Peer, for request: DeviceRequest, _ success: DeviceReply
  ) {
    let node = node
    _ = desk.submit(work, from: peer) { reply in
      switch reply {
      case .refused(let refusal): node.send(.failed(Self.number(of: refusal)), to: request.unique)
      default: node.send(success, to: request.unique)
      }
    }
  }

  private static func number(of refusal: ServiceRefusal) -> Int32 {
    switch refusal {
    case .malformed, .unsupported: EINVAL
    case .notPermitted: EPERM
    case .notSeeded: EAGAIN
    case .testFailed: EIO
    case .stopping: ENODEV
    }
  }

  private func control(_ request: DeviceRequest, _ control: DeviceControl) {
    switch control.step(isPrivileged: { mayAdminister(request.user, request.process) }) {
    case .refuse(let number): answer(request, .failed(number))
    case .fetch(let count): answer(request, .askAgain(address: control.argument, input: count, output: 0))
    case .reserve(let count): answer(request, .askAgain(address: control.argument, input: 0, output: count))
    case .perform(.entropyCount):
      let bits = Int32(clamping: view.entropyInBits())
      answer(request, .controlled(unsafe withUnsafeBytes(of: bits) { unsafe Array($0) }))
    case .perform(.credit(let bits)):
      submit(.credit(bits: bits), from: Self.entitled, for: request, .controlled([]))
    case .perform(.add(let data, let bits)):
      submit(.insert(data, bits: Int(bits)), from: Self.entitled, for: request, .controlled([]))
    case .perform(.clear): submit(.clearCredit, from: Self.entitled, for: request, .controlled([]))
    case .perform(.reseed):
      guard view.isOperational() else { return answer(request, .failed(ENODATA)) }
      submit(.reseed, from: Self.entitled, for: request, .controlled([]))
    }
  }

  // MARK: - Reading

  private func read(_ request: DeviceRequest, _ count: Int, _ flags: DeviceFlags) {
    let quality: QualityOfService =
      switch node.role {
      case .urandom: .available
      case .random: flags.contains(.synchronous) ? .predictionResistant : .fullySeeded
      }
    let read = PendingRead(
      count: count, quality: quality, isWaiting: !flags.contains(.nonblocking), peer: peer(of: request))
    pending.withLock { $0[request.unique] = read }
    goOn(request.unique, read)
  }

  /// Asks for all of it, or for the next block.
  private func goOn(_ unique: UInt64, _ read: PendingRead) {
    let isSlow = read.quality == .predictionResistant
    let (rest, round) = read.state.withLock { state in
      state.round += 1
      return (read.count - state.bytes.count, state.round)
    }
    let wanted = isSlow ? min(rest, Self.blockLengthInBytes) : rest
    let ticket = desk.submit(
      .generate(count: wanted, quality: read.quality, isWaiting: read.isWaiting), from: read.peer
    ) { [weak self] reply in
      guard let self else { return }
      switch reply {
      case .secret(let secret) where isSlow && secret.count > 0:
        let bytes = unsafe secret.withBytes { unsafe Array($0) }
        let isComplete: Bool? = read.state.withLock { state in
          guard !state.isOver else { return nil }
          state.bytes += bytes
          return state.bytes.count >= read.count
        }
        wipeInPlace(bytes)
        guard let isComplete else { return }
        if isComplete { conclude(unique, .failed(EIO)) } else { goOn(unique, read) }
      case .secret(let secret):
        let bytes = unsafe secret.withBytes { unsafe Array($0) }
        conclude(unique, bytes.isEmpty && read.count > 0 ? .failed(EAGAIN) : .bytes(bytes))
        wipeInPlace(bytes)
      case .refused(let refusal): conclude(unique, .failed(Self.number(of: refusal)))
      default: conclude(unique, .failed(EIO))
      }
    }
    let isOver = read.state.withLock { state in
      // The next block may have been asked for meanwhile.
      if state.round == round { state.ticket = ticket }
      return state.isOver
    }
    if isOver { ticket.abandon() }
  }

  /// Answers a read, once. Where there are bytes already, they are the answer.
  private func conclude(_ unique: UInt64, _ reply: DeviceReply) {
    guard let read = pending.withLock({ $0.removeValue(forKey: unique) }) else { return }
    let bytes = read.state.withLock { state in
      state.isOver = true
      defer { state.bytes = [] }
      return state.bytes
    }
    node.send(bytes.isEmpty ? reply : .bytes(bytes), to: unique)
    wipeInPlace(bytes)
  }

  private func interrupt(_ unique: UInt64) {
    guard let read = pending.withLock({ $0[unique] }) else { return }
    let ticket = read.state.withLock { $0.ticket }
    conclude(unique, .failed(EINTR))
    ticket?.abandon()
  }
}

extension [UInt8] {
  fileprivate mutating func withUnsafeMutableWipe(_ count: Int) {
    var span = mutableSpan
    span.withPart(0..<Swift.min(count, span.count)) { $0.wipe() }
  }
}

/// Overwrites output that was handed out. Everybody who had a part in it has dropped it but for this reference.
private func wipeInPlace(_ bytes: [UInt8]) {
  unsafe bytes.withUnsafeBytes { buffer in
    guard let start = buffer.baseAddress else { return }
    unsafe explicit_bzero(UnsafeMutableRawPointer(mutating: start), buffer.count)
  }
}
