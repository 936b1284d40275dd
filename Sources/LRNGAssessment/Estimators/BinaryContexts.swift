// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Which bit followed how often after the last 1 to 16 bits: for the predictors of 6.3.9 and 6.3.10 on bits.
///
/// What followed the `length` bits `h` stands at 2^length + h, the latest bit lowest in `h`: both counts in one word, that of
/// ones above that of zeroes.
struct BinaryContexts {
  static let depth = 16

  private var counts = [UInt64](repeating: 0, count: 2 << depth)

  /// Where the counts after the last `length` bits of `history` are.
  @inline(__always)
  static func slot(_ history: Int, length: Int) -> Int {
    1 << length | history & (1 << length &- 1)
  }

  @inline(__always)
  static func zeroes(_ counts: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: counts) }

  @inline(__always)
  static func ones(_ counts: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: counts >> 32) }

  @inline(__always)
  static func one(_ bit: UInt8) -> UInt64 { 1 << (UInt64(bit) << 5) }

  @inline(__always)
  static func count(_ bit: UInt8, _ counts: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: counts >> (UInt64(bit) << 5))
  }

  @inline(__always)
  subscript(slot: Int) -> UInt64 {
    get { counts[slot] }
    set { counts[slot] = newValue }
  }
}
