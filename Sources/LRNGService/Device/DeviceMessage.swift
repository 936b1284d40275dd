// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// What the kernel and the server of a device file say to each other through /dev/cuse: the messages of FUSE, as
// <linux/fuse.h> lays them out, less those that only file systems have.
//
//   bytes ──► DeviceRequest(bytes) ──► DeviceSession ──► DeviceReply ──► bytes
//
// Values in, values out; no descriptor. The kernel is the only one who speaks here, but processes choose what it passes on.

import CService

/// A request for a device file.
struct DeviceRequest: Equatable, Sendable {
  enum Operation: Equatable, Sendable {
    /// The first one: the version of the protocol that the kernel speaks.
    case initialize(major: UInt32, minor: UInt32)
    case open
    case release(file: UInt64)
    /// As `flags` say, which are those of open(2) and fcntl(2).
    case read(count: Int, flags: DeviceFlags)
    case write([UInt8])
    case control(DeviceControl)
    case poll(DevicePoll)
    /// A process got a signal while it waits for the answer to another request.
    case interrupt(request: UInt64)
    /// Nothing has to happen.
    case flush
    /// Nobody expects an answer.
    case forget
    case unknown
    /// Shorter than such a request is.
    case malformed
  }

  /// Identifies the request in its answer.
  let unique: UInt64
  /// The user and the thread that asks; 0 for a thread that is not visible in this namespace.
  let user: UInt32
  let process: UInt32
  let operation: Operation

  init(unique: UInt64, user: UInt32, process: UInt32, operation: Operation) {
    self.unique = unique
    self.user = user
    self.process = process
    self.operation = operation
  }

  /// - Parameters:
  ///   - buffer: Where read(2) has put the message.
  ///   - length: Its length.
  /// - Returns: `nil` if not even the header makes sense.
  init?(_ buffer: [UInt8], length: Int) {
    var reader = MessageReader(buffer, end: length)
    guard let header = reader.take(fuse_in_header.self), Int(header.len) == length else { return nil }
    unique = header.unique
    user = header.uid
    process = header.pid
    operation = Self.operation(header.opcode, &reader) ?? .malformed
  }

  private static func operation(_ code: UInt32, _ reader: inout MessageReader) -> Operation? {
    switch code {
    case CUSE_INIT.rawValue: reader.take(cuse_init_in.self).map { .initialize(major: $0.major, minor: $0.minor) }
    case FUSE_OPEN.rawValue: reader.take(fuse_open_in.self).map { _ in .open }
    case FUSE_RELEASE.rawValue: reader.take(fuse_release_in.self).map { .release(file: $0.fh) }
    case FUSE_READ.rawValue:
      reader.take(fuse_read_in.self).map {
        .read(count: Int(clamping: min($0.size, DeviceReply.mostBytes)), flags: DeviceFlags(rawValue: $0.flags))
      }
    case FUSE_WRITE.rawValue:
      reader.take(fuse_write_in.self).flatMap { reader.take(bytes: $0.size) }.map { .write($0) }
    case FUSE_IOCTL.rawValue:
      reader.take(fuse_ioctl_in.self).flatMap { head in
        reader.take(bytes: head.in_size).map {
          .control(DeviceControl(command: head.cmd, argument: head.arg, input: $0, outputRoom: head.out_size))
        }
      }
    case FUSE_POLL.rawValue:
      reader.take(fuse_poll_in.self).map {
        .poll(
          DevicePoll(
            file: $0.fh, kernelHandle: $0.kh, wantsNotification: $0.flags & UInt32(FUSE_POLL_SCHEDULE_NOTIFY) != 0))
      }
    case FUSE_INTERRUPT.rawValue: reader.take(fuse_interrupt_in.self).map { .interrupt(request: $0.unique) }
    case FUSE_FLUSH.rawValue, FUSE_FSYNC.rawValue: .flush
    case FUSE_FORGET.rawValue, FUSE_BATCH_FORGET.rawValue: .forget
    default: .unknown
    }
  }
}

/// The flags of an open file, as far as they matter.
struct DeviceFlags: OptionSet, Sendable {
  let rawValue: UInt32

  /// O_NONBLOCK
  static let nonblocking = DeviceFlags(rawValue: UInt32(LRNG_O_NONBLOCK))
  /// O_SYNC without O_DSYNC, which is among its bits.
  static let synchronous = DeviceFlags(rawValue: UInt32(LRNG_O_SYNC_ONLY))
}

/// poll(2) or one of its kin.
struct DevicePoll: Equatable, Sendable {
  let file: UInt64
  /// What the kernel knows the open file by.
  let kernelHandle: UInt64
  /// Whether somebody waits who has to be told of a change.
  let wantsNotification: Bool
}

/// Takes structures from the front of a message.
private struct MessageReader {
  private let bytes: [UInt8]
  private let end: Int
  private var start = 0

  init(_ bytes: [UInt8], end: Int) {
    self.bytes = bytes
    self.end = min(end, bytes.count)
  }

  private var left: Int { end - start }

  /// - Returns: `nil` if the message is too short.
  mutating func take<Value: BitwiseCopyable>(_ type: Value.Type) -> Value? {
    guard left >= MemoryLayout<Value>.size else { return nil }
    // The structures are integers only: any bytes are a value.
    let value = unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: start, as: type) }
    start += MemoryLayout<Value>.size
    return value
  }

  mutating func take(bytes count: UInt32) -> [UInt8]? {
    guard let count = Int(exactly: count), left >= count else { return nil }
    defer { start += count }
    return Array(bytes[start..<start + count])
  }
}

/// An answer, or a message that nobody asked for.
enum DeviceReply: Equatable, Sendable {
  case failed(Int32)
  case initialized(minor: UInt32, name: String)
  case opened(file: UInt64)
  case bytes([UInt8])
  case written(Int)
  /// An ioctl was done, and these bytes belong where its argument points.
  case controlled([UInt8])
  /// An ioctl is to be asked for again, with bytes from the caller's memory, or with room for some there.
  case askAgain(address: UInt64, input: UInt32, output: UInt32)
  case polled(DeviceEvents)
  case done
  /// Those who wait in poll(2) should look again.
  case wakeup(kernelHandle: UInt64)

  /// The most bytes of one read or write, which is the most that the kernel passes on in one message.
  static let mostBytes: UInt32 = 131072

  /// The bytes of the message.
  ///
  /// - Parameter unique: Of the request; 0 where there is none.
  func encoded(for unique: UInt64) -> [UInt8] {
    var payload: [UInt8] = []
    var error: Int32 = 0
    switch self {
    case .failed(let number): error = -number
    case .initialized(let minor, let name):
      var body = cuse_init_out()
      body.major = UInt32(FUSE_KERNEL_VERSION)
      body.minor = minor
      body.flags = UInt32(CUSE_UNRESTRICTED_IOCTL)
      body.max_read = Self.mostBytes
      body.max_write = Self.mostBytes
      payload = bytesOf(body) + Array("DEVNAME=\(name)".utf8) + [0]
    case .opened(let file):
      var body = fuse_open_out()
      body.fh = file
      body.open_flags = UInt32(FOPEN_DIRECT_IO)
      payload = bytesOf(body)
    case .bytes(let bytes): return header(bytes.count, 0, unique) + bytes
    case .written(let count):
      var body = fuse_write_out()
      body.size = UInt32(clamping: count)
      payload = bytesOf(body)
    case .controlled(let output): payload = bytesOf(fuse_ioctl_out()) + output
    case .askAgain(let address, let input, let output):
      var body = fuse_ioctl_out()
      body.flags = UInt32(FUSE_IOCTL_RETRY)
      body.in_iovs = input > 0 ? 1 : 0
      body.out_iovs = output > 0 ? 1 : 0
      payload = bytesOf(body)
      for length in [input, output] where length > 0 {
        payload += bytesOf(fuse_ioctl_iovec(base: address, len: UInt64(length)))
      }
    case .polled(let events):
      var body = fuse_poll_out()
      body.revents = events.rawValue
      payload = bytesOf(body)
    case .done: break
    case .wakeup(let handle):
      error = Int32(bitPattern: FUSE_NOTIFY_POLL.rawValue)
      payload = bytesOf(fuse_notify_poll_wakeup_out(kh: handle))
    }
    return header(payload.count, error, unique) + payload
  }

  private func header(_ payload: Int, _ error: Int32, _ unique: UInt64) -> [UInt8] {
    let length = MemoryLayout<fuse_out_header>.size + payload
    return bytesOf(fuse_out_header(len: UInt32(clamping: length), error: error, unique: unique))
  }
}

private func bytesOf<Value: BitwiseCopyable>(_ value: Value) -> [UInt8] {
  // The structures have no padding that is not a member.
  unsafe withUnsafeBytes(of: value) { unsafe Array($0) }
}

/// What a device is ready for, in the bits of poll(2).
struct DeviceEvents: OptionSet, Sendable {
  let rawValue: UInt32

  /// POLLIN, POLLRDNORM
  static let readable = DeviceEvents(rawValue: 0x41)
  /// POLLOUT, POLLWRNORM
  static let writable = DeviceEvents(rawValue: 0x104)
}
