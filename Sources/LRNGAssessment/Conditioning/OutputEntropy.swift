// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension ConditioningAssessment {
  /// The entropy of the output of a conditioning component, SP 800-90B, 3.1.5.
  ///
  /// - Parameters:
  ///   - nIn: Bits of input for one output.
  ///   - nOut: Bits of output.
  ///   - nw: The narrowest width within the component, in bits.
  ///   - hIn: Entropy of the input, in bits: above 0, and at most `nIn`.
  ///   - hPrime: For a component that is not vetted, the estimate of its output in bits a bit (3.1.5.2).
  /// - Returns: `nil` when a number is out of its range.
  public init?(nIn: Int, nOut: Int, nw: Int, hIn: Double, hPrime: Double? = nil) {
    let range = 1...Int(Int32.max)
    guard range.contains(nIn), range.contains(nOut), range.contains(nw) else { return nil }
    guard hIn > 0, hIn <= Double(nIn) else { return nil }
    if let hPrime, !(0...1).contains(hPrime) { return nil }
    let entropy = OutputEntropy(nIn: nIn, nOut: nOut, nw: nw, hIn: hIn)
    self.nIn = nIn
    self.nOut = nOut
    self.nw = nw
    self.hIn = hIn
    self.hPrime = hPrime
    isVetted = hPrime == nil
    outputEntropy = entropy.bits
    fullEntropyExponent = log2(Double(nOut)) - log2(entropy.missingBits)
    // 3.1.5.2: what is not vetted never has full entropy.
    hOut = hPrime.map { min(entropy.bits, 0.999 * Double(nOut), $0 * Double(nOut)) } ?? entropy.bits
  }
}

/// Output_Entropy(n_in, n_out, nw, h_in), SP 800-90B, 3.1.5.1.2.
///
/// The greatest probability of an output is 2^-n (1 + δ), where δ may be as small as 2^-n_in. So what is missing to n bits
/// is computed by itself: the difference of n and the entropy would be rounded to 0.
private struct OutputEntropy {
  /// The entropy.
  let bits: Double
  /// What is missing to n_out.
  let missingBits: Double

  init(nIn: Int, nOut: Int, nw: Int, hIn: Double) {
    // Step 2; the width can't be more than what goes in (appendix E).
    let narrow = min(nOut, nw, nIn)
    let (input, n) = (Double(nIn), Double(narrow))
    let high = exp2(-hIn)
    // (1 - P_high) / (1 - 2^-n_in) = 1 + ε: P_low in units of 2^-n_in.
    let epsilon = (exp2(-input) - high) / (1 - exp2(-input))
    // Step 3: ψ = 2^-n (1 + ε) + P_high = 2^-n (1 + δ). The power is infinite only where P_high decides alone.
    let psi = exp2(n - hIn) + epsilon
    // Steps 4 and 5: ω = 2^-n (1 + ε) (1 + √(2 n ln 2 / 2^(n_in - n))).
    let spread = (2 * n * 0.693147180559945309 * exp2(n - input)).squareRoot()
    let omega = epsilon + spread + epsilon * spread
    // Step 6, as a distance from n bits.
    let greater = max(psi, omega)
    let missing = greater.isFinite ? log1p(greater) / 0.693147180559945309 : n - hIn
    bits = max(0, min(n - missing, hIn))
    missingBits = Double(nOut - narrow) + max(missing, .leastNormalMagnitude)
  }
}
