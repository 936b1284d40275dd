// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CService
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Which device a file behaves like.
public enum DeviceRole: String, CaseIterable, Sendable {
  /// `/dev/random`: output of a fully seeded generator, and under O_SYNC prediction resistance.
  case random = "lrng"
  /// `/dev/urandom`: output without waiting for that.
  case urandom = "lrng-urandom"

  /// The device of this service.
  public var path: String { "/dev/\(rawValue)" }
  /// The kernel's, which it can stand in for.
  var original: String { self == .random ? "/dev/random" : "/dev/urandom" }
  /// The number of the kernel's: major 1.
  var originalNumber: UInt64 { 1 << 32 | (self == .random ? 8 : 9) }
}

/// A character device that this process serves. It exists as long as this.
final class DeviceNode: Sendable {
  let role: DeviceRole
  /// The open `/dev/cuse`, or -1. It is held while an answer is written, so that none goes to another file.
  private let descriptor: Mutex<CInt>

  init(_ role: DeviceRole, descriptor: CInt) {
    self.role = role
    self.descriptor = Mutex(descriptor)
  }

  deinit { close() }

  /// Makes the device, for everybody to read and write.
  ///
  /// - Parameter control: The device that makes devices.
  static func make(_ role: DeviceRole, control: String = "/dev/cuse") throws(ServiceError) -> DeviceNode {
    guard unsafe lrng_device_number(role.path) == 0 else {
      throw ServiceError("\(role.path) is there already: another service, or the kernel module")
    }
    let descriptor = platformOpen(control, O_RDWR | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw ServiceError(explain(errno, control)) }
    let node = DeviceNode(role, descriptor: descriptor)
    try node.introduce()
    // The kernel makes the file before it returns; where /dev is not its own, somebody else has to.
    guard unsafe chmod(role.path, 0o666) == 0 else {
      throw ServiceError("\(role.path) can't be made for everybody to use: \(errorText(errno))")
    }
    return node
  }

  static func explain(_ number: CInt, _ control: String) -> String {
    switch number {
    case ENOENT, ENODEV, ENXIO:
      "\(control): this kernel serves no devices from user space: modprobe cuse (CONFIG_CUSE)"
    case EACCES, EPERM: "\(control): \(errorText(number)): making a device needs root"
    default: "\(control): \(errorText(number))"
    }
  }

  /// Agrees on the version of the protocol.
  private func introduce() throws(ServiceError) {
    var buffer = [UInt8](repeating: 0, count: Self.bufferLength)
    guard waitForRequest(milliseconds: 5000), let length = receive(&buffer),
      let request = DeviceRequest(buffer, length: length), case .initialize(let major, let minor) = request.operation
    else { throw ServiceError("/dev/cuse does not speak its protocol") }
    // 7.16 has the ioctls as they are used here.
    guard major == FUSE_KERNEL_VERSION, minor >= 16 else {
      throw ServiceError("/dev/cuse speaks version \(major).\(minor), which is too old or too new")
    }
    send(.initialized(minor: min(minor, UInt32(FUSE_KERNEL_MINOR_VERSION)), name: role.rawValue), to: request.unique)
  }

  /// The longest message, and the room that the kernel wants at least.
  static let bufferLength = Int(DeviceReply.mostBytes) + 4096

  func waitForRequest(milliseconds: CInt, or wake: CInt = -1) -> Bool {
    var wishes = [
      pollfd(fd: descriptor.withLock { $0 }, events: Int16(POLLIN), revents: 0),
      pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
    ]
    return unsafe poll(&wishes, nfds_t(wishes.count), milliseconds) > 0
  }

  /// - Returns: The length of the next message, 0 if there is none now, `nil` when the device is gone.
  func receive(_ buffer: inout [UInt8]) -> Int? {
    let descriptor = descriptor.withLock { $0 }
    let length = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
    if length > 0 { return length }
    // ENOENT: who asked was killed meanwhile.
    return length < 0 && [EINTR, EAGAIN, ENOENT].contains(errno) ? 0 : nil
  }

  /// Answers a request. If who asked is gone, nothing happens.
  func send(_ reply: DeviceReply, to unique: UInt64) {
    var message = reply.encoded(for: unique)
    descriptor.withLock { descriptor in
      guard descriptor >= 0 else { return }
      // A message is taken as a whole or not at all.
      _ = unsafe message.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    }
    var span = message.mutableSpan
    span.wipe()
  }

  /// Ends the device: who has it open gets errors.
  func close() {
    descriptor.withLock { descriptor in
      if descriptor >= 0 { platformClose(descriptor) }
      descriptor = -1
    }
  }
}

private func platformClose(_ descriptor: CInt) { _ = close(descriptor) }
