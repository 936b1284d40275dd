// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

@testable import LRNGAssessment

/// The predictors of SP 800-90B, 6.3.7 to 6.3.10, as the text has them, with dictionaries and no thought of speed. They say
/// for each prediction whether it was right.
enum DirectPredictors {
  static func multiMCW(_ symbols: [UInt8]) -> [Bool] {
    let windows = [63, 255, 1023, 4095]
    var scores = [0, 0, 0, 0]
    var winner = 0
    return (63..<symbols.count).map { index in
      let predictions = windows.map { length -> UInt8? in
        guard index >= length else { return nil }
        let window = symbols[index - length..<index]
        var counts: [UInt8: Int] = [:]
        for symbol in window { counts[symbol, default: 0] += 1 }
        let most = counts.values.max()
        return window.last { counts[$0] == most }
      }
      let isCorrect = predictions[winner] == symbols[index]
      for number in 0..<4 where predictions[number] == symbols[index] {
        scores[number] += 1
        if scores[number] >= scores[winner] { winner = number }
      }
      return isCorrect
    }
  }

  static func lag(_ symbols: [UInt8]) -> [Bool] {
    var scores = [Int](repeating: 0, count: 129)
    var winner = 1
    return (1..<symbols.count).map { index in
      let isCorrect = index >= winner && symbols[index - winner] == symbols[index]
      for lag in 1...min(128, index) where symbols[index - lag] == symbols[index] {
        scores[lag] += 1
        if scores[lag] >= scores[winner] { winner = lag }
      }
      return isCorrect
    }
  }

  /// What followed a context, and the choice among it: the greatest of the most frequent.
  private typealias Followers = [UInt8: Int]

  private static func choice(_ followers: Followers) -> (symbol: UInt8, count: Int)? {
    followers.max { ($0.value, $0.key) < ($1.value, $1.key) }.map { ($0.key, $0.value) }
  }

  /// NIST's program skips a prediction that the winner does not make: it counts, but ends no run. So it is left out here.
  static func multiMMC(_ symbols: [UInt8], maximumEntries: Int = 100_000) -> [Bool] {
    var models = [[[UInt8]: Followers]](repeating: [:], count: 17)
    var entries = [Int](repeating: 0, count: 17)
    var scores = [Int](repeating: 0, count: 17)
    var winner = 1
    var outcome: [Bool] = []
    for index in 1..<symbols.count {
      if index >= 2 {
        // Up to 16 symbols, but never the first symbol with all before it.
        let predictions = (1...16).map { length -> UInt8? in
          guard length < index else { return nil }
          return models[length][Array(symbols[index - length..<index])].flatMap(choice)?.symbol
        }
        if let prediction = predictions[winner - 1] { outcome.append(prediction == symbols[index]) }
        for length in 1...16 where predictions[length - 1] == symbols[index] {
          scores[length] += 1
          if scores[length] >= scores[winner] { winner = length }
        }
      }
      for length in 1...min(16, index) {
        let context = Array(symbols[index - length..<index])
        let isNew = models[length][context]?[symbols[index]] == nil
        guard !isNew || entries[length] < maximumEntries else { continue }
        if isNew { entries[length] += 1 }
        models[length][context, default: [:]][symbols[index], default: 0] += 1
      }
    }
    return outcome
  }

  static func lz78y(_ symbols: [UInt8], maximumEntries: Int = 65_536) -> [Bool] {
    var dictionary: [[UInt8]: Followers] = [:]
    var outcome: [Bool] = []
    for index in 16..<symbols.count {
      if index > 16 {
        var best: (symbol: UInt8, count: Int)?
        for length in stride(from: 16, through: 1, by: -1) {
          guard let found = dictionary[Array(symbols[index - length..<index])].flatMap(choice) else { continue }
          if found.count > best?.count ?? 0 { best = found }
        }
        outcome.append(best?.symbol == symbols[index])
      }
      for length in stride(from: 16, through: 1, by: -1) {
        let context = Array(symbols[index - length..<index])
        guard dictionary[context] != nil || dictionary.count < maximumEntries else { continue }
        dictionary[context, default: [:]][symbols[index], default: 0] += 1
      }
    }
    return outcome
  }
}
