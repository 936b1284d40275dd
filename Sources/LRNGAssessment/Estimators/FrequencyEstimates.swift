// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The estimates that count symbols, their repetitions and transitions: SP 800-90B, 6.3.1 to 6.3.3.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// 6.3.1: how frequent the most common value is.
enum MostCommonValueEstimate {
  static func minEntropy(_ sequence: SymbolSequence) -> Double {
    var counts = [Int](repeating: 0, count: 256)
    for symbol in sequence.symbols { counts[Int(symbol)] += 1 }
    let mode = counts.max() ?? 0
    return UpperBound.minEntropy(UpperBound.of(Double(mode) / Double(sequence.count), count: sequence.count))
  }
}

/// 6.3.2: how long it takes until a value repeats. For bits only, where that is after two or three of them.
enum CollisionEstimate {
  static func minEntropy(bits: [UInt8]) -> Double? {
    var collisions = 0
    var sumOfSquares = 0
    var index = 0
    while index < bits.count - 1 {
      let time: Int
      if bits[index] == bits[index + 1] {
        time = 2
      } else if index < bits.count - 2 {
        time = 3
      } else {
        break
      }
      collisions += 1
      sumOfSquares += time * time
      index += time
    }
    guard collisions > 1 else { return nil }
    let count = Double(collisions)
    let mean = Double(index) / count
    let deviation = ((Double(sumOfSquares) - Double(index) * mean) / (count - 1)).squareRoot()
    let bound = max(2, mean - UpperBound.z * deviation / count.squareRoot())
    // Step 7 for bits is mean = 2 + 2 p (1 - p). Past 2.5 it has no solution, and the entropy is full.
    guard bound < 2.5 else { return 1 }
    return UpperBound.minEntropy(0.5 + (1.25 - 0.5 * bound).squareRoot())
  }
}

/// 6.3.3: the most likely path of 128 bits, when each bit depends on the one before it.
enum MarkovEstimate {
  static func minEntropy(bits: [UInt8]) -> Double? {
    guard let last = bits.last, bits.count > 1 else { return nil }
    var pairs = [0, 0, 0, 0]
    for index in 1..<bits.count { pairs[Int(bits[index - 1]) * 2 + Int(bits[index])] += 1 }
    let first = [pairs[0] + pairs[1], pairs[2] + pairs[3]]
    let zeroes = first[0] + (last == 0 ? 1 : 0)
    let initial = [Double(zeroes) / Double(bits.count), 1 - Double(zeroes) / Double(bits.count)]

    /// The probability of `to` after `from`.
    func transition(_ from: Int, _ to: Int) -> Double {
      guard first[from] > 0 else { return 0 }
      let toZero = Double(pairs[from * 2]) / Double(first[from])
      return to == 0 ? toZero : 1 - toZero
    }
    let stay = [transition(0, 0), transition(1, 1)]
    let leave = [transition(0, 1), transition(1, 0)]

    var lowest = 128.0
    for bit in 0...1 where initial[bit] > 0 {
      let other = 1 - bit
      // bit bit … bit, then bit other … other, then bit other bit other …
      if stay[bit] > 0 { lowest = min(lowest, -log2(initial[bit]) - 127 * log2(stay[bit])) }
      if leave[bit] > 0 && stay[other] > 0 {
        lowest = min(lowest, -log2(initial[bit]) - log2(leave[bit]) - 126 * log2(stay[other]))
      }
      if leave[bit] > 0 && leave[other] > 0 {
        lowest = min(lowest, -log2(initial[bit]) - 64 * log2(leave[bit]) - 63 * log2(leave[other]))
      }
    }
    return max(0, min(1, lowest / 128))
  }
}
