// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// What the start-up test learns about a clock from the deltas of some measurements.
struct JitterClockAnalysis {
  /// A clock that stands still between two readings would pass for one with a huge common divisor.
  private static let largestDivisor: UInt64 = 1 &<< 31 - 1

  /// The greatest common divisor of all deltas so far, 0 before the first.
  private(set) var commonDivisor: UInt64 = 0

  /// How much the deltas vary: the sum of |delta - previous delta|.
  private var variation: UInt64 = 0
  private var lastDelta: UInt64?
  private var deltas: UInt32 = 0

  mutating func observe(_ delta: UInt64) {
    commonDivisor = commonDivisor.greatestCommonDivisor(with: delta)
    if let last = lastDelta {
      let (sum, overflow) = variation.addingReportingOverflow(delta > last ? delta &- last : last &- delta)
      variation = overflow ? .max : sum
    }
    lastDelta = delta
    deltas &+= 1
  }

  /// Finds fault with the clock, if there is one.
  ///
  /// The variation is taken in units of the common divisor, since that is what is left of a delta: a clock that jumps by
  /// 1000 at a time varies no more than one that jumps by 1.
  func verdict(oversamplingRate rate: UInt32) -> JitterStartUpError? {
    if commonDivisor == 0 || commonDivisor >= Self.largestDivisor { return .coarseClock }
    let units = variation.dividedReportingOverflow(by: commonDivisor).partialValue
    let (product, overflow) = units.multipliedReportingOverflow(by: UInt64(rate))
    // On average a delta must differ from the one before it by 1/rate at least.
    if !overflow && product < UInt64(deltas) { return .tooLittleVariation }
    return nil
  }
}
