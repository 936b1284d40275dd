// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// 6.3.5 and 6.3.6: how often tuples occur that occur often, and how likely longer ones repeat.
struct TupleEstimates {
  /// 6.3.5, step 1: a tuple that occurs as often as that says something about its probability.
  private static let cutoff = 35

  /// Absent where no symbol occurs 35 times.
  let tTuple: Double?
  /// Absent where the longest substring that repeats occurs 35 times.
  let lrs: Double?

  init(_ sequence: SymbolSequence) {
    let repeats = RepeatCounts(of: sequence.symbols)
    let count = sequence.count
    // The least length for which no tuple occurs 35 times: 6.3.6, step 1.
    let u = (1...repeats.longest + 1).first { $0 > repeats.longest || repeats.maximum[$0] < Self.cutoff } ?? 1

    var tuple = 0.0
    for length in 1..<u {
      let probability = Double(repeats.maximum[length]) / Double(count - length + 1)
      tuple = max(tuple, pow(probability, 1 / Double(length)))
    }
    tTuple = tuple > 0 ? UpperBound.minEntropy(UpperBound.of(tuple, count: count)) : nil

    guard u <= repeats.longest else {
      lrs = nil
      return
    }
    var collision = 0.0
    for length in u...repeats.longest {
      let substrings = UInt64(count - length + 1)
      let probability = Double(repeats.pairs[length]) / Double(substrings * (substrings - 1) / 2)
      collision = max(collision, pow(probability, 1 / Double(length)))
    }
    lrs = UpperBound.minEntropy(UpperBound.of(collision, count: count))
  }
}
