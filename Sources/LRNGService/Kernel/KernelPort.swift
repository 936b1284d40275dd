// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The way into the kernel's generator: RNDADDENTROPY, for which Linux wants CAP_SYS_ADMIN at the time of the call.
//
//   lrng seed-kernel          one process, which keeps that capability and nothing else
//   lrng serve --seed-kernel  a process of its own keeps it: it reads blocks from a socket pair and hands them to the kernel,
//                             nothing else; the service has no capability at all

import CService

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// How the kernel's generator is fed.
public struct KernelSeeding: Equatable, Sendable {
  /// The bits that each block of 64 bytes is credited with, 0 ... 512.
  public var creditInBits: UInt32 = 256
  /// The time between two blocks.
  public var interval: Duration = .seconds(60)
  /// The device.
  public var device = "/dev/random"
  /// Whether the kernel's generator is told to reseed after each block.
  public var forcesReseed = false
  /// Whether each block comes from the sources anew.
  public var usesPredictionResistance = false

  static let blockLengthInBytes = 64

  public init() {}
}

/// The device of the kernel's generator, and who may credit entropy there.
public final class KernelPort: Sendable {
  private let device: CInt
  /// The process that has the capability; `nil`: this process has it.
  private let helper: PrivilegedProcess?
  private let forcesReseed: Bool

  private init(device: CInt, helper: PrivilegedProcess?, forcesReseed: Bool) {
    self.device = device
    self.helper = helper
    self.forcesReseed = forcesReseed
  }

  deinit { close(device) }

  /// Opens the device.
  ///
  /// - Parameter isSeparate: Whether a process of its own gets the capability. It ends with this object. Only while the
  ///   process has one thread.
  public static func open(_ seeding: KernelSeeding, isSeparate: Bool) throws(ServiceError) -> KernelPort {
    guard !KernelTakeover.isActive else {
      throw ServiceError("\(seeding.device) is this LRNG in the kernel already: there is nothing to feed")
    }
    let device = platformOpen(seeding.device, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
    guard device >= 0 else { throw ServiceError("\(seeding.device): \(errorText(errno))") }
    var isDone = false
    defer { if !isDone { close(device) } }
    // A device of this LRNG that is bound there answers like the kernel's: it would be fed with its own output.
    guard lrng_is_kernel_random(device) == 1, lrng_kernel_entropy(device) >= 0 else {
      throw ServiceError("\(seeding.device) is not the kernel's generator")
    }
    let helper = isSeparate ? try startHelper(device, forcesReseed: seeding.forcesReseed) : nil
    isDone = true
    return KernelPort(device: device, helper: helper, forcesReseed: seeding.forcesReseed)
  }

  /// Mixes a block into the kernel's generator and credits it.
  ///
  /// - Returns: 0, or the error number.
  func add(_ block: [UInt8], creditedBits bits: UInt32) -> CInt {
    guard let helper else { return Self.add(block, bits, to: device, forcesReseed: forcesReseed) }
    var message = (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt32($0))) } + block
    defer {
      var span = message.mutableSpan
      span.wipe()
    }
    return helper.request(message.span)
  }

  /// Waits until the kernel asks for entropy: it does while its generator is not ready.
  ///
  /// - Returns: Whether it asks.
  func waitForDemand(milliseconds: CInt) -> Bool {
    var wish = pollfd(fd: device, events: Int16(POLLOUT), revents: 0)
    return unsafe poll(&wish, 1, milliseconds) == 1 && wish.revents & Int16(POLLOUT) != 0
  }

  /// The bits that the kernel counts, 256 when it is ready.
  var entropyInBits: Int32 { lrng_kernel_entropy(device) }

  private static func add(_ block: [UInt8], _ bits: UInt32, to device: CInt, forcesReseed: Bool) -> CInt {
    let result = unsafe block.withUnsafeBytes {
      unsafe lrng_add_entropy(
        device, $0.baseAddress, UInt32(clamping: $0.count), min(bits, UInt32(clamping: $0.count * 8)))
    }
    if result != 0 { return errno }
    // It says ENODATA before the kernel's generator is ready.
    if forcesReseed { _ = lrng_reseed_kernel(device) }
    return 0
  }

  // MARK: - The process with the capability

  private static func startHelper(_ device: CInt, forcesReseed: Bool) throws(ServiceError) -> PrivilegedProcess {
    // Nothing is added at first, but the kernel looks whether that process may.
    try PrivilegedProcess.start(
      named: "lrng-kernel", to: "feeding the kernel", keeping: device, endsWithService: true,
      check: { add([], 0, to: device, forcesReseed: false) }
    ) { requests in
      var message = [UInt8](repeating: 0, count: 4 + Int(LRNG_MOST_ENTROPY_BYTES))
      while let length = requests.next(into: &message), length >= 4 {
        let bits = message[0..<4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        var block = Array(message[4..<length])
        requests.answer(add(block, bits, to: device, forcesReseed: forcesReseed))
        var span = block.mutableSpan
        span.wipe()
        span = message.mutableSpan
        span.wipe()
      }
    }
  }
}

/// An LRNG in this machine's kernel.
public enum KernelTakeover {
  /// What `/proc/lrng_type` says: `active`, `lost`, …; `nil` where there is no such LRNG.
  public static func state(file: String = "/proc/lrng_type") -> String? {
    guard let text = smallFile(file) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix("Takeover: ") {
      return String(line.dropFirst("Takeover: ".count))
    }
    return nil
  }

  static var isActive: Bool { state()?.hasPrefix("active") ?? false }
}

/// The text of a file in `/proc` or `/sys`.
func smallFile(_ path: String) -> String? {
  let descriptor = platformOpen(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var bytes = [UInt8](repeating: 0, count: 16384)
  let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
  return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
}

func platformOpen(_ path: String, _ flags: CInt) -> CInt { unsafe open(path, flags) }
