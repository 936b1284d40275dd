// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The cutoffs of the health tests of SP 800-90B, section 4.4, that follow from the entropy of a sample.
public struct HealthTestCutoffs: Equatable, Sendable, Encodable {
  /// Bits of min-entropy in a sample.
  public let entropy: Double
  /// -log2 of the probability that a healthy source fails: 20 to 40 is what the standard recommends.
  public let alphaExponent: Int
  /// 4.4.1: C = 1 + ⌈-log2(α) / H⌉.
  public let repetitionCount: Int
  /// 4.4.2: 1024 for bits, 512 for wider samples.
  public let window: Int
  /// 4.4.2: C = 1 + CRITBINOM(W, 2^-H, 1 - α), at most W: a cutoff beyond the window would never be reached.
  public let adaptiveProportion: Int

  /// - Parameter entropy: More than 0.
  public init(entropy: Double, alphaExponent: Int, isBinary: Bool) {
    self.entropy = entropy
    self.alphaExponent = alphaExponent
    // A source of next to no entropy may repeat itself for ever.
    let quotient = entropy > 0 ? (Double(alphaExponent) / entropy).rounded(.up) : .infinity
    repetitionCount = quotient < 1e9 ? 1 + Int(quotient) : .max
    window = isBinary ? 1024 : 512
    let critical = Binomial.criticalValue(
      trials: window, probability: exp2(-entropy), tail: exp2(-Double(alphaExponent)))
    adaptiveProportion = min(window, 1 + critical)
  }
}
