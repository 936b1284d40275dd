// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// 6.3.8: predicts the symbol that came 1 to 128 symbols before, whichever lag was right most often.
///
/// Which lag is ahead matters for each symbol, but only lags close behind can get ahead soon. So 64 symbols are taken at a
/// time: the scores of lags that can't catch up within them are counted in bulk, and only the others symbol by symbol.
struct LagEstimate {
  private static let depth = 128
  private static let block = 64

  static func minEntropy(_ sequence: SymbolSequence) -> Double? {
    let symbols = sequence.symbols
    guard symbols.count > 2 else { return nil }
    var scores = [Int](repeating: 0, count: depth + 1)
    var winner = 1
    var tally = PredictionTally()
    var contenders: [Int] = []
    var start = 1
    while start < symbols.count {
      let end = min(start + block, symbols.count)
      contenders.removeAll(keepingCapacity: true)
      let reach = scores[winner] - (end - start)
      for lag in 1...depth {
        if scores[lag] >= reach {
          contenders.append(lag)
        } else if end - start == block && start >= lag {
          scores[lag] += EqualBytes.count(symbols, at: start, and: start - lag)
        } else {
          for index in max(start, lag)..<max(end, lag) where symbols[index] == symbols[index - lag] { scores[lag] += 1 }
        }
      }
      for index in start..<end {
        let symbol = symbols[index]
        tally.note(isCorrect: symbol == symbols[index &- winner])
        for lag in contenders {
          if lag > index { break }
          if symbols[index &- lag] == symbol {
            scores[lag] &+= 1
            if scores[lag] >= scores[winner] { winner = lag }
          }
        }
      }
      start = end
    }
    return tally.minEntropy(predictions: symbols.count - 1, alphabetSize: sequence.alphabetSize)
  }
}

/// Compares 64 bytes, eight at a time.
enum EqualBytes {
  /// How many of the 64 bytes from `first` on equal those from `second` on.
  static func count(_ bytes: [UInt8], at first: Int, and second: Int) -> Int {
    precondition(first >= 0 && second >= 0 && first + 64 <= bytes.count && second + 64 <= bytes.count)
    let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
    // Both are within the bytes.
    return unsafe bytes.withUnsafeBytes { bytes in
      var counts: UInt64 = 0
      for offset in stride(from: 0, to: 64, by: 8) {
        let one = unsafe bytes.loadUnaligned(fromByteOffset: first &+ offset, as: UInt64.self)
        let other = unsafe bytes.loadUnaligned(fromByteOffset: second &+ offset, as: UInt64.self)
        let difference = one ^ other
        // The highest bit of a byte that is not 0; a carry never leaves a byte.
        let different = ((difference & low) &+ low) | difference
        counts &+= (~different >> 7) & 0x0101_0101_0101_0101
      }
      return Int((counts &* 0x0101_0101_0101_0101) >> 56)
    }
  }
}
