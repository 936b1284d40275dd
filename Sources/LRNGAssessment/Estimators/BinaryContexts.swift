// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Which bit followed how often after the last 1 to 16 bits: for the predictors of 6.3.9 and 6.3.10 on bits.
///
/// The count of bit `b` after the `length` bits `h` stands at 2 (2^length + h) + b, the latest bit lowest in `h`.
struct BinaryContexts {
  static let depth = 16

  private var counts = [UInt32](repeating: 0, count: 4 << depth)

  /// Where the counts after the last `length` bits of `history` are.
  @inline(__always)
  static func slot(_ history: Int, length: Int) -> Int {
    (1 << length | history & (1 << length &- 1)) << 1
  }

  @inline(__always)
  subscript(slot: Int) -> UInt32 {
    get { counts[slot] }
    set { counts[slot] = newValue }
  }
}
