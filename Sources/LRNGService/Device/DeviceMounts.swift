// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// /dev/random and /dev/urandom as this service's devices: bind mounts, for which Linux wants CAP_SYS_ADMIN, when they are
// made and when they are undone. The service has no capability then, and may be killed at any time. So a process of its own
// does both and nothing else: it mounts when it is told to, and undoes that when the service is gone, however it went.

import CService

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The process that puts the devices over the kernel's.
final class DeviceMounts: Sendable {
  private let socket: CInt
  private let process: pid_t

  private init(socket: CInt, process: pid_t) {
    self.socket = socket
    self.process = process
  }

  /// Takes away what a service has left there that could not tidy up, and starts the process. Only while this one has a
  /// single thread.
  static func start(_ roles: [DeviceRole]) throws(ServiceError) -> DeviceMounts {
    for role in roles { try tidyUp(role) }
    var pair: [CInt] = [-1, -1]
    // Two descriptors.
    let made = unsafe pair.withUnsafeMutableBufferPointer { unsafe lrng_socket_pair($0.baseAddress) }
    guard made == 0 else { throw ServiceError("socketpair: \(errorText(errno))") }
    let child = lrng_fork()
    guard child != 0 else {
      close(pair[0])
      serve(pair[1], roles)
    }
    close(pair[1])
    guard child > 0 else {
      close(pair[0])
      throw ServiceError("fork: \(errorText(errno))")
    }
    let mounts = DeviceMounts(socket: pair[0], process: child)
    guard mounts.answer() == 0 else {
      mounts.end()
      throw ServiceError("standing in for /dev/random needs CAP_SYS_ADMIN")
    }
    return mounts
  }

  /// Mounts.
  ///
  /// - Returns: 0, or the error number.
  func mount() -> CInt {
    var word: UInt8 = 1
    guard unsafe send(socket, &word, 1, CInt(MSG_NOSIGNAL)) == 1 else { return errno }
    return answer()
  }

  /// Undoes it, and waits until that is done.
  func end() {
    close(socket)
    var status: CInt = 0
    while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
  }

  private func answer() -> CInt {
    var number: CInt = EPIPE
    // The answer is one number.
    let received = unsafe withUnsafeMutableBytes(of: &number) { unsafe recv(socket, $0.baseAddress, $0.count, 0) }
    return received == MemoryLayout<CInt>.size ? number : EPIPE
  }

  /// Leaves the kernel's own device there.
  private static func tidyUp(_ role: DeviceRole) throws(ServiceError) {
    for _ in 0..<8 where unsafe lrng_device_number(role.original) != role.originalNumber {
      guard unsafe lrng_unbind(role.original) == 0 else { break }
    }
    guard unsafe lrng_device_number(role.original) == role.originalNumber else {
      throw ServiceError("\(role.original) is not the kernel's device, and not what a service left there")
    }
  }

  // MARK: - The process

  private static func serve(_ socket: CInt, _ roles: [DeviceRole]) -> Never {
    // The service's descriptors would keep its devices alive.
    for descriptor in 3..<CInt(clamping: Privileges.descriptorLimit) where descriptor != socket { close(descriptor) }
    // It ends when the service has ended, not before.
    for number in [SIGINT, SIGTERM, SIGHUP] { _ = signal(number, SIG_IGN) }
    _ = unsafe lrng_name_process("lrng-devices")
    do throws(ServiceError) {
      try Privileges.drop(to: nil, keeping: Int32(LRNG_CAP_SYS_ADMIN))
    } catch {
      respond(socket, EPERM)
      _exit(1)
    }
    respond(socket, 0)
    var mounted: [DeviceRole] = []
    while true {
      var word: UInt8 = 0
      let length = unsafe recv(socket, &word, 1, 0)
      if length < 0 && errno == EINTR { continue }
      guard length == 1 else { break }
      var number: CInt = 0
      for role in roles where !mounted.contains(role) && number == 0 {
        if unsafe lrng_bind(role.path, role.original) == 0 { mounted.append(role) } else { number = errno }
      }
      respond(socket, number)
    }
    for role in mounted { _ = unsafe lrng_unbind(role.original) }
    _exit(0)
  }

  private static func respond(_ socket: CInt, _ number: CInt) {
    _ = unsafe withUnsafeBytes(of: number) { unsafe Glibc.send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
  }
}
