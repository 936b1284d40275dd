// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The ioctls of /dev/random, with the rights and the errors that they have in the kernel module.
//
// The kernel asks with nothing first. Where an ioctl needs memory of its caller, the answer says which, and the kernel asks
// again with it; so RNDADDENTROPY comes three times: with nothing, with its head, with all its data.

import CService

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// An ioctl as it was asked for.
struct DeviceControl: Equatable, Sendable {
  let command: UInt32
  /// Where the caller's argument is.
  let argument: UInt64
  /// What is there, as far as it was asked for.
  let input: [UInt8]
  /// How much may be put there.
  let outputRoom: UInt32

  /// What to do next.
  enum Step: Equatable, Sendable {
    case perform(Action)
    /// Ask for the caller's memory.
    case fetch(UInt32)
    /// Ask for room in it.
    case reserve(UInt32)
    case refuse(Int32)
  }

  enum Action: Equatable, Sendable {
    case entropyCount
    case credit(bits: Int32)
    case add([UInt8], bits: Int32)
    case clear
    case reseed
  }

  /// The most data of one RNDADDENTROPY.
  static let mostEntropyInBytes: Int32 = 65536
  /// Credit and length, before the data.
  private static let headLength: UInt32 = 8

  /// - Parameter isPrivileged: Whether the caller has CAP_SYS_ADMIN; it is asked before anything of the caller is looked at.
  func step(isPrivileged: () -> Bool) -> Step {
    switch command {
    case lrng_get_entropy_count: return outputRoom >= 4 ? .perform(.entropyCount) : .reserve(4)
    case lrng_add_to_entropy_count, lrng_add_entropy_command, lrng_zap_entropy_count, lrng_clear_pool,
      lrng_reseed_generator:
      return isPrivileged() ? change : .refuse(EPERM)
    default: return .refuse(EINVAL)
    }
  }

  private var change: Step {
    switch command {
    case lrng_add_to_entropy_count:
      guard let bits = number(at: 0) else { return .fetch(4) }
      return bits < 0 ? .refuse(EINVAL) : .perform(.credit(bits: bits))
    case lrng_add_entropy_command: return addition
    case lrng_reseed_generator: return .perform(.reseed)
    default: return .perform(.clear)
    }
  }

  private var addition: Step {
    guard let bits = number(at: 0), let length = number(at: 4) else { return .fetch(Self.headLength) }
    guard bits >= 0, (0...Self.mostEntropyInBytes).contains(length) else { return .refuse(EINVAL) }
    let wanted = Self.headLength + UInt32(length)
    if input.count == Int(wanted) { return .perform(.add(Array(input.dropFirst(Int(Self.headLength))), bits: bits)) }
    // Who changes the length meanwhile gets nothing.
    return input.count == Int(Self.headLength) ? .fetch(wanted) : .refuse(EINVAL)
  }

  private func number(at index: Int) -> Int32? {
    guard input.count >= index + 4 else { return nil }
    return unsafe input.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: index, as: Int32.self) }
  }
}
