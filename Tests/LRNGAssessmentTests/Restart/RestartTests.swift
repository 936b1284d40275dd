// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation
import Testing

@testable import LRNGAssessment

@Suite("SP 800-90B 3.1.4: restart tests")
struct RestartTests {
  @Test("the cutoff of two symbols is that of the binomial distribution", arguments: [0.1, 0.5, 0.9])
  func cutoff(initialEntropy: Double) {
    let p = exp2(-initialEntropy)
    let alpha = 1 - pow(0.99, 1.0 / 2000)
    func logFactorial(_ number: Int) -> Double { (0...number).reduce(0) { $1 > 1 ? $0 + log(Double($1)) : $0 } }
    func probability(_ count: Int) -> Double {
      let choices = logFactorial(1000) - logFactorial(count) - logFactorial(1000 - count)
      return exp(choices + Double(count) * log(p) + Double(1000 - count) * log(1 - p))
    }
    // The rarer symbol never is the more frequent one in this tail.
    var (tail, cutoff) = (0.0, 1000)
    while tail + probability(cutoff) <= alpha {
      tail += probability(cutoff)
      cutoff -= 1
    }
    #expect(RestartCutoff(initialEntropy: initialEntropy, alphabetSize: 2).cutoff == cutoff)
  }

  @Test("the cutoff of many symbols is what NIST's program finds by simulation")
  func simulated() {
    // ea_restart 1.1.8 for a million samples of 8 bits: X_cutoff 24 for H_I = 7.3.
    #expect(RestartCutoff(initialEntropy: 7.3, alphabetSize: 256).cutoff == 24)
  }

  @Test("a column that repeats fails the sanity check, and nothing is estimated then")
  func column() throws {
    var symbols = Made.sequence(1_000_000, alphabet: 256)
    for row in 0..<1000 where row.isMultiple(of: 3) { symbols[row * 1000 + 17] = 9 }
    let matrix = try SampleSet(name: "matrix", symbols: symbols, bitsPerSymbol: 8)
    let result = try Assessor().assessRestarts(matrix, initialEntropy: 7)
    #expect(!result.sanityCheck.passed && !result.passed)
    #expect(result.sanityCheck.maximumCountInColumn >= 334)
    #expect(result.sanityCheck.maximumCountInRow <= result.sanityCheck.cutoff)
    #expect(result.minEntropy == nil && result.rows == nil)
  }

  @Test("a truncated matrix is none")
  func truncated() throws {
    let matrix = try SampleSet(name: "short", symbols: Array(repeating: 1, count: 999_000), bitsPerSymbol: 8)
    #expect(throws: SampleFault.restartMatrix(999_000)) {
      try Assessor().assessRestarts(matrix, initialEntropy: 7)
    }
  }
}

@Suite("SP 800-90B 3.1.5: conditioning")
struct ConditioningTests {
  /// What ea_conditioning 1.1.8 of NIST says: n_in, n_out, nw, h_in, h_out, and -log2 ε where it gives one.
  @Test(
    "the entropy of the output is that of NIST's program ea_conditioning",
    arguments: [
      ([256, 256, 256], 256, 251.689764568727055119, nil),
      ([512, 256, 256], 300, 255.9999999999999179961, 51.47123362705514338852),
      ([2048, 384, 512], 400.5, 383.999984433991345345, 24.55620391078758381168),
      ([256, 256, 128], 100, 99.99999999462554216983, nil),
      ([4096, 256, 512], 320, 256, 71.47123362705510238312),
      ([8, 8, 8], 3.2, 3.154394837462030829226, nil),
    ] as [([Int], Double, Double, Double?)])
  func vetted(widths: [Int], hIn: Double, hOut: Double, exponent: Double?) throws {
    let result = try #require(ConditioningAssessment(nIn: widths[0], nOut: widths[1], nw: widths[2], hIn: hIn))
    #expect(abs(result.hOut - hOut) < 1e-9)
    if let exponent { #expect(abs(result.fullEntropyExponent - exponent) < 1e-6) }
  }

  @Test("a component that is not vetted has at most 0.999 n_out, and no more than its output shows")
  func unvetted() throws {
    let good = try #require(ConditioningAssessment(nIn: 512, nOut: 256, nw: 256, hIn: 400, hPrime: 1))
    #expect(good.hOut == 0.999 * 256)
    let poor = try #require(ConditioningAssessment(nIn: 512, nOut: 256, nw: 256, hIn: 400, hPrime: 0.5))
    #expect(poor.hOut == 128)
    #expect(!poor.isVetted)
  }

  @Test("numbers out of range are refused")
  func ranges() {
    #expect(ConditioningAssessment(nIn: 0, nOut: 1, nw: 1, hIn: 1) == nil)
    #expect(ConditioningAssessment(nIn: 8, nOut: 8, nw: 8, hIn: 9) == nil)
    #expect(ConditioningAssessment(nIn: 8, nOut: 8, nw: 8, hIn: 0) == nil)
    #expect(ConditioningAssessment(nIn: 8, nOut: 8, nw: 8, hIn: .nan) == nil)
  }
}
