// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// SP 800-90B, 5.2.5: whether the longest repeated substring is longer than independent samples let expect.
enum LongestRepeatedSubstringTest {
  static func result(_ sequence: SymbolSequence) -> IIDTests.LongestRepeatedSubstring {
    let length = RepeatCounts(of: sequence.symbols).longest
    let collision = ChiSquareTests.proportions(sequence).reduce(0) { $0 + $1 * $1 }
    guard collision < 1 - 1e-15 else { return .init(length: length, probability: 1, passed: true) }
    let substrings = Double(sequence.count - length + 1)
    // ln Pr(X = 0) for all pairs of substrings.
    let logOfNone = substrings * (substrings - 1) / 2 * log1p(-pow(collision, Double(length)))
    return .init(length: length, probability: -expm1(logOfNone), passed: logOfNone <= log(0.999))
  }
}
