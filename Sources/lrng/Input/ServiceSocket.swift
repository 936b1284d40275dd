// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import FoundationEssentials
import LRNG

/// The native socket of a service.
struct ServiceSocket {
  static var usualPath: String { ServiceConnection.usualPath }

  let path: String

  /// The service that somebody may have started: at the configured place, or the usual one.
  static func running(configured path: String) -> ServiceSocket? {
    let service = ServiceSocket(path: path.isEmpty ? usualPath : path)
    return service.isThere ? service : nil
  }

  /// Whether somebody answers there.
  var isThere: Bool {
    do throws(ServiceConnectionError) {
      _ = try ServiceConnection(path: path, timeoutInMilliseconds: 1000)
      return true
    } catch {
      return false
    }
  }

  /// One exchange on a connection of its own.
  func ask(_ operation: ServiceOperation, flags: ServiceFlags = []) throws -> [UInt8] {
    do throws(ServiceConnectionError) {
      var connection = try ServiceConnection(path: path)
      return try connection.exchange(operation, flags: flags)
    } catch {
      throw Failure(.unavailable, "\(error)")
    }
  }
}

/// What a status says about health.
struct ReportedHealth: Decodable {
  struct Source: Decodable {
    let name: String
    let available: Bool
    let reason: String?
  }

  let fullySeeded: Bool
  let selfTests: String
  let sources: [Source]

  init(json: [UInt8]) throws {
    do {
      self = try JSONDecoder().decode(ReportedHealth.self, from: Data(json))
    } catch {
      throw Failure(.unavailable, "the service sent a status that this program does not understand")
    }
  }

  var availableSources: Int { sources.count { $0.available } }

  /// What is wrong, the worst first.
  var failure: Failure? {
    if selfTests == "failed" { return Failure(.testFailed, "a self test failed: there is no output") }
    if let source = sources.first(where: { $0.reason?.contains("permanent health test failure") ?? false }) {
      return Failure(.testFailed, "source \(source.name): \(source.reason ?? "failed")")
    }
    return fullySeeded ? nil : Failure(.notSeeded, "not fully seeded")
  }
}
