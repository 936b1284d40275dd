// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The upper end of the 99 % confidence interval, which the estimates are made from.
enum UpperBound {
  /// Z at 0.995 of the normal distribution: the standard's 2.576 with the digits that NIST's program has.
  static let z = 2.5758293035489008

  /// The bound of a probability that was measured in `count` trials.
  static func of(_ probability: Double, count: Int) -> Double {
    min(1, probability + z * (probability * (1 - probability) / Double(count - 1)).squareRoot())
  }

  /// The min-entropy that belongs to a probability, in bits.
  static func minEntropy(_ probability: Double) -> Double {
    // 0 is not to become -0.
    probability >= 1 ? 0 : -log2(probability)
  }
}
