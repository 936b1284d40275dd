// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// 6.3.10: predicts, from a dictionary of 65 536 strings that grows as in LZ78, what most often followed the last 1 to 16
/// symbols.
enum LZ78YEstimate {
  private static let depth = 16
  private static let maximumEntries = 65_536

  static func minEntropy(_ sequence: SymbolSequence) -> Double? {
    guard sequence.count >= depth + 2 else { return nil }
    let tally = sequence.isBinary ? tallyOfBits(sequence.symbols) : tallyOfSymbols(sequence.symbols)
    return tally.minEntropy(predictions: sequence.count - depth - 1, alphabetSize: sequence.alphabetSize)
  }

  private static func tallyOfBits(_ bits: [UInt8]) -> PredictionTally {
    var contexts = BinaryContexts()
    var entries = 0
    var tally = PredictionTally()
    var history = 0
    for bit in bits[..<(depth - 1)] { history = history << 1 | Int(bit) }
    for index in depth..<bits.count {
      history = (history << 1 | Int(bits[index &- 1])) & 0xFFFF
      let bit = bits[index]
      var greatest: UInt32 = 0
      var prediction: UInt8 = 2
      var length = depth
      while length > 0 {
        let slot = BinaryContexts.slot(history, length: length)
        let counts = contexts[slot]
        if counts != 0 {
          let (zeroes, ones) = (BinaryContexts.zeroes(counts), BinaryContexts.ones(counts))
          let count = max(zeroes, ones)
          let isBetter = count > greatest
          prediction = isBetter ? (zeroes > ones ? 0 : 1) : prediction
          greatest = isBetter ? count : greatest
          contexts[slot] = counts &+ BinaryContexts.one(bit)
        } else if entries < maximumEntries {
          contexts[slot] = BinaryContexts.one(bit)
          entries &+= 1
        }
        length &-= 1
      }
      if index > depth { tally.note(isCorrect: prediction == bit) }
    }
    return tally
  }

  private static func tallyOfSymbols(_ symbols: [UInt8]) -> PredictionTally {
    var contexts = SymbolContexts()
    var entries = 0
    var tally = PredictionTally()
    var path = [Int](repeating: 0, count: depth)
    for index in depth..<symbols.count {
      let symbol = symbols[index]
      var node = SymbolContexts.root
      var known = 0
      while known < depth, let child = contexts.child(of: node, symbols[index &- 1 &- known]) {
        node = child
        path[known] = node
        known &+= 1
      }
      // The longest are added first. When there is no room for the shorter ones, they are only steps on the way.
      if entries < maximumEntries {
        for number in known..<depth {
          node = contexts.addChild(of: node, symbols[index &- 1 &- number])
          path[number] = node
        }
        known = depth
      }
      var greatest: UInt32 = 0
      var prediction = symbol ^ 0xFF
      var hasPrediction = false
      for number in stride(from: known &- 1, through: 0, by: -1) {
        let (follower, count) = contexts.prediction(after: path[number])
        if count > greatest {
          greatest = count
          prediction = follower
          hasPrediction = true
        }
        if count > 0 {
          _ = contexts.count(symbol, after: path[number], mayAdd: true)
        } else if entries < maximumEntries {
          _ = contexts.count(symbol, after: path[number], mayAdd: true)
          entries &+= 1
        }
      }
      if index > depth { tally.note(isCorrect: hasPrediction && prediction == symbol) }
    }
    return tally
  }
}
