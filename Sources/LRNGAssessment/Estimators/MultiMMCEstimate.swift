// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// 6.3.9: predicts what most often followed the last 1 to 16 symbols, by the length that was right most often.
enum MultiMMCEstimate {
  private static let depth = 16
  /// Pairs of context and follower that are kept for each length.
  private static let maximumEntries = 100_000

  static func minEntropy(_ sequence: SymbolSequence) -> Double? {
    guard sequence.count > depth + 2 else { return nil }
    let tally = sequence.isBinary ? tallyOfBits(sequence.symbols) : tallyOfSymbols(sequence.symbols)
    return tally.minEntropy(predictions: sequence.count - 2, alphabetSize: sequence.alphabetSize)
  }

  private static func tallyOfBits(_ bits: [UInt8]) -> PredictionTally {
    var contexts = BinaryContexts()
    var entries = [Int](repeating: 0, count: depth)
    var scores = [Int](repeating: 0, count: depth)
    var winner = 0
    // The score of the winner.
    var best = 0
    var tally = PredictionTally()
    var history = 0
    for index in 1..<bits.count {
      history = (history << 1 | Int(bits[index &- 1])) & 0xFFFF
      let bit = bits[index]
      let current = winner
      let known = min(depth, index &- 1)
      var number = 0
      while number < known {
        let slot = BinaryContexts.slot(history, length: number &+ 1)
        let counts = contexts[slot]
        guard counts != 0 else { break }
        let isCorrect = (BinaryContexts.zeroes(counts) > BinaryContexts.ones(counts)) == (bit == 0)
        // Without branches: half of all predictions come true.
        let score = scores[number] &+ (isCorrect ? 1 : 0)
        scores[number] = score
        let isAhead = isCorrect && score >= best
        winner = isAhead ? number : winner
        best = isAhead ? score : best
        // A predictor that has nothing to say does not end its run.
        if number == current { tally.note(isCorrect: isCorrect) }
        if BinaryContexts.count(bit, counts) != 0 {
          contexts[slot] = counts &+ BinaryContexts.one(bit)
        } else if entries[number] < maximumEntries {
          contexts[slot] = counts &+ BinaryContexts.one(bit)
          entries[number] &+= 1
        }
        number &+= 1
      }
      // Where a context is new, all longer ones are.
      while number < min(depth, index) {
        if entries[number] < maximumEntries {
          contexts[BinaryContexts.slot(history, length: number &+ 1)] = BinaryContexts.one(bit)
          entries[number] &+= 1
        }
        number &+= 1
      }
    }
    return tally
  }

  private static func tallyOfSymbols(_ symbols: [UInt8]) -> PredictionTally {
    var contexts = SymbolContexts()
    var entries = [Int](repeating: 0, count: depth)
    var scores = [Int](repeating: 0, count: depth)
    var winner = 0
    var tally = PredictionTally()
    for index in 1..<symbols.count {
      let symbol = symbols[index]
      let current = winner
      let known = min(depth, index &- 1)
      var number = 0
      var node = SymbolContexts.root
      while number < known {
        guard let child = contexts.child(of: node, symbols[index &- 1 &- number]) else { break }
        node = child
        let isCorrect = contexts.prediction(after: node).symbol == symbol
        if isCorrect {
          scores[number] &+= 1
          if scores[number] >= scores[winner] { winner = number }
        }
        // A predictor that has nothing to say does not end its run.
        if number == current { tally.note(isCorrect: isCorrect) }
        if contexts.count(symbol, after: node, mayAdd: entries[number] < maximumEntries) { entries[number] &+= 1 }
        number &+= 1
      }
      // Where a context is new, all longer ones are. One that found no room is never found, nor is what hangs below it.
      var isReachable = true
      while number < min(depth, index) {
        if entries[number] < maximumEntries {
          entries[number] &+= 1
          if isReachable {
            node = contexts.addChild(of: node, symbols[index &- 1 &- number])
            _ = contexts.count(symbol, after: node, mayAdd: true)
          }
        } else {
          isReachable = false
        }
        number &+= 1
      }
    }
    return tally
  }
}
