// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CService

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A process of its own that keeps CAP_SYS_ADMIN, for a service that has no capability, and does one thing with it.
///
/// Requests and answers are messages of a socket pair. An answer is one number: 0, or what went wrong.
final class PrivilegedProcess: Sendable {
  private let socket: CInt
  private let process: pid_t

  private init(socket: CInt, process: pid_t) {
    self.socket = socket
    self.process = process
  }

  deinit { close(socket) }

  /// Starts it. Only while this process has a single thread.
  ///
  /// - Parameters:
  ///   - name: For `ps`, at most 15 characters.
  ///   - purpose: For the error that says what needs the capability.
  ///   - descriptor: One that it keeps. All others are closed there: sockets that listen, and devices, would stay open.
  ///   - endsWithService: Whether it is killed when the service is; otherwise it ends by itself when nobody asks any more.
  ///   - check: Whether it may do its work, in that process.
  ///   - serve: Its work.
  static func start(
    named name: String, to purpose: String, keeping descriptor: CInt = -1, endsWithService: Bool, check: () -> CInt,
    serve: (PrivilegedRequests) -> Void
  ) throws(ServiceError) -> PrivilegedProcess {
    var pair: [CInt] = [-1, -1]
    // Two descriptors.
    let made = unsafe pair.withUnsafeMutableBufferPointer { unsafe lrng_socket_pair($0.baseAddress) }
    guard made == 0 else { throw ServiceError("socketpair: \(errorText(errno))") }
    let child = lrng_fork()
    guard child != 0 else {
      // The end of the service, wherever it is: as long as it is open here, too, there is no end of requests.
      close(pair[0])
      let requests = PrivilegedRequests(socket: pair[1])
      for other in 3..<CInt(clamping: Privileges.descriptorLimit) where other != pair[1] && other != descriptor {
        close(other)
      }
      if endsWithService { _ = lrng_die_with_parent(SIGKILL) }
      // SIGINT of a terminal and a manager's SIGTERM are the service's business.
      for number in [SIGINT, SIGTERM, SIGHUP] { _ = signal(number, SIG_IGN) }
      _ = unsafe lrng_name_process(name)
      do throws(ServiceError) {
        try Privileges.drop(to: nil, keeping: Int32(LRNG_CAP_SYS_ADMIN))
      } catch {
        requests.answer(EPERM)
        _exit(1)
      }
      requests.answer(check())
      serve(requests)
      _exit(0)
    }
    close(pair[1])
    guard child > 0 else {
      close(pair[0])
      throw ServiceError("fork: \(errorText(errno))")
    }
    let started = PrivilegedProcess(socket: pair[0], process: child)
    let answer = started.answer()
    guard answer == 0 else {
      started.end()
      throw ServiceError("\(purpose) needs CAP_SYS_ADMIN: \(errorText(answer))")
    }
    return started
  }

  /// Asks for something, and waits until it is done.
  ///
  /// - Returns: 0, or the error number; `EPIPE` when the process is gone.
  func request(_ message: borrowing Span<UInt8>) -> CInt {
    let sent = unsafe message.withUnsafeBytes { unsafe send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
    return sent == message.count ? answer() : errno
  }

  /// Tells it that nobody asks any more, and waits until it has ended.
  func end() {
    _ = shutdown(socket, CInt(SHUT_RDWR))
    var status: CInt = 0
    while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
  }

  private func answer() -> CInt {
    var number: CInt = EPIPE
    while true {
      // The answer is one number.
      let received = unsafe withUnsafeMutableBytes(of: &number) { unsafe recv(socket, $0.baseAddress, $0.count, 0) }
      if received < 0 && errno == EINTR { continue }
      return received == MemoryLayout<CInt>.size ? number : EPIPE
    }
  }
}

/// The other end, in that process.
struct PrivilegedRequests {
  fileprivate let socket: CInt

  /// Waits for a request.
  ///
  /// - Returns: Its length, or `nil` when there will be none any more.
  func next(into message: inout [UInt8]) -> Int? {
    while true {
      let length = unsafe message.withUnsafeMutableBytes { unsafe recv(socket, $0.baseAddress, $0.count, 0) }
      if length < 0 && errno == EINTR { continue }
      return length > 0 ? length : nil
    }
  }

  func answer(_ number: CInt) {
    _ = unsafe withUnsafeBytes(of: number) { unsafe send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
  }
}
