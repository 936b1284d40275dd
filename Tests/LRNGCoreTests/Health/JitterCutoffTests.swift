// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation
import Testing

@testable import LRNGCore

/// Each table of cutoffs is computed again from its formula.
@Suite("Jitter RNG cutoffs follow from their formulas")
struct JitterCutoffTests {
  /// ln P(X = k) of the binomial distribution.
  private func logProbability(_ k: Int, of n: Int, _ p: Double) -> Double {
    lgamma(Double(n + 1)) - lgamma(Double(k + 1)) - lgamma(Double(n - k + 1)) + Double(k) * log(p)
      + Double(n - k) * log1p(-p)
  }

  /// The smallest k with P(X ≤ k) ≥ 1 - alpha, summed from the upper end: 1 - alpha itself would lose the digits.
  private func upperQuantile(_ n: Int, _ p: Double, alpha: Double) -> Int {
    var tail = 0.0
    var k = n
    while k > 0 {
      tail += exp(logProbability(k, of: n, p))
      if tail > alpha { return k }
      k -= 1
    }
    return 0
  }

  /// P(a run of r right predictions in n), each right with probability p.
  private func runProbability(_ r: Int, in n: Int, _ p: Double) -> Double {
    // A run ends at i for the first time: it was preceded by a wrong one, before which there was none.
    let pr = pow(p, Double(r))
    var happened = [Double](repeating: 0, count: n + 1)
    happened.withUnsafeMutableBufferPointer { happened in
      happened[r] = pr
      for i in (r + 1)...n {
        happened[i] = happened[i - 1] + (1 - happened[i - r - 1]) * (1 - p) * pr
      }
    }
    return happened[n]
  }

  private func alpha(_ exponent: Int) -> Double { pow(2, Double(-exponent)) }

  @Test("adaptive proportion: 2 + CRITBINOM(511, 2^-H, 1 - α), capped at the window", arguments: 1...20)
  func adaptiveProportion(rate: Int) {
    func cutoff(_ entropy: Double, _ exponent: Int) -> UInt16 {
      UInt16(min(512, 2 + upperQuantile(511, pow(2, -entropy), alpha: alpha(exponent))))
    }
    let entry = rate - 1
    #expect(JitterAdaptiveProportionTest.cutoffs[entry] == cutoff(1 / Double(rate), 30))
    #expect(JitterAdaptiveProportionTest.permanentCutoffs[entry] == cutoff(1 / Double(rate), 60))
    #expect(JitterAdaptiveProportionTest.ntg1Cutoffs[entry] == cutoff(8 / Double(rate), 30))
    #expect(JitterAdaptiveProportionTest.ntg1PermanentCutoffs[entry] == cutoff(8 / Double(rate), 60))
  }

  @Test("lag predictor, global: the binomial quantile at 1 - α", arguments: 1...20)
  func globalLag(rate: Int) {
    let p = pow(2, -1 / Double(rate))
    let n = (1 << 17) - 8
    #expect(JitterLagPredictorTest.globalCutoffs[rate - 1] == UInt32(upperQuantile(n, p, alpha: alpha(22))))
    #expect(JitterLagPredictorTest.permanentGlobalCutoffs[rate - 1] == UInt32(upperQuantile(n, p, alpha: alpha(44))))
  }

  @Test("lag predictor, local: the shortest run less likely than α", arguments: [1, 2, 3, 8, 20])
  func localLag(rate: Int) {
    let p = pow(2, -1 / Double(rate))
    let n = (1 << 17) - 8
    for (cutoff, exponent) in [
      (JitterLagPredictorTest.localCutoffs[rate - 1], 22),
      (JitterLagPredictorTest.permanentLocalCutoffs[rate - 1], 44),
    ] {
      #expect(runProbability(Int(cutoff), in: n, p) < alpha(exponent))
      #expect(runProbability(Int(cutoff) - 1, in: n, p) >= alpha(exponent))
    }
  }

  @Test("repetition count with memory: ⌊n·p + t·√(n·p'·(1 - p'))⌋, capped", arguments: 1...20)
  func repetitionCountWithMemory(rate: Int) {
    let n = 107.0 * Double(rate)
    let p = min(1, pow(2, 1 - 8 / Double(rate)))
    let q = min(p, 0.5)
    func cutoff(_ t: Double) -> Double { (n * p + t * (n * q * (1 - q)).squareRoot()).rounded(.down) }
    #expect(JitterRepetitionCountWithMemoryTest.cutoffs[rate - 1] == UInt16(min(cutoff(4), n)))
    #expect(JitterRepetitionCountWithMemoryTest.permanentCutoffs[rate - 1] == UInt16(min(cutoff(5), n + 1)))
  }

  @Test("repetition count: 30 and 60 times the rate; an eighth of it, rounded up, in NTG.1 mode")
  func repetitionCount() {
    for rate: UInt32 in 3...20 {
      for (mode, cutoff, permanentCutoff) in [
        (JitterMode.fips, 30 * rate, 60 * rate),
        (.ntg1, (30 * rate + 7) / 8, (60 * rate + 7) / 8),
      ] {
        var test = JitterRepetitionCountTest(oversamplingRate: rate, mode: mode)
        for count in 1...permanentCutoff {
          let failures = test.observe(isStuck: true)
          #expect(failures.contains(.repetitionCount) == (count == cutoff || count == permanentCutoff))
          #expect(failures.isPermanent == (count == permanentCutoff))
        }
      }
    }
  }

  @Test("a block takes (256 + 65)·rate deltas in FIPS mode, 256·rate in plain mode, rounded up to a multiple of 3")
  func deltasPerBlock() {
    let deltas = { (mode: JitterMode, rate: UInt32) in JitterConfiguration(mode: mode).deltasPerBlock(atRate: rate) }
    #expect(deltas(.plain, 3) == 768)
    #expect(deltas(.fips, 3) == 963)
    #expect(deltas(.ntg1, 3) == 963)
    #expect(deltas(.plain, 4) == 1026)
    #expect(deltas(.plain, 20) == 5121)
  }

  @Test("each mode has the rate that the assessment supports")
  func defaultRates() {
    let rates = [JitterMode.plain, .fips, .ntg1].map { JitterConfiguration(mode: $0).oversamplingRate }
    #expect(rates == [3, 3, 18])
  }

  @Test("rates are clamped to 3 ... 20, hash iterations rounded up to a power of two up to 128")
  func clamping() {
    let rates: [UInt32] = [0, 2, 3, 20, 21, .max]
    #expect(rates.map { JitterConfiguration(oversamplingRate: $0).oversamplingRate } == [3, 3, 3, 20, 20, 20])
    let iterations: [UInt32] = [0, 1, 3, 128, 129, .max]
    #expect(iterations.map { JitterConfiguration(hashIterations: $0).hashIterations } == [1, 1, 4, 128, 128, 128])
  }
}
