// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// Where requests are done, off the event loops: a generator may have to reseed first, which takes milliseconds.
//
//   submit ─┬─► threads ─────────────────────────► reply
//           │      └─ no seed yet ─► waiting ──┐
//           │            ▲  SeedService looks ─┘
//           └─► FairShare ─► one thread, 32 bytes at a time ─► reply        (prediction resistance, raw seeds)

import LRNG
import NIOPosix
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A request at work; its client may go away meanwhile.
final class WorkTicket: Sendable {
  private let abandoned = Atomic<Bool>(false)
  private let withdraw: @Sendable (WorkTicket) -> Void

  init(withdraw: @escaping @Sendable (WorkTicket) -> Void) {
    self.withdraw = withdraw
  }

  var isAbandoned: Bool { abandoned.load(ordering: .acquiring) }

  /// Nobody waits for the reply any more.
  func abandon() {
    abandoned.store(true, ordering: .releasing)
    withdraw(self)
  }
}

/// Whom the desk believes.
public struct CreditPolicy: Equatable, Sendable {
  /// Whether entropy that root writes by the EGD protocol counts as much as root says. Nobody else's does.
  public var believesRoot: Bool

  public init(believesRoot: Bool = false) {
    self.believesRoot = believesRoot
  }
}

/// Does what clients ask for.
final class RequestDesk: Sendable {
  typealias Reply = @Sendable (ServiceReply) -> Void

  /// How the status and the metrics are written.
  struct Documents: Sendable {
    let status: @Sendable (StatusFormat) -> [UInt8]
    let metrics: @Sendable () -> [UInt8]
  }

  private struct Work: Sendable {
    let request: ServiceRequest
    let peer: Peer
    let isPrivileged: Bool
    let ticket: WorkTicket
    let reply: Reply
    /// What is done of it, and how much that is.
    var output: SecretBytes?
    var filled = 0

    func finish(_ outcome: ServiceReply) {
      if !ticket.isAbandoned { reply(outcome) }
    }
  }

  /// What is put out at once under prediction resistance: one block for each reseed.
  private static let blockLengthInBytes = 32

  private let generator: RandomBitGenerator
  private let documents: Documents
  private let credit: CreditPolicy
  /// The user of the service itself may do here what root may.
  private let ownUser = geteuid()
  private let threads: NIOThreadPool
  private let slowThread = NIOThreadPool(numberOfThreads: 1)
  private let slow = Mutex(FairShare<Work>())
  /// Turns in a row that brought nothing, because the sources were dry. Of the one thread that takes turns.
  private let dryTurns = Atomic(0)
  /// Requests that wait for the seed.
  private let waiting = Mutex<[ObjectIdentifier: Work]>([:])
  private let isStopping = Atomic<Bool>(false)
  let counters: RequestCounters

  /// - Parameter threads: How many requests are done at the same time, those that wait for noise apart.
  init(
    _ generator: RandomBitGenerator, documents: Documents, credit: CreditPolicy, counters: RequestCounters,
    threads count: Int
  ) {
    self.generator = generator
    self.documents = documents
    self.credit = credit
    self.counters = counters
    threads = NIOThreadPool(numberOfThreads: max(1, count))
  }

  func start() {
    threads.start()
    slowThread.start()
  }

  /// Refuses what waits and ends the threads.
  func stop() async {
    isStopping.store(true, ordering: .releasing)
    for work in slow.withLock({ $0.removeAll() }) { work.finish(.refused(.stopping)) }
    resumeWaiting()
    try? await threads.shutdownGracefully()
    try? await slowThread.shutdownGracefully()
  }

  /// Takes a request. The reply comes on any thread, unless the ticket was abandoned before.
  func submit(_ request: ServiceRequest, from peer: Peer, reply: @escaping Reply) -> WorkTicket {
    let user = peer.user
    let ticket = WorkTicket { [weak self] ticket in self?.withdraw(ticket, user: user) }
    let work = Work(
      request: request, peer: peer, isPrivileged: user == 0 || user == ownUser, ticket: ticket, reply: reply)
    switch request {
    case .generate(_, .predictionResistant, _), .seed:
      slow.withLock { $0.append(work, user: user) }
      slowThread.submit { state in self.takeTurn(state) }
    default: run(work)
    }
    return ticket
  }

  /// Forgets a request whose client is gone.
  private func withdraw(_ ticket: WorkTicket, user: UInt32) {
    waiting.withLock { $0[ObjectIdentifier(ticket)] = nil }
    slow.withLock { $0.removeFirst(of: user) { $0.ticket === ticket } }
  }

  // MARK: - At once

  private func run(_ work: Work) {
    threads.submit { state in
      if work.ticket.isAbandoned { return }
      guard state == .active, !self.isStopping.load(ordering: .acquiring) else {
        return work.finish(.refused(.stopping))
      }
      if let reply = self.reply(to: work) { return self.conclude(work, reply) }
      self.waiting.withLock { $0[ObjectIdentifier(work.ticket)] = work }
      // Both may have changed while nobody could see this request.
      if work.ticket.isAbandoned { self.withdraw(work.ticket, user: work.peer.user) }
      if self.isStopping.load(ordering: .acquiring) { self.resumeWaiting() }
    }
  }

  private func conclude(_ work: Work, _ reply: ServiceReply) {
    counters.count(work.request, reply)
    work.finish(reply)
  }

  /// Whether requests wait for the seed.
  var hasWaiting: Bool { waiting.withLock { !$0.isEmpty } }

  /// Tries those again that wait for the seed.
  func resumeWaiting() {
    let all = waiting.withLock { waiting in
      defer { waiting.removeAll() }
      return Array(waiting.values)
    }
    for work in all { run(work) }
  }

  /// - Returns: `nil` if the request has to wait for the seed.
  private func reply(to work: Work) -> ServiceReply? {
    switch work.request {
    case .generate(let count, let quality, let isWaiting):
      return generate(count, quality, isWaiting: isWaiting)
    case .insert(let data, let bits):
      return work.isPrivileged || bits == 0 ? insert(data, bits: bits) : .refused(.notPermitted)
    case .contribute(let data, let bits):
      return insert(data, bits: work.peer.user == 0 && credit.believesRoot ? bits : 0)
    case .credit(let bits):
      guard work.isPrivileged else { return .refused(.notPermitted) }
      generator.creditAuxiliaryPool(bits: bits)
      return .done
    case .clearCredit:
      guard work.isPrivileged else { return .refused(.notPermitted) }
      generator.clearAuxiliaryCredit()
      return .done
    case .entropyLevel: return .number(generator.status.entropyLevelInBits)
    case .processIdentifier: return .number(UInt32(clamping: getpid()))
    case .reseed:
      guard work.isPrivileged else { return .refused(.notPermitted) }
      generator.reseed()
      return .done
    case .selfTest:
      guard work.isPrivileged else { return .refused(.notPermitted) }
      return generator.runSelfTests().failed == 0 ? .done : .refused(.testFailed)
    case .status(let format): return .bytes(documents.status(format))
    case .metrics: return .bytes(documents.metrics())
    case .seed: return .refused(.unsupported)
    }
  }

  private func insert(_ data: [UInt8], bits: Int) -> ServiceReply {
    do throws(LRNGError) {
      try generator.insert(entropy: data.span, bits: bits)
      return .done
    } catch {
      return .refused(.malformed)
    }
  }

  private func generate(_ count: Int, _ quality: QualityOfService, isWaiting: Bool) -> ServiceReply? {
    let output = SecretBytes(zeroes: count)
    var filled = 0
    do throws(LRNGError) {
      repeat {
        filled += try output.fill(from: filled) { (rest) throws(LRNGError) in
          try generator.fill(&rest, quality: quality, waiting: false)
        }
      } while filled < count
    } catch {
      guard error == .notFullySeeded else { return .refused(.testFailed) }
      return isWaiting ? nil : .refused(.notSeeded)
    }
    return .secret(output)
  }

  // MARK: - One after the other

  /// Does a block of the work whose user has waited longest.
  private func takeTurn(_ state: NIOThreadPool.WorkItemState) {
    guard let turn = slow.withLock({ $0.next() }) else { return }
    let user = turn.user
    var work = turn.work
    guard state == .active, !isStopping.load(ordering: .acquiring) else { return work.finish(.refused(.stopping)) }
    if work.ticket.isAbandoned { return }
    switch step(&work) {
    case .done(let reply):
      dryTurns.store(0, ordering: .relaxed)
      return conclude(work, reply)
    case .more:
      dryTurns.store(0, ordering: .relaxed)
      slow.withLock { $0.putBack(work, user: user) }
    case .dry:
      // Behind what the same user does not want to wait for. A pause when everybody had his turn.
      let count = slow.withLock { slow in
        slow.append(work, user: user)
        return slow.count
      }
      if dryTurns.add(1, ordering: .relaxed).newValue >= count {
        dryTurns.store(0, ordering: .relaxed)
        pause()
      }
    }
    // Whoever withdrew it meanwhile did not find it.
    if work.ticket.isAbandoned { withdraw(work.ticket, user: user) }
    slowThread.submit { state in self.takeTurn(state) }
  }

  /// What a turn brought.
  private enum Turn {
    case done(ServiceReply)
    /// Some bytes, not all.
    case more
    case dry
  }

  private func step(_ work: inout Work) -> Turn {
    switch work.request {
    case .generate(let count, _, let isWaiting): block(&work, of: count, isWaiting: isWaiting)
    case .seed(let isReseed, let isWaiting): seed(isReseed: isReseed, isWaiting: isWaiting)
    default: .done(.refused(.unsupported))
    }
  }

  private func block(_ work: inout Work, of count: Int, isWaiting: Bool) -> Turn {
    let output = work.output ?? SecretBytes(zeroes: count)
    work.output = output
    do throws(LRNGError) {
      let filled = try output.fill(from: work.filled, atMost: Self.blockLengthInBytes) { (block) throws(LRNGError) in
        try generator.fill(&block, quality: .predictionResistant, waiting: false)
      }
      work.filled += filled
      if work.filled == count { return .done(.secret(output)) }
      if filled > 0 { return .more }
    } catch {
      guard error == .notFullySeeded else { return .done(.refused(.testFailed)) }
      if !isWaiting && work.filled == 0 { return .done(.refused(.notSeeded)) }
    }
    if isWaiting { return .dry }
    // The sources are dry. Who does not wait gets what there is.
    output.truncate(to: work.filled)
    return .done(.secret(output))
  }

  private func seed(isReseed: Bool, isWaiting: Bool) -> Turn {
    do throws(LRNGError) {
      let output = SecretBytes(zeroes: RawSeed.maximumLengthInBytes)
      let length = try output.fill(from: 0) { (seed) throws(LRNGError) in
        try generator.seed(into: &seed, isReseed: isReseed, waiting: false)
      }
      output.truncate(to: length)
      return .done(.secret(output))
    } catch {
      guard error == .notFullySeeded else { return .done(.refused(.testFailed)) }
      return isWaiting ? .dry : .done(.refused(.notSeeded))
    }
  }

  /// Lets the sources gather, and looks after the seed meanwhile.
  private func pause() {
    _ = generator.waitUntilFullySeeded(timeoutInMilliseconds: 20)
    usleep(10_000)
  }
}
