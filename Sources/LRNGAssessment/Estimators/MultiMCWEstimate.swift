// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// 6.3.7: predicts the most common value of the last 63, 255, 1023 or 4095 symbols, whichever was right most often.
enum MultiMCWEstimate {
  private static let windows = [63, 255, 1023, 4095]
  /// The longest window and one to predict.
  static let minimumSymbols = 4096

  static func minEntropy(_ sequence: SymbolSequence) -> Double? {
    let symbols = sequence.symbols
    let count = symbols.count
    guard count >= minimumSymbols else { return nil }
    if sequence.isBinary {
      return tallyOfBits(symbols).minEntropy(predictions: count - Self.windows[0], alphabetSize: 2)
    }
    var windows = Self.windows.map { Window(length: $0, alphabetSize: sequence.alphabetSize) }
    var scores = [0, 0, 0, 0]
    var winner = 0
    var tally = PredictionTally()
    for index in 0..<count {
      let symbol = symbols[index]
      if index >= Self.windows[0] { tally.note(isCorrect: windows[winner].mostCommon == symbol) }
      for number in 0..<4 {
        let length = windows[number].length
        if index < length {
          windows[number].fill(with: symbol, at: index)
          continue
        }
        if windows[number].mostCommon == symbol {
          scores[number] &+= 1
          if scores[number] >= scores[winner] { winner = number }
        }
        windows[number].slide(to: symbol, at: index, dropping: symbols[index &- length])
      }
    }
    return tally.minEntropy(predictions: count - Self.windows[0], alphabetSize: sequence.alphabetSize)
  }

  /// Windows have odd lengths, so bits in them never are equally common, and the number of ones says all.
  private static func tallyOfBits(_ bits: [UInt8]) -> PredictionTally {
    var ones = [0, 0, 0, 0]
    var scores = [0, 0, 0, 0]
    var winner = 0
    var best = 0
    var tally = PredictionTally()
    for index in bits.indices {
      let bit = Int(bits[index])
      if index >= windows[0] { tally.note(isCorrect: (ones[winner] > windows[winner] / 2) == (bit == 1)) }
      for number in 0..<4 {
        let length = windows[number]
        guard index >= length else {
          ones[number] &+= bit
          continue
        }
        // Without branches: half of all predictions come true.
        let isCorrect = (ones[number] > length / 2) == (bit == 1)
        let score = scores[number] &+ (isCorrect ? 1 : 0)
        scores[number] = score
        let isAhead = isCorrect && score >= best
        winner = isAhead ? number : winner
        best = isAhead ? score : best
        ones[number] &+= bit &- Int(bits[index &- length])
      }
    }
    return tally
  }

  /// The symbols of one window, counted. Among equally common ones the latest counts.
  private struct Window {
    let length: Int
    private(set) var mostCommon: UInt8 = 0
    private var greatestCount = 0
    private var counts: [Int]
    private var latest: [Int]

    init(length: Int, alphabetSize: Int) {
      self.length = length
      counts = [Int](repeating: 0, count: alphabetSize)
      latest = [Int](repeating: 0, count: alphabetSize)
    }

    mutating func fill(with symbol: UInt8, at index: Int) {
      counts[Int(symbol)] &+= 1
      latest[Int(symbol)] = index
      raise(symbol)
    }

    mutating func slide(to symbol: UInt8, at index: Int, dropping dropped: UInt8) {
      counts[Int(dropped)] &-= 1
      counts[Int(symbol)] &+= 1
      latest[Int(symbol)] = index
      if dropped != mostCommon {
        raise(symbol)
        return
      }
      greatestCount &-= 1
      var position = index &- length
      for other in counts.indices {
        let count = counts[other]
        if count > greatestCount || (count == greatestCount && latest[other] >= position) {
          greatestCount = count
          position = latest[other]
          mostCommon = UInt8(truncatingIfNeeded: other)
        }
      }
    }

    private mutating func raise(_ symbol: UInt8) {
      if counts[Int(symbol)] >= greatestCount {
        greatestCount = counts[Int(symbol)]
        mostCommon = symbol
      }
    }
  }
}
