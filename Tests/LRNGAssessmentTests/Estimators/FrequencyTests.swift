// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation
import Testing

@testable import LRNGAssessment

@Suite("SP 800-90B 6.3.1 to 6.3.6: the other estimators")
struct FrequencyTests {
  @Test("the examples of the standard: most common value 0.5363, collision 0.4483")
  func examples() throws {
    // 6.3.1: S = (0, 1, 1, 2, 0, 1, 2, 2, 0, 1, 0, 1, 1, 0, 2, 2, 1, 0, 2, 1), p-hat 0.4, p_u 0.6895.
    let sequence = SymbolSequence(
      symbols: [0, 1, 1, 2, 0, 1, 2, 2, 0, 1, 0, 1, 1, 0, 2, 2, 1, 0, 2, 1], alphabetSize: 3)
    // The standard has 2.576 where NIST's program has more digits, which makes a difference of 8e-5.
    #expect(abs(MostCommonValueEstimate.minEntropy(sequence) - 0.5363) < 1e-4)
    // 6.3.3: S = (1,0,0,0,1,1,1,0,0,1,0,1,0,1,1,1,0,0,1,1,0,0,0,1,1,1,0,0,1,0,1,0,1,0,1,1,1,0,…): 0.761.
    let bits: [UInt8] = [
      1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1,
      1, 0,
    ]
    #expect(abs(try #require(MarkovEstimate.minEntropy(bits: bits)) - 0.761) < 5e-4)
    #expect(abs(try #require(CollisionEstimate.minEntropy(bits: bits)) - 0.4483) < 5e-4)
  }

  @Test("bits that never change have no entropy, bits that always do have none for Markov")
  func extremes() throws {
    let constant = [UInt8](repeating: 0, count: 8000)
    #expect(MostCommonValueEstimate.minEntropy(SymbolSequence(symbols: constant, alphabetSize: 1)) == 0)
    #expect(MarkovEstimate.minEntropy(bits: constant) == 0)
    #expect(CollisionEstimate.minEntropy(bits: constant) == 0)
    let alternating = (0..<8000).map { UInt8($0 & 1) }
    #expect(try #require(MarkovEstimate.minEntropy(bits: alternating)) < 0.01)
    #expect(try #require(CompressionEstimate.minEntropy(bits: alternating)) < 0.01)
  }

  @Test("tuples are counted as their definition says", arguments: [2, 3, 40])
  func tuples(alphabet: Int) throws {
    let symbols = Made.sequence(700, alphabet: alphabet, stickiness: 0.3)
    let estimates = TupleEstimates(SymbolSequence(symbols: symbols, alphabetSize: alphabet))
    var (best, collision) = (0.0, 0.0)
    for length in 1..<symbols.count {
      var counts: [ArraySlice<UInt8>: Int] = [:]
      let substrings = symbols.count - length + 1
      for start in 0..<substrings { counts[symbols[start..<start + length], default: 0] += 1 }
      let most = counts.values.max() ?? 0
      guard most > 1 else { break }
      if most >= 35 {
        best = max(best, pow(Double(most) / Double(substrings), 1 / Double(length)))
      } else {
        let pairs = counts.values.reduce(0) { $0 + $1 * ($1 - 1) / 2 }
        collision = max(
          collision, pow(Double(pairs) / Double(substrings * (substrings - 1) / 2), 1 / Double(length)))
      }
    }
    func minEntropy(_ probability: Double) -> Double { -log2(UpperBound.of(probability, count: symbols.count)) }
    #expect(abs((estimates.tTuple ?? -1) - (best > 0 ? minEntropy(best) : -1)) < 1e-12)
    #expect(abs(try #require(estimates.lrs) - minEntropy(collision)) < 1e-12)
  }
}
