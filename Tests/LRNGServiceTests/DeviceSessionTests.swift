// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNG
import NIOPosix
import Testing

@testable import LRNGService

#if canImport(Glibc)
  import Glibc
#endif

/// A device whose kernel is this test, at the other end of a pair of sockets that keep the bounds of messages.
private struct TestedDevice: Sendable {
  typealias Message = KernelMessage

  let generator: RandomBitGenerator
  let desk: RequestDesk
  let session: DeviceSession
  let kernel: CInt

  /// Serves while the body runs.
  static func run(
    _ role: DeviceRole = .random, isSeeded: Bool = true, _ body: @escaping @Sendable (TestedDevice) throws -> Void
  ) async throws {
    var configuration = RunningService.configuration
    configuration.kernel.isEnabled = isSeeded
    for path in [
      \LRNG.Configuration.interrupt.isEnabled, \.scheduler.isEnabled, \.cpu.isEnabled, \.jitter.isEnabled,
    ] {
      configuration[keyPath: path] = false
    }
    let generator = try RandomBitGenerator(configuration)
    #expect(generator.waitUntilFullySeeded(timeoutInMilliseconds: 0) == isSeeded)
    let desk = RequestDesk(
      generator, documents: RequestDesk.Documents(status: { _ in [] }, metrics: { [] }), credit: CreditPolicy(),
      counters: RequestCounters(factory: MetricsRegistry()), threads: 2)
    var pair: [CInt] = [-1, -1]
    try #require(socketpair(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue), 0, &pair) == 0)
    _ = fcntl(pair[0], F_SETFL, O_NONBLOCK)
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(pair[1], SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let session = try DeviceSession(
      DeviceNode(role, descriptor: pair[0]), desk: desk,
      view: DeviceSession.View(
        isOperational: { generator.isOperational }, wantsEntropy: { generator.wantsAuxiliaryEntropy },
        entropyInBits: { generator.auxiliaryEntropyInBits })
    ) { user, _ in user == 0 }
    let device = TestedDevice(generator: generator, desk: desk, session: session, kernel: pair[1])
    desk.start()
    let threads = NIOThreadPool(numberOfThreads: 2)
    threads.start()
    // Not by a task: those that other tests block would keep it waiting.
    threads.submit { _ in _ = session.serve() }
    let outcome: Result<Void, any Error>
    do {
      // The body blocks, which is not for a thread of tasks.
      try await threads.runIfActive { try body(device) }
      outcome = .success(())
    } catch {
      outcome = .failure(error)
    }
    session.stop()
    try await threads.shutdownGracefully()
    session.node.close()
    close(pair[1])
    await desk.stop()
    try outcome.get()
  }

  func send(_ message: [UInt8]) { #expect(Glibc.send(kernel, message, message.count, 0) == message.count) }

  /// The next message, empty where none comes.
  func receive() -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    let length = recv(kernel, &buffer, buffer.count, 0)
    return Array(buffer.prefix(max(0, length)))
  }

  func ask(_ message: [UInt8]) -> [UInt8] {
    send(message)
    return receive()
  }

  var isSilent: Bool {
    var wish = pollfd(fd: kernel, events: Int16(POLLIN), revents: 0)
    return poll(&wish, 1, 100) == 0
  }
}

@Suite("A device file")
struct DeviceSessionTests {
  private typealias Message = KernelMessage
  private static let add: UInt32 = 0x4008_5203

  private func seed() -> [UInt8] {
    Message.control(Self.add, input: Message.u32(512) + Message.u32(64) + [UInt8](1...64))
  }

  @Test("reads get as many bytes as they want, under O_SYNC too, and never the same")
  func reads() async throws {
    try await TestedDevice.run { device in
      for flags in [0, O_NONBLOCK, O_SYNC] {
        for count: UInt32 in [0, 1, 31, 32, 33, 100, flags == O_SYNC ? 200 : 131072] {
          let first = device.ask(Message.read(count: count, flags: flags))
          #expect(first.count == 16 + Int(count))
          #expect(first.prefix(16).elementsEqual(Message.u32(16 + count) + Message.u32(0) + Message.u64(7)))
          if count > 30 { #expect(device.ask(Message.read(count: count, flags: flags)) != first) }
        }
      }
    }
  }

  @Test("files have numbers of their own, and closing one is answered")
  func files() async throws {
    try await TestedDevice.run { device in
      #expect(device.ask(Message.open()) == Message.answer(Message.u64(1) + Message.u64(1)))
      #expect(device.ask(Message.open()) == Message.answer(Message.u64(2) + Message.u64(1)))
      #expect(device.ask(Message.release(file: 1)) == Message.answer())
    }
  }

  @Test("without a seed a read waits, unless O_NONBLOCK forbids it, and gets its bytes when the seed comes")
  func waiting() async throws {
    let seed = seed()
    try await TestedDevice.run(isSeeded: false) { device in
      #expect(device.ask(Message.read(count: 32, flags: O_NONBLOCK)) == Message.answer(error: -EAGAIN))
      #expect(device.ask(Message.read(count: 32, flags: O_NONBLOCK | O_SYNC)) == Message.answer(error: -EAGAIN))
      device.send(Message.read(unique: 20, count: 32))
      #expect(device.isSilent)
      #expect(device.ask(seed) == Message.answer([UInt8](repeating: 0, count: 16)))
      #expect(device.generator.waitUntilFullySeeded(timeoutInMilliseconds: 0))
      device.desk.resumeWaiting()
      let bytes = device.receive()
      #expect(bytes.count == 48 && bytes.prefix(16).elementsEqual(Message.u32(48) + Message.u32(0) + Message.u64(20)))
    }
  }

  @Test("a signal ends a read that waits, once, and disturbs nobody else")
  func interrupts() async throws {
    try await TestedDevice.run(isSeeded: false) { device in
      for flags in [0, O_SYNC] {
        device.send(Message.read(unique: 20, count: 32, flags: flags))
        device.send(Message.read(unique: 22, count: 32, flags: flags))
        #expect(device.isSilent)
        #expect(device.ask(Message.interrupt(20)) == Message.answer(unique: 20, error: -EINTR))
        device.send(Message.interrupt(20))
        device.send(Message.interrupt(1000))
        #expect(device.isSilent)
        #expect(device.ask(Message.interrupt(22)) == Message.answer(unique: 22, error: -EINTR))
      }
    }
  }

  @Test("the end of the service ends reads that wait")
  func stopping() async throws {
    try await TestedDevice.run(isSeeded: false) { device in
      device.send(Message.read(unique: 20, count: 32))
      #expect(device.isSilent)
      device.session.stop()
      #expect(device.receive() == Message.answer(unique: 20, error: -ENODEV))
    }
  }

  @Test("poll is answered at once, and who waits is told once when there is a seed")
  func polling() async throws {
    let seed = seed()
    try await TestedDevice.run(isSeeded: false) { device in
      #expect(device.ask(Message.poll(file: 1, handle: 11)) == Message.answer(Message.u32(0x104) + Message.u32(0)))
      #expect(
        device.ask(Message.poll(file: 2, handle: 12, isWaiting: false))
          == Message.answer(Message.u32(0x104) + Message.u32(0)))
      _ = device.ask(Message.poll(file: 3, handle: 13))
      #expect(device.ask(Message.release(file: 3)) == Message.answer())
      device.session.look()
      #expect(device.isSilent)
      _ = device.ask(seed)
      #expect(device.generator.waitUntilFullySeeded(timeoutInMilliseconds: 0))
      device.session.look()
      #expect(device.receive() == Message.answer(unique: 0, error: 1, Message.u64(11)))
      device.session.look()
      #expect(device.isSilent)
      // From here the kernel answers itself, which a suspend can't wait for.
      #expect(device.ask(Message.poll()) == Message.answer(error: -ENOSYS))
    }
  }

  @Test("what is written counts for nothing, what root adds for what root says")
  func credit() async throws {
    try await TestedDevice.run(isSeeded: false) { device in
      func count() -> [UInt8] { Array(device.ask(Message.control(0x8004_5200, user: 1000, room: 4)).dropFirst(32)) }
      func control(_ command: UInt32, user: UInt32 = 0, _ input: [UInt8] = []) -> [UInt8] {
        device.ask(Message.control(command, user: user, input: input))
      }
      let done = Message.answer([UInt8](repeating: 0, count: 16))
      #expect(device.ask(Message.write([UInt8](repeating: 1, count: 100))) == Message.answer(Message.u64(100)))
      #expect(count() == Message.u32(0))
      // Less than any seed takes.
      #expect(control(Self.add, Message.u32(10) + Message.u32(8) + [UInt8](1...8)) == done)
      #expect(count() == Message.u32(10))
      #expect(control(0x4004_5201, Message.u32(15)) == done)
      #expect(count() == Message.u32(25))
      #expect(control(0x5206) == done)
      #expect(count() == Message.u32(0))
      #expect(control(0x5207) == Message.answer(error: -ENODATA))
      #expect(control(Self.add, user: 1000, Message.u32(40) + Message.u32(1) + [1]) == Message.answer(error: -EPERM))
      #expect(count() == Message.u32(0))
    }
  }

  @Test("/dev/urandom never waits")
  func urandom() async throws {
    try await TestedDevice.run(.urandom, isSeeded: false) { device in
      #expect(device.ask(Message.read(count: 32)).count == 48)
      #expect(device.ask(Message.read(count: 32, flags: O_NONBLOCK | O_SYNC)).count == 48)
    }
  }

  @Test("a request that makes no sense is refused, and the next one is served")
  func nonsense() async throws {
    try await TestedDevice.run { device in
      #expect(device.ask(Message.request(1)) == Message.answer(error: -ENOSYS))
      #expect(device.ask(Message.request(15, [1, 2])) == Message.answer(error: -EINVAL))
      #expect(device.ask(Message.initialize()) == Message.answer(error: -EINVAL))
      device.send(Message.request(2))
      #expect(device.ask(Message.read(count: 1)).count == 17)
    }
  }

  @Test("no bytes of any kind make it trap")
  func mutations() async throws {
    let all = [
      Message.open(), Message.release(file: 1), Message.read(count: 64), Message.write([1, 2, 3]), seed(),
      Message.control(0x8004_5200, room: 4), Message.poll(), Message.interrupt(7),
    ]
    try await TestedDevice.run { device in
      var state: UInt64 = 1
      func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
      }
      for _ in 0..<5000 {
        var bytes = all[next(all.count)]
        for _ in 0..<1 + next(4) { bytes[4 + next(bytes.count - 4)] = UInt8(next(256)) }
        guard let request = DeviceRequest(bytes, length: bytes.count) else { continue }
        // A read is answered later, which would fill the socket.
        if case .read = request.operation { continue }
        device.session.handle(request)
        if case .write = request.operation { _ = device.receive() }
        while recv(device.kernel, &bytes, bytes.count, CInt(MSG_DONTWAIT)) > 0 {}
      }
    }
  }
}
