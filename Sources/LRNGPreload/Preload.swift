// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// liblrng-getrandom.so: the C library's random numbers from the LRNG, for programs that do not know of it.
//
//   getrandom(3) ──► the thread's batch ──► the thread's generator ──► the engine ──► getrandom(2)
//                    nothing shared          nothing shared             CPreload        on any trouble
//
// Each step is tried when the one before could not serve. The first two need no lock and no memory, and a signal handler
// may come at any instruction of them. To the third a thread goes once at a time, with signals blocked; a call that comes
// while it is there, from its malloc, say, is the system's. The system's answer has the quality that was asked for, so
// that nobody ever gets less.

import CPreload
import LRNG

/// The flags of getrandom(2), and those that an LRNG adds.
private struct Flags: OptionSet {
  let rawValue: UInt32

  static let nonblocking = Flags(rawValue: 0x1)
  /// Prediction resistance.
  static let random = Flags(rawValue: 0x2)
  static let insecure = Flags(rawValue: 0x4)
  /// Raw seed material.
  static let seed = Flags(rawValue: 0x10)
  /// With ``seed``: what a reseed takes. Alone it says what is the case anyway.
  static let fullySeeded = Flags(rawValue: 0x20)

  static let all: Flags = [.nonblocking, .random, .insecure, .seed, .fullySeeded]
  /// At most one of them.
  static let qualities: Flags = [.random, .insecure, .seed]

  var isValid: Bool { isSubset(of: .all) && intersection(.qualities).rawValue.nonzeroBitCount <= 1 }

  /// As a kernel without an LRNG understands them.
  var ofSystem: UInt32 { contains(.seed) ? rawValue : subtracting(.fullySeeded).rawValue }
}

enum Preload {
  /// Calls that must not wait leave the generator alone until there were so many: a program that only wants a number for a
  /// hash table starts as fast as ever.
  private static let patience: UInt32 = 32
  /// The largest request that the system serves.
  private static let maximumLengthInBytes = Int(Int32.max)
  /// How long a generator without a seed is left alone.
  private static let pauseInMilliseconds: UInt64 = 1000

  private enum Outcome {
    case filled(Int)
    /// There is no entropy now.
    case dry
    /// The seed is longer than the buffer.
    case tooShort(neededBytes: Int)
    /// The generator can't serve this call.
    case unavailable
  }

  // MARK: - Requests

  /// What the batch could not serve.
  @inline(never)
  static func getRandom(_ buffer: UnsafeMutableRawPointer?, _ length: Int, _ rawFlags: UInt32) -> Int {
    let flags = Flags(rawValue: rawFlags)
    guard flags.isValid else { return lrng_preload_fail(CInt(LRNG_PRELOAD_EINVAL)) }
    // Negative: more than half of the address space, which the system cuts, too.
    let length = length < 0 ? maximumLengthInBytes : min(length, maximumLengthInBytes)
    // Whether there is a seed, and what a bad pointer is, the system says.
    guard let buffer = unsafe buffer, length > 0 else {
      return unsafe lrng_preload_system_call(buffer, length, flags.ofSystem)
    }
    if flags.contains(.seed) { return unsafe seed(buffer, length, flags) }
    if flags.contains(.random) { return unsafe predictionResistant(buffer, length, flags) }
    if case .filled(let count) = unsafe plain(buffer, length, flags) { return count }
    return unsafe lrng_preload_system_call(buffer, length, flags.ofSystem)
  }

  private static func plain(_ buffer: UnsafeMutableRawPointer, _ length: Int, _ flags: Flags) -> Outcome {
    var bytes = unsafe MutableSpan(_unsafeStart: buffer.assumingMemoryBound(to: UInt8.self), count: length)
    if RandomBitGenerator.fillFromBatch(&bytes) || RandomBitGenerator.fillByThreadAlone(&bytes) {
      return .filled(length)
    }
    guard lrng_preload_may_retry() != 0 else { return .unavailable }
    let mayStart = flags.isDisjoint(with: [.nonblocking, .insecure])
    return inside(mayStart: mayStart) { generator in
      var bytes = unsafe MutableSpan(_unsafeStart: buffer.assumingMemoryBound(to: UInt8.self), count: length)
      do throws(LRNGError) {
        try generator.fillByThread(&bytes)
        return .filled(length)
      } catch {
        lrng_preload_give_up_for(pauseInMilliseconds)
        return error == .notFullySeeded ? .dry : .unavailable
      }
    }
  }

  /// Each 32 bytes with fresh entropy: some milliseconds, between which signals may come.
  private static func predictionResistant(
    _ buffer: UnsafeMutableRawPointer, _ length: Int, _ flags: Flags
  ) -> Int {
    var filled = 0
    while filled < length {
      let outcome = inside(mayStart: !flags.contains(.nonblocking)) { generator in
        var bytes = unsafe MutableSpan(
          _unsafeStart: (buffer + filled).assumingMemoryBound(to: UInt8.self), count: min(32, length - filled))
        do throws(LRNGError) {
          let count = try generator.fill(&bytes, quality: .predictionResistant, waiting: false)
          return count > 0 ? .filled(count) : .dry
        } catch {
          return error == .notFullySeeded ? .dry : .unavailable
        }
      }
      switch outcome {
      case .filled(let count): filled += count
      case .dry:
        if filled > 0 { return filled }
        if flags.contains(.nonblocking) { return lrng_preload_fail(CInt(LRNG_PRELOAD_EAGAIN)) }
        if lrng_preload_pause() != 0 { return lrng_preload_fail(CInt(LRNG_PRELOAD_EINTR)) }
      case .tooShort, .unavailable:
        if filled > 0 { return filled }
        return unsafe lrng_preload_system_call(buffer, length, flags.ofSystem)
      }
    }
    return filled
  }

  private static func seed(_ buffer: UnsafeMutableRawPointer, _ length: Int, _ flags: Flags) -> Int {
    guard length >= 8 else { return lrng_preload_fail(CInt(LRNG_PRELOAD_EINVAL)) }
    while true {
      let outcome = inside(mayStart: !flags.contains(.nonblocking)) { generator in
        var seed = [UInt8](repeating: 0, count: RawSeed.maximumLengthInBytes)
        defer {
          var all = seed.mutableSpan
          all.wipe()
        }
        do throws(LRNGError) {
          var room = seed.mutableSpan
          let count = try generator.seed(into: &room, isReseed: flags.contains(.fullySeeded), waiting: false)
          guard count <= length else { return .tooShort(neededBytes: count) }
          // As long as the seed.
          unsafe buffer.copyMemory(from: seed, byteCount: count)
          return .filled(count)
        } catch {
          return error == .notFullySeeded ? .dry : .unavailable
        }
      }
      switch outcome {
      case .filled(let count): return count
      case .tooShort(let neededBytes):
        unsafe buffer.storeBytes(of: UInt64(neededBytes), as: UInt64.self)
        return lrng_preload_fail(CInt(LRNG_PRELOAD_EMSGSIZE))
      case .dry:
        if flags.contains(.nonblocking) { return lrng_preload_fail(CInt(LRNG_PRELOAD_EAGAIN)) }
        if lrng_preload_pause() != 0 { return lrng_preload_fail(CInt(LRNG_PRELOAD_EINTR)) }
      case .unavailable: return unsafe lrng_preload_system_call(buffer, length, flags.ofSystem)
      }
    }
  }

  // MARK: - The generator

  /// Runs the body with the generator of this process, if the calling thread may go there.
  ///
  /// - Parameter mayStart: Whether it may be made for this call. If not, it is all the same after some calls.
  private static func inside(mayStart: Bool, _ body: (RandomBitGenerator) -> Outcome) -> Outcome {
    var entry = lrng_preload_entry()
    guard unsafe lrng_preload_enter(&entry) != 0 else { return .unavailable }
    defer { unsafe lrng_preload_leave(&entry) }
    if let generator = existing(), generator.isRunning { return body(generator) }
    guard mayStart || lrng_preload_skip() > patience, lrng_preload_is_on_signal_stack() == 0 else {
      return .unavailable
    }
    guard let generator = existing() ?? make() else { return .unavailable }
    return body(generator)
  }

  private static func existing() -> RandomBitGenerator? {
    guard lrng_preload_state() == UInt32(LRNG_PRELOAD_READY), let generator = unsafe lrng_preload_generator() else {
      return nil
    }
    // Retained when it was made, and never released.
    return unsafe Unmanaged<RandomBitGenerator>.fromOpaque(generator).takeUnretainedValue()
  }

  /// Makes the generator. Whoever comes meanwhile is the system's.
  private static func make() -> RandomBitGenerator? {
    guard lrng_preload_start() != 0 else { return nil }
    do throws(LRNGError) {
      let generator = try RandomBitGenerator(.confined)
      // The runtime describes types at their first use, with locks of its own. All of that happens now, so that no fork of
      // another thread leaves a child without the key.
      rehearse(generator)
      unsafe lrng_preload_started(Unmanaged.passRetained(generator).toOpaque())
      return generator
    } catch {
      lrng_preload_started(nil)
      return nil
    }
  }

  private static func rehearse(_ generator: RandomBitGenerator) {
    var block = InlineArray<32, UInt8>(repeating: 0)
    var bytes = block.mutableSpan
    try? generator.fillByThread(&bytes)
    bytes.wipe()
  }
}
