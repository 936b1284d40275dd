// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGAssessment

@Suite("SP 800-90B 6.3.7 to 6.3.10: the predictors")
struct PredictorTests {
  struct Case: CustomTestStringConvertible {
    let alphabet: Int
    let stickiness: Double
    var testDescription: String { "\(alphabet) symbols, \(stickiness) sticky" }
    var sequence: SymbolSequence {
      SymbolSequence(
        symbols: Made.sequence(4400, alphabet: alphabet, stickiness: stickiness), alphabetSize: alphabet)
    }
  }

  static let cases = [
    Case(alphabet: 2, stickiness: 0), Case(alphabet: 2, stickiness: 0.9), Case(alphabet: 3, stickiness: 0.3),
    Case(alphabet: 16, stickiness: 0.5), Case(alphabet: 200, stickiness: 0),
  ]

  private func minEntropy(_ outcome: [Bool], _ predictions: Int, _ alphabet: Int) -> Double {
    var tally = PredictionTally()
    for isCorrect in outcome { tally.note(isCorrect: isCorrect) }
    return tally.minEntropy(predictions: predictions, alphabetSize: alphabet)
  }

  @Test("each predicts what the text of the standard predicts", arguments: cases)
  func direct(example: Case) throws {
    let sequence = example.sequence
    let (symbols, count) = (sequence.symbols, sequence.count)
    let expected = [
      minEntropy(DirectPredictors.lag(symbols), count - 1, example.alphabet),
      minEntropy(DirectPredictors.multiMMC(symbols), count - 2, example.alphabet),
      minEntropy(DirectPredictors.lz78y(symbols), count - 17, example.alphabet),
    ]
    #expect(LagEstimate.minEntropy(sequence) == expected[0])
    #expect(MultiMMCEstimate.minEntropy(sequence) == expected[1])
    #expect(LZ78YEstimate.minEntropy(sequence) == expected[2])
  }

  @Test("MultiMCW takes the latest of the most common values in each window")
  func multiMCW() throws {
    let sequence = SymbolSequence(symbols: Made.sequence(4120, alphabet: 5, stickiness: 0.4), alphabetSize: 5)
    let expected = minEntropy(DirectPredictors.multiMCW(sequence.symbols), sequence.count - 63, 5)
    #expect(MultiMCWEstimate.minEntropy(sequence) == expected)
  }

  @Test("LZ78Y stops to learn contexts when its dictionary is full")
  func fullDictionary() throws {
    let sequence = SymbolSequence(symbols: Made.sequence(5000, alphabet: 250, seed: 4), alphabetSize: 250)
    let expected = minEntropy(DirectPredictors.lz78y(sequence.symbols), sequence.count - 17, 250)
    // 16 contexts a symbol: it is full after some 4100 symbols.
    #expect(LZ78YEstimate.minEntropy(sequence) == expected)
  }

  @Test("a sequence that repeats itself has no entropy, and one that never was right has little less than its width")
  func extremes() throws {
    let periodic = SymbolSequence(symbols: (0..<5000).map { UInt8($0 % 7) }, alphabetSize: 7)
    for estimate in [LagEstimate.minEntropy, MultiMMCEstimate.minEntropy, LZ78YEstimate.minEntropy] {
      #expect(try #require(estimate(periodic)) < 0.01)
    }
    // No prediction comes true: the bound is 1/k.
    #expect(PredictionTally().minEntropy(predictions: 1_000_000, alphabetSize: 4) == 2)
  }
}
