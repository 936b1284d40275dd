// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CMemory

/// The first half of the noise source: memory accesses, whose duration varies with caches, buffers, refreshes and
/// everything else that uses the memory.
///
/// Each access is a load and a store that the compiler may neither drop nor merge nor reorder (they are volatile). The
/// bytes themselves mean nothing. Tests/Gates/jitter-code-check.sh reads the emitted loop.
struct JitterMemoryAccess {
  /// Accesses in one walk. The start-up stage of its own makes three times as many.
  static let accessesPerWalk: UInt32 = 128

  /// One less than a cache line pair, so that each step leaves the line, and not by a power of two.
  private static let stepInBytes: UInt32 = 127

  /// Where the deterministic walk is.
  private var location: UInt32 = 0

  /// Increments bytes at places that time stamps decide.
  ///
  /// `memory.count` must be a power of two of at most 2^31; the walk leaves memory of any other size out of account.
  @inline(never)
  static func walkAtRandom<Clock: JitterClock & ~Copyable>(memory: inout MutableSpan<UInt8>, clock: inout Clock) {
    var place = Xoshiro128StarStar(stirredBy: &clock)
    let mask = Self.mask(for: memory.count)
    unsafe memory.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for _ in 0..<accessesPerWalk {
        // In bounds: the mask is less than the count.
        unsafe touch(base + Int(truncatingIfNeeded: place.next() & mask))
      }
    }
  }

  /// Increments bytes one step apart, the same way each time: the start-up stage in which the memory alone must jitter.
  @inline(never)
  mutating func walkInSteps(memory: inout MutableSpan<UInt8>) {
    var location = self.location
    let mask = Self.mask(for: memory.count)
    unsafe memory.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for _ in 0..<3 &* Self.accessesPerWalk {
        location = (location &+ Self.stepInBytes) & mask
        unsafe Self.touch(base + Int(truncatingIfNeeded: location))
      }
    }
    self.location = location
  }

  @inline(__always)
  private static func touch(_ byte: UnsafeMutablePointer<UInt8>) {
    unsafe lrng_volatile_store8(byte, lrng_volatile_load8(byte) &+ 1)
  }

  /// The largest 2^n - 1 that is an index of memory of that size.
  private static func mask(for size: Int) -> UInt32 {
    let size = UInt32(clamping: size)
    return size == 0 ? 0 : (UInt32.max &>> UInt32(truncatingIfNeeded: size.leadingZeroBitCount)) &>> 1
  }
}
