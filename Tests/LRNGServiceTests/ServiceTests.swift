// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNG
import Logging
import NIOPosix
import ServiceLifecycle
import Testing

@testable import LRNGService

#if canImport(Glibc)
  import Glibc
#endif

@Suite("A service with real sockets")
struct ServiceTests {
  @Test("bytes, seeds, data, status and metrics on the native socket")
  func nativeSocket() async throws {
    try await RunningService.run([.native]) { service in
      var connection = try ServiceConnection(path: service.path(.native))
      #expect(try connection.randomBytes(0).isEmpty)
      let first = try connection.randomBytes(65536)
      #expect(first.count == 65536)
      #expect(Set(first).count == 256)
      #expect(try connection.randomBytes(32) != connection.randomBytes(32))
      #expect(try connection.exchange(.seed).count > 16)
      #expect(try connection.exchange(.insert, payload: [0, 0, 0, 0, 1, 2, 3]).isEmpty)
      let status = String(decoding: try connection.exchange(.status, flags: .text), as: UTF8.self)
      #expect(status.contains("LRNG fully seeded: true"))
      let metrics = String(decoding: try connection.exchange(.metrics), as: UTF8.self)
      #expect(metrics.contains("\nlrng_connections 1\n"))
      #expect(metrics.contains("\nlrng_served_bytes_total{quality=\"normal\"} 65600\n"))
      #expect(metrics.hasSuffix("# EOF\n"))
    }
  }

  @Test("a refusal leaves the connection usable, a violation ends it")
  func refusals() async throws {
    try await RunningService.run([.native]) { service in
      var connection = try ServiceConnection(path: service.path(.native))
      let refusal = #expect(throws: ServiceConnectionError.self) {
        _ = try connection.exchange(.get, payload: [1])
      }
      #expect(refusal == .refused(.malformed, message: "this is no request"))
      #expect(try connection.randomBytes(16).count == 16)
      let client = try Client(service.path(.native))
      client.send([2])
      #expect(client.receive(12).prefix(2) == [1, ServiceRefusal.unsupported.rawValue])
      #expect(String(decoding: client.receiveToEnd(), as: UTF8.self) == ServiceRefusal.unsupported.explanation)
    }
  }

  @Test("EGD reads on both sockets, to the last answer after the client closed its half")
  func egd() async throws {
    try await RunningService.run([.egd, .egdPredictionResistant]) { service in
      for role in [SocketRole.egd, .egdPredictionResistant] {
        let client = try Client(service.path(role))
        client.send([2, 40, 1, 8, 4, 3, 0, 8, 1, 7, 2, 33])
        client.shutDown()
        let answers = client.receiveToEnd()
        let digits = Array("\(getpid())".utf8)
        #expect(answers.count == 40 + 9 + 1 + digits.count + 33)
        #expect(answers[40] == 8)
        #expect(Array(answers[50..<50 + digits.count]) == digits)
      }
    }
  }

  @Test("connections past the limit wait until others leave")
  func limit() async throws {
    try await RunningService.run([.egd], limits: ConnectionLimits(total: 3)) { service in
      var clients = try (0..<3).map { _ in try Client(service.path(.egd)) }
      for client in clients {
        client.send([2, 1])
        #expect(client.receive(1).count == 1)
      }
      let late = try Client(service.path(.egd))
      late.send([2, 1])
      #expect(!late.hasData(milliseconds: 100))
      clients.removeFirst()
      #expect(late.receive(1).count == 1)
    }
  }

  @Test("silent connections are closed where a time limit is given")
  func idle() async throws {
    try await RunningService.run([.egd], idleTimeout: .milliseconds(50)) { service in
      let client = try Client(service.path(.egd))
      client.send([2, 1])
      #expect(client.receiveToEnd().count == 1)
    }
  }

  @Test("a socket file that nobody listens on is replaced, one of a service is not, and no other file is")
  func staleSocket() throws {
    let directory = try TemporaryDirectory()
    let place = SocketPlace(path: directory.file("socket"), mode: 0o640)
    do {
      let first = try ListeningSocket.open(.native, at: place)
      var status = stat()
      #expect(stat(place.path, &status) == 0)
      #expect(status.st_mode & 0o777 == 0o640)
      let problem = #expect(throws: ServiceError.self) { _ = try ListeningSocket.open(.native, at: place) }
      #expect(problem?.description.contains("another process listens") == true)
      close(first.descriptor)
    }
    let second = try ListeningSocket.open(.native, at: place)
    // A file that somebody else made meanwhile is not this one's to remove.
    unlink(place.path)
    let third = try ListeningSocket.open(.native, at: place)
    second.removeFile()
    #expect(access(place.path, F_OK) == 0)
    third.removeFile()
    #expect(access(place.path, F_OK) != 0)
    close(second.descriptor)
    close(third.descriptor)

    close(open(place.path, O_CREAT | O_WRONLY, 0o600))
    #expect(throws: ServiceError.self) { _ = try ListeningSocket.open(.native, at: place) }
    #expect(access(place.path, F_OK) == 0)
    let long = SocketPlace(path: "/" + String(repeating: "x", count: 107))
    #expect(throws: ServiceError.self) { _ = try ListeningSocket.open(.native, at: long) }
  }

  @Test("a service does not seed itself, and a parent that is gone is done without")
  func ownParent() async throws {
    let directory = try TemporaryDirectory()
    var configuration = RunningService.configuration
    configuration.auxiliary.parent = directory.file("native")
    @Sendable func parent(of generator: RandomBitGenerator) -> String {
      generator.status.sources.last?.properties.first { $0.label == "Parent" }?.value ?? ""
    }
    try await RunningService.run([.native], in: directory) { [configuration] _ in
      let generator = try RandomBitGenerator(configuration)
      #expect(generator.waitUntilFullySeeded(timeoutInMilliseconds: 5000))
      #expect(parent(of: generator).contains("is served by this process"))
    }
    let orphan = try RandomBitGenerator(configuration)
    #expect(try await orphan.bytes(count: 32).count == 32)
    #expect(parent(of: orphan).contains("nobody answers"))
  }
}

@Suite("What a service manager hands over and hears")
struct ServiceManagerTests {
  @Test("descriptors are taken if they are for this process, by their names")
  func descriptors() {
    func manager(_ environment: [String: String]) -> ServiceManager {
      ServiceManager(process: 42) { environment[$0] }
    }
    let handed = manager(["LISTEN_PID": "42", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "egd:native"])
    #expect(handed.descriptors.map(\.name) == ["egd", "native"])
    #expect(handed.descriptors.map(\.descriptor) == [3, 4])
    #expect(manager(["LISTEN_PID": "41", "LISTEN_FDS": "2"]).descriptors.isEmpty)
    #expect(manager(["LISTEN_FDS": "2"]).descriptors.isEmpty)
    #expect(manager(["LISTEN_PID": "42", "LISTEN_FDS": "-1"]).descriptors.isEmpty)
    #expect(manager(["LISTEN_PID": "42", "LISTEN_FDS": "99999"]).descriptors.isEmpty)
    #expect(throws: ServiceError.self) {
      _ = try manager(["LISTEN_PID": "42", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "other"]).sockets()
    }
  }

  @Test("the watchdog's interval counts if it is for this process")
  func watchdog() {
    func interval(_ environment: [String: String]) -> Duration? {
      ServiceManager(process: 42) { environment[$0] }.watchdogInterval
    }
    #expect(interval(["WATCHDOG_USEC": "3000000"]) == .seconds(3))
    #expect(interval(["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "42"]) == .seconds(3))
    #expect(interval(["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "41"]) == nil)
    #expect(interval(["WATCHDOG_USEC": "-1"]) == nil)
    #expect(interval([:]) == nil)
  }
}
