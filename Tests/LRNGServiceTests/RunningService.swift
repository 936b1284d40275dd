// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNG
import Logging
import NIOPosix
import Testing

@testable import LRNGService

#if canImport(Glibc)
  import Glibc
#endif

/// A service in this process, in another directory each.
struct RunningService: Sendable {
  let directory: TemporaryDirectory

  func path(_ role: SocketRole) -> String { directory.file(role.rawValue) }

  /// Seeds at once on any machine.
  static var configuration: LRNG.Configuration {
    var configuration = LRNG.Configuration.library
    configuration.jitter.isEnabled = false
    configuration.kernel.rate = 256
    return configuration
  }

  /// Serves while the body runs, in threads of its own.
  static func run(
    _ roles: [SocketRole], in directory: TemporaryDirectory? = nil, limits: ConnectionLimits = ConnectionLimits(),
    idleTimeout: Duration? = nil, _ body: @escaping @Sendable (RunningService) throws -> Void
  ) async throws {
    let service = RunningService(directory: try directory ?? TemporaryDirectory())
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let gate = ConnectionGate(limits)
    let registry = MetricsRegistry()
    let generator = try RandomBitGenerator(configuration)
    let text = MetricsText(generator: generator, registry: registry, gate: gate)
    let desk = RequestDesk(
      generator,
      documents: RequestDesk.Documents(
        status: { _ in Array(generator.status.description.utf8) }, metrics: { text.document() }),
      credit: CreditPolicy(), counters: RequestCounters(factory: registry), threads: 2)
    let sockets = try roles.map { try ListeningSocket.open($0, at: SocketPlace(path: service.path($0))) }
    desk.start()
    var logger = Logger(label: "test") { Journal(label: $0) }
    logger.logLevel = .critical
    let services = sockets.map {
      ListenerService(socket: $0, group: group, desk: desk, gate: gate, idleTimeout: idleTimeout, logger: logger)
    }
    let channels = try await withThrowingTaskGroup { tasks in
      for service in services { tasks.addTask { try await service.listen() } }
      return try await tasks.reduce(into: []) { $0.append($1) }
    }
    let clients = NIOThreadPool(numberOfThreads: 1)
    clients.start()
    let outcome: Result<Void, any Error>
    do {
      // The body blocks, which is not for a thread of tasks.
      try await clients.runIfActive { try body(service) }
      outcome = .success(())
    } catch {
      outcome = .failure(error)
    }
    for channel in channels { try? await channel.close().get() }
    gate.closeAll()
    for socket in sockets { socket.removeFile() }
    await desk.stop()
    try await clients.shutdownGracefully()
    try await group.shutdownGracefully()
    try outcome.get()
  }
}

/// A plain client.
final class Client {
  private let descriptor: CInt

  init(_ path: String) throws {
    descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
    let address = try #require(UnixAddress(path))
    try #require(address.connect(descriptor) == 0)
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8]) {
    #expect(Glibc.send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count)
  }

  func shutDown() { shutdown(descriptor, CInt(SHUT_WR)) }

  /// As many bytes, or fewer where the connection ends.
  func receive(_ count: Int) -> [UInt8] {
    var all: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while all.count < count {
      let length = recv(descriptor, &part, min(part.count, count - all.count), 0)
      guard length > 0 else { break }
      all += part.prefix(length)
    }
    return all
  }

  func receiveToEnd() -> [UInt8] { receive(.max) }

  func hasData(milliseconds: CInt) -> Bool {
    var wish = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&wish, 1, milliseconds) == 1
  }
}

/// A directory that is gone when nobody needs it.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/lrng-service-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit {
    for name in SocketRole.allCases.map(\.rawValue) + ["socket"] { unlink(file(name)) }
    rmdir(path)
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }
}
