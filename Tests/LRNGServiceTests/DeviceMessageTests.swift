// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGService

#if canImport(Glibc)
  import Glibc
#endif

/// The kernel's messages, written out by hand as <linux/fuse.h> lays them out, in the order of bytes of this machine.
enum KernelMessage {
  static func u32(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }
  static func u64(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }

  /// struct fuse_in_header, and what follows it.
  static func request(
    _ code: UInt32, unique: UInt64 = 7, user: UInt32 = 1000, process: UInt32 = 4242, length: UInt32? = nil,
    _ body: [UInt8] = []
  ) -> [UInt8] {
    u32(length ?? UInt32(40 + body.count)) + u32(code) + u64(unique) + u64(0) + u32(user) + u32(1000) + u32(process)
      + u32(0) + body
  }

  static func initialize(minor: UInt32 = 36) -> [UInt8] { request(4096, u32(7) + u32(minor) + u32(0) + u32(1)) }
  static func open(unique: UInt64 = 7) -> [UInt8] { request(14, unique: unique, u32(2) + u32(0)) }
  static func release(file: UInt64) -> [UInt8] { request(18, u64(file) + u32(0) + u32(0) + u64(0)) }

  static func read(unique: UInt64 = 7, user: UInt32 = 1000, count: UInt32, flags: Int32 = 0) -> [UInt8] {
    request(
      15, unique: unique, user: user,
      u64(1) + u64(0) + u32(count) + u32(0) + u64(0) + u32(UInt32(bitPattern: flags)) + u32(0))
  }

  static func write(_ bytes: [UInt8], size: UInt32? = nil) -> [UInt8] {
    request(
      16, u64(1) + u64(0) + u32(size ?? UInt32(bytes.count)) + u32(0) + u64(0) + u32(0) + u32(0) + bytes)
  }

  static func control(
    _ command: UInt32, user: UInt32 = 0, argument: UInt64 = 0x1000, input: [UInt8] = [], size: UInt32? = nil,
    room: UInt32 = 0
  ) -> [UInt8] {
    request(
      39, user: user,
      u64(1) + u32(2) + u32(command) + u64(argument) + u32(size ?? UInt32(input.count)) + u32(room) + input)
  }

  static func poll(file: UInt64 = 1, handle: UInt64 = 99, isWaiting: Bool = true) -> [UInt8] {
    request(40, u64(file) + u64(handle) + u32(isWaiting ? 1 : 0) + u32(0x41))
  }

  static func interrupt(_ unique: UInt64) -> [UInt8] { request(36, unique: unique | 1, u64(unique)) }

  /// struct fuse_out_header, and what follows it.
  static func answer(unique: UInt64 = 7, error: Int32 = 0, _ body: [UInt8] = []) -> [UInt8] {
    u32(UInt32(16 + body.count)) + u32(UInt32(bitPattern: error)) + u64(unique) + body
  }
}

@Suite("Messages for device files")
struct DeviceMessageTests {
  typealias Message = KernelMessage

  private func operation(_ bytes: [UInt8]) -> DeviceRequest.Operation? {
    DeviceRequest(bytes, length: bytes.count)?.operation
  }

  @Test("each request is understood")
  func requests() {
    #expect(operation(Message.initialize()) == .initialize(major: 7, minor: 36))
    #expect(operation(Message.open()) == .open)
    #expect(operation(Message.release(file: 5)) == .release(file: 5))
    #expect(operation(Message.read(count: 100)) == .read(count: 100, flags: []))
    #expect(operation(Message.write([1, 2, 3])) == .write([1, 2, 3]))
    #expect(operation(Message.write([])) == .write([]))
    #expect(
      operation(Message.control(0x8004_5200, argument: 0xdead, input: [9], room: 4))
        == .control(DeviceControl(command: 0x8004_5200, argument: 0xdead, input: [9], outputRoom: 4)))
    #expect(
      operation(Message.poll(file: 3, handle: 4, isWaiting: false))
        == .poll(DevicePoll(file: 3, kernelHandle: 4, wantsNotification: false)))
    #expect(operation(Message.interrupt(6)) == .interrupt(request: 6))
    #expect(operation(Message.request(25)) == .flush)
    #expect(operation(Message.request(2)) == .forget)
    #expect(operation(Message.request(1)) == .unknown)
  }

  @Test("the header says who asks")
  func header() throws {
    let bytes = Message.request(14, unique: 0x1122_3344_5566_7788, user: 0, process: 17, Message.u64(0))
    let request = try #require(DeviceRequest(bytes, length: bytes.count))
    #expect(request == DeviceRequest(unique: 0x1122_3344_5566_7788, user: 0, process: 17, operation: .open))
  }

  @Test("O_NONBLOCK and O_SYNC are told from all other flags, and O_DSYNC is not O_SYNC")
  func flags() {
    func flags(_ flags: Int32) -> DeviceRequest.Operation? { operation(Message.read(count: 1, flags: flags)) }
    guard case .read(_, let both) = flags(O_NONBLOCK | O_SYNC | O_RDWR) else { return #expect(Bool(false)) }
    #expect(both.contains(.nonblocking) && both.contains(.synchronous))
    guard case .read(_, let neither) = flags(O_DSYNC | O_RDWR | O_CLOEXEC) else { return #expect(Bool(false)) }
    #expect(!neither.contains(.nonblocking) && !neither.contains(.synchronous))
  }

  @Test("a read of any size is cut to what fits into a message")
  func longReads() {
    #expect(operation(Message.read(count: .max)) == .read(count: 131072, flags: []))
  }

  @Test("what is too short, or says a wrong length, is malformed, and without a whole header there is no request")
  func malformed() {
    for whole in [
      Message.initialize(), Message.open(), Message.release(file: 1), Message.read(count: 1), Message.write([1, 2, 3]),
      Message.control(0x4008_5203, input: [1, 2, 3, 4]), Message.poll(), Message.interrupt(1),
    ] {
      for length in 0..<whole.count {
        var cut = Array(whole.prefix(length))
        // As it came, the header says another length.
        #expect(DeviceRequest(cut, length: length) == nil)
        guard length >= 40 else { continue }
        cut.replaceSubrange(0..<4, with: Message.u32(UInt32(length)))
        #expect(operation(cut) == .malformed)
      }
    }
    #expect(operation(Message.write([1, 2, 3], size: 4)) == .malformed)
    #expect(operation(Message.write([1, 2, 3], size: .max)) == .malformed)
    #expect(operation(Message.control(0x4008_5203, input: [1], size: .max)) == .malformed)
    #expect(DeviceRequest(Message.open(), length: 1 << 20) == nil)
  }

  @Test("answers are what the kernel expects, to the byte")
  func answers() {
    typealias M = Message
    #expect(DeviceReply.failed(EINTR).encoded(for: 7) == M.answer(error: -4))
    #expect(DeviceReply.done.encoded(for: 7) == M.answer())
    #expect(DeviceReply.opened(file: 3).encoded(for: 7) == M.answer(M.u64(3) + M.u32(1) + M.u32(0)))
    #expect(DeviceReply.bytes([1, 2]).encoded(for: 7) == M.answer([1, 2]))
    #expect(DeviceReply.written(9).encoded(for: 7) == M.answer(M.u32(9) + M.u32(0)))
    #expect(
      DeviceReply.controlled([5, 6]).encoded(for: 7) == M.answer(M.u32(0) + M.u32(0) + M.u32(0) + M.u32(0) + [5, 6]))
    #expect(
      DeviceReply.askAgain(address: 0x1000, input: 8, output: 0).encoded(for: 7)
        == M.answer(M.u32(0) + M.u32(4) + M.u32(1) + M.u32(0) + M.u64(0x1000) + M.u64(8)))
    #expect(
      DeviceReply.askAgain(address: 0x1000, input: 0, output: 4).encoded(for: 7)
        == M.answer(M.u32(0) + M.u32(4) + M.u32(0) + M.u32(1) + M.u64(0x1000) + M.u64(4)))
    #expect(DeviceReply.polled([.readable, .writable]).encoded(for: 7) == M.answer(M.u32(0x145) + M.u32(0)))
    #expect(DeviceReply.wakeup(kernelHandle: 99).encoded(for: 0) == M.answer(unique: 0, error: 1, M.u64(99)))
    #expect(
      DeviceReply.initialized(minor: 31, name: "lrng").encoded(for: 7)
        == M.answer(
          M.u32(7) + M.u32(31) + M.u32(0) + M.u32(1) + M.u32(131072) + M.u32(131072) + M.u32(0) + M.u32(0)
            + [UInt8](repeating: 0, count: 40) + Array("DEVNAME=lrng\0".utf8)))
  }
}

@Suite("Ioctls of device files")
struct DeviceControlTests {
  private static let count: UInt32 = 0x8004_5200
  private static let credit: UInt32 = 0x4004_5201
  private static let add: UInt32 = 0x4008_5203

  private func step(
    _ command: UInt32, _ input: [UInt8] = [], room: UInt32 = 0, isPrivileged: Bool = true
  ) -> DeviceControl.Step {
    DeviceControl(command: command, argument: 0x1000, input: input, outputRoom: room).step { isPrivileged }
  }

  private func number(_ number: Int32) -> [UInt8] { KernelMessage.u32(UInt32(bitPattern: number)) }

  @Test("everybody may ask for the entropy count")
  func count() {
    #expect(step(Self.count, isPrivileged: false) == .reserve(4))
    #expect(step(Self.count, room: 4, isPrivileged: false) == .perform(.entropyCount))
  }

  @Test("all that changes something is refused to the unprivileged, before anything else is looked at")
  func rights() {
    for command: UInt32 in [Self.credit, Self.add, 0x5204, 0x5206, 0x5207] {
      #expect(step(command, isPrivileged: false) == .refuse(EPERM))
      #expect(step(command, number(-1) + number(-1), isPrivileged: false) == .refuse(EPERM))
    }
  }

  @Test("RNDADDENTROPY takes its head, then its data")
  func addition() {
    #expect(step(Self.add) == .fetch(8))
    #expect(step(Self.add, number(16) + number(4)) == .fetch(12))
    #expect(step(Self.add, number(16) + number(4) + [1, 2, 3, 4]) == .perform(.add([1, 2, 3, 4], bits: 16)))
    #expect(step(Self.add, number(0) + number(0)) == .perform(.add([], bits: 0)))
    #expect(step(Self.add, number(0) + number(65536)) == .fetch(65544))
  }

  @Test("a length that changes between the two is an error, and so is a negative number or one that is too large")
  func refusals() {
    #expect(step(Self.add, number(16) + number(5) + [1, 2, 3, 4]) == .refuse(EINVAL))
    #expect(step(Self.add, number(16) + number(3) + [1, 2, 3, 4]) == .refuse(EINVAL))
    #expect(step(Self.add, number(-1) + number(4)) == .refuse(EINVAL))
    #expect(step(Self.add, number(.min) + number(4)) == .refuse(EINVAL))
    #expect(step(Self.add, number(1) + number(-1)) == .refuse(EINVAL))
    #expect(step(Self.add, number(1) + number(65537)) == .refuse(EINVAL))
    #expect(step(Self.add, number(1) + number(.max)) == .refuse(EINVAL))
    #expect(step(Self.credit, number(-1)) == .refuse(EINVAL))
  }

  @Test("the other ioctls are those of /dev/random, and any other number is an error")
  func others() {
    #expect(step(Self.credit) == .fetch(4))
    #expect(step(Self.credit, number(5)) == .perform(.credit(bits: 5)))
    #expect(step(0x5204) == .perform(.clear))
    #expect(step(0x5206) == .perform(.clear))
    #expect(step(0x5207) == .perform(.reseed))
    for command: UInt32 in [0x8008_5202, 0x5208, 0x8004_5201, 0xdead_beef, 0] {
      #expect(step(command) == .refuse(EINVAL))
    }
  }

  @Test("the effective capabilities are read from what /proc says")
  func capabilities() {
    let status = "Name:\tx\nCapPrm:\t0000000000000001\nCapEff:\t000001ffffffffff\nCapBnd:\t0\n"
    #expect(CallerPrivileges.effectiveCapabilities(status) == 0x1ff_ffff_ffff)
    #expect(CallerPrivileges.effectiveCapabilities("Name:\tCapEff:\n") == nil)
    #expect(CallerPrivileges.effectiveCapabilities("CapEff:\tzz\n") == nil)
  }

  @Test("nobody but root, and nobody who is not visible, may change the credit")
  func callers() {
    let callers = CallerPrivileges()
    #expect(!callers.maySetEntropy(user: 1000, process: UInt32(getpid())))
    #expect(!callers.maySetEntropy(user: 0, process: 0))
    #expect(!callers.maySetEntropy(user: 0, process: .max))
    #expect(!CallerPrivileges(folder: "/nowhere").maySetEntropy(user: 0, process: 1))
  }
}
