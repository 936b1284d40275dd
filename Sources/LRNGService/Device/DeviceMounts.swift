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
  private let process: PrivilegedProcess

  private init(process: PrivilegedProcess) {
    self.process = process
  }

  /// Takes away what a service has left there that could not tidy up, and starts the process. Only while this one has a
  /// single thread.
  static func start(_ roles: [DeviceRole]) throws(ServiceError) -> DeviceMounts {
    for role in roles { try tidyUp(role) }
    let process = try PrivilegedProcess.start(
      named: "lrng-devices", to: "standing in for /dev/random", endsWithService: false, check: { 0 },
      serve: { serve($0, roles) })
    return DeviceMounts(process: process)
  }

  /// Mounts.
  ///
  /// - Returns: 0, or the error number.
  func mount() -> CInt { process.request([1].span) }

  /// Undoes it, and waits until that is done.
  func end() { process.end() }

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

  /// It ends when the service has ended, not before.
  private static func serve(_ requests: PrivilegedRequests, _ roles: [DeviceRole]) {
    var mounted: [DeviceRole] = []
    var message: [UInt8] = [0]
    while requests.next(into: &message) != nil {
      var number: CInt = 0
      for role in roles where !mounted.contains(role) && number == 0 {
        if unsafe lrng_bind(role.path, role.original) == 0 { mounted.append(role) } else { number = errno }
      }
      requests.answer(number)
    }
    for role in mounted { _ = unsafe lrng_unbind(role.original) }
  }
}
