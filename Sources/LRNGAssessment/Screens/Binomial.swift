// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Quantiles of the binomial distribution, exact where `Double` is: probabilities are summed up from the far tail.
enum Binomial {
  /// CRITBINOM: the smallest k for which more than k successes in so many trials have at most the probability `tail`.
  static func criticalValue(trials: Int, probability: Double, tail: Double) -> Int {
    guard trials > 0, probability > 0 else { return 0 }
    guard probability < 1 else { return trials }
    var sum = 0.0
    var successes = trials
    while successes > 0 {
      let next = sum + exp(logProbability(successes, trials, probability))
      if next > tail { return successes }
      sum = next
      successes -= 1
    }
    return 0
  }

  private static func logProbability(_ successes: Int, _ trials: Int, _ probability: Double) -> Double {
    let (k, n) = (Double(successes), Double(trials))
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(probability) + (n - k) * log1p(-probability)
  }
}
