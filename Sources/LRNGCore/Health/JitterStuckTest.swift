// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The stuck test of the Jitter RNG: a delta is stuck when its first, second or third discrete derivative of time is zero.
///
/// The delta itself is the first derivative. A stuck delta still goes into the pool, where it can do no harm, but it does
/// not count towards a block.
struct JitterStuckTest {
  private var lastDelta: UInt64 = 0
  private var lastDifference: UInt64 = 0

  mutating func isStuck(_ delta: UInt64) -> Bool {
    let difference = delta &- lastDelta
    let secondDifference = difference &- lastDifference
    lastDelta = delta
    lastDifference = difference
    return delta == 0 || difference == 0 || secondDifference == 0
  }
}
