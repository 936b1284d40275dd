// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CService
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The service manager that started this process, as sd_notify(3) and sd_listen_fds(3) describe: plain datagrams and
/// inherited descriptors, no library.
public final class ServiceManager: Sendable {
  private let notification: String?
  private let ready = Atomic(false)
  /// How long a service may be silent.
  let watchdogInterval: Duration?
  /// The descriptors that were handed over: number and name.
  let descriptors: [(descriptor: CInt, name: String)]

  /// Reads the environment.
  ///
  /// - Parameter variable: The value of a variable. A test has its own.
  public init(process: Int32 = getpid(), variable: (String) -> String? = ServiceManager.environment) {
    notification = variable("NOTIFY_SOCKET").flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
    func isForUs(_ name: String) -> Bool { variable(name).map { $0 == "\(process)" } ?? true }
    watchdogInterval =
      variable("WATCHDOG_USEC").flatMap(Int64.init)
      .flatMap { $0 > 0 && isForUs("WATCHDOG_PID") ? .microseconds($0) : nil }
    guard variable("LISTEN_PID") == "\(process)", let count = variable("LISTEN_FDS").flatMap(Int.init),
      (1...64).contains(count)
    else {
      descriptors = []
      return
    }
    let names = (variable("LISTEN_FDNAMES") ?? "").split(separator: ":", omittingEmptySubsequences: false).map(
      String.init)
    // SD_LISTEN_FDS_START
    descriptors = (0..<count).map { (CInt(3 + $0), $0 < names.count ? names[$0] : "") }
  }

  public static func environment(_ name: String) -> String? {
    // Nothing in this program changes the environment.
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// The sockets that were handed over.
  public func sockets() throws(ServiceError) -> [ListeningSocket] {
    var sockets: [ListeningSocket] = []
    for (descriptor, name) in descriptors {
      guard let role = SocketRole(activationName: name) else {
        throw ServiceError(
          "inherited socket '\(name)': FileDescriptorName= must be \(SocketRole.allCases.map(\.rawValue).joined(separator: ", "))"
        )
      }
      sockets.append(try .inherited(role, descriptor: descriptor))
    }
    return sockets
  }

  /// Whether the manager heard that the service is ready.
  var wasReady: Bool { ready.load(ordering: .acquiring) }

  /// Tells the manager that the service is ready, at first or again.
  func notifyReady(_ status: String) {
    ready.store(true, ordering: .releasing)
    notify("READY=1\nSTATUS=\(status)")
  }

  /// Tells the manager. Where there is none, nothing happens.
  func notify(_ state: String) {
    guard let notification, let address = UnixAddress(notification, permitsAbstract: true) else { return }
    let descriptor = lrng_unix_socket(LRNG_DATAGRAM)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    _ = address.send(Array(state.utf8), through: descriptor)
  }
}
