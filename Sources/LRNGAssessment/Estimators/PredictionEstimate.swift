// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the predictors of 6.3.7 to 6.3.10 have in common: how often they were right, and how often in a row.
struct PredictionTally {
  private(set) var correct = 0
  private(set) var longestRun = 0
  private var run = 0

  @inline(__always)
  mutating func note(isCorrect: Bool) {
    guard isCorrect else {
      run = 0
      return
    }
    correct &+= 1
    run &+= 1
    if run > longestRun { longestRun = run }
  }

  /// The last steps of the predictors: the greatest of the global bound, the local bound and 1/k, as bits of entropy.
  func minEntropy(predictions: Int, alphabetSize: Int) -> Double {
    let count = Double(predictions)
    let global =
      correct == 0
      ? 1 - pow(0.01, 1 / count)
      : UpperBound.of(Double(correct) / count, count: predictions)
    var bound = max(global, 1 / Double(alphabetSize))
    // The local bound falls when p grows, so it matters only where it is above the others.
    if bound < 1 && logOfNoRun(bound, count: count) > Self.logOfConfidence {
      bound = max(bound, localProbability(above: bound, count: count))
    }
    return UpperBound.minEntropy(bound)
  }

  /// ln 0.99.
  private static let logOfConfidence = log(0.99)

  /// The p for which no run of r = longestRun + 1 has a probability of 0.99.
  private func localProbability(above bound: Double, count: Double) -> Double {
    var low = bound
    var high = 1.0
    while true {
      let middle = (low + high) / 2
      guard middle > low && middle < high else { return high }
      if logOfNoRun(middle, count: count) > Self.logOfConfidence { low = middle } else { high = middle }
    }
  }

  /// The logarithm of (1 - p x) / ((r + 1 - r x) q) / x^(N+1), where x is the root of 1 - x + q p^r x^(r+1) near 1.
  ///
  /// With x = 1 + e it is a sum of logarithms of numbers close to 1, which lose nothing.
  private func logOfNoRun(_ p: Double, count: Double) -> Double {
    let q = 1 - p
    let r = Double(longestRun + 1)
    let scale = q * pow(p, r)
    var e = 0.0
    for _ in 0..<66 {
      let next = scale * exp((r + 1) * log1p(e))
      guard next - e > 1e-17 + e * 1e-16 else { break }
      e = next
    }
    let result = log1p(-p * e / q) - log1p(-r * e) - (count + 1) * log1p(e)
    // At the other root, x = 1/p, nothing is left of the probability.
    return result.isNaN ? -.infinity : result
  }
}
