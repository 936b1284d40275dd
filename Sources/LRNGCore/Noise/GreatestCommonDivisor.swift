// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

extension FixedWidthInteger where Self: UnsignedInteger {
  /// Euclid's algorithm. The divisor of 0 and n is n, so that 0 is where a running divisor begins.
  func greatestCommonDivisor(with other: Self) -> Self {
    var (a, b) = (self, other)
    while b != 0 {
      (a, b) = (b, a.remainderReportingOverflow(dividingBy: b).partialValue)
    }
    return a
  }
}
