// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// 6.3.4: how far back Maurer's universal statistic finds the blocks of 6 bits again. For bits only.
struct CompressionEstimate {
  /// b, in bits.
  static let blockLength = 6
  /// d: blocks that fill the dictionary before the test begins.
  static let dictionaryLength = 1000
  /// Fewer bits than this can't be tested.
  static let minimumBits = blockLength * (dictionaryLength + 2)

  private static let alphabetSize = 1 << blockLength

  private let blocks: Int
  /// log2 of 1, 2, …, at most of the number of blocks. Where a sum ends early the rest is not needed.
  private let logarithms: [Double]

  private init(blocks: Int) {
    self.blocks = blocks
    logarithms = (0...blocks).map { $0 == 0 ? 0 : log2(Double($0)) }
  }

  static func minEntropy(bits: [UInt8]) -> Double? {
    guard bits.count >= minimumBits else { return nil }
    let estimate = CompressionEstimate(blocks: bits.count / blockLength)
    let bound = estimate.lowerBoundOfMean(bits)
    let probability = estimate.probability(of: bound)
    return probability > 1 / Double(alphabetSize) ? UpperBound.minEntropy(probability) / Double(blockLength) : 1
  }

  /// Steps 1 to 6: the statistic of the bits, less its confidence interval.
  private func lowerBoundOfMean(_ bits: [UInt8]) -> Double {
    var seen = [Int](repeating: 0, count: Self.alphabetSize)
    var sum = CompensatedSum()
    var sumOfSquares = CompensatedSum()
    for index in 0..<blocks {
      var block = 0
      for bit in bits[index * Self.blockLength..<(index + 1) * Self.blockLength] { block = block << 1 | Int(bit) }
      if index >= Self.dictionaryLength {
        let logarithm = logarithms[index + 1 - seen[block]]
        sum.add(logarithm)
        sumOfSquares.add(logarithm * logarithm)
      }
      seen[block] = index + 1
    }
    let count = Double(blocks - Self.dictionaryLength)
    let mean = sum.value / count
    // Step 5: c = 0.5907 for b = 6.
    let deviation = 0.5907 * max(0, sumOfSquares.value / (count - 1) - mean * mean).squareRoot()
    return mean - UpperBound.z * deviation / count.squareRoot()
  }

  /// Step 7: the p for which the expected statistic is the bound; 0 when there is none.
  private func probability(of bound: Double) -> Double {
    var low = 1 / Double(Self.alphabetSize)
    var high = 1.0
    guard expectedMean(low) > bound else { return 0 }
    while true {
      let middle = (low + high) / 2
      guard middle > low && middle < high else { return high }
      let mean = expectedMean(middle)
      if mean == bound { return middle }
      if mean > bound { low = middle } else { high = middle }
    }
  }

  /// The expected statistic when one block has probability p and the others share the rest.
  private func expectedMean(_ p: Double) -> Double {
    let others = Double(Self.alphabetSize - 1)
    return contribution(p) + others * contribution((1 - p) / others)
  }

  /// G(z). With a_u = log2(u) (1 - z)^(u-1), the sum over t and u of the standard is
  ///
  ///     z² (Σ_{u ≤ d} (L-d) a_u + Σ_{d < u < L} (L-u) a_u) + z Σ_{d < u ≤ L} a_u
  private func contribution(_ z: Double) -> Double {
    guard z > 0 else { return 0 }
    let d = Self.dictionaryLength
    var power = 1.0
    var head = 0.0
    var weighted = CompensatedSum()
    var tail = CompensatedSum()
    for u in 1...blocks {
      let term = logarithms[u] * power
      if u <= d {
        head += term
      } else {
        tail.add(term)
        weighted.add(Double(blocks - u) * term)
      }
      power *= 1 - z
      // What follows is below the precision of what is there: the factors of a_u are at most 2^31.
      if power < 1e-28 { break }
    }
    let sum = z * (Double(blocks - d) * head + weighted.value) + tail.value
    return z * sum / Double(blocks - d)
  }
}

/// A sum that does not lose what is small (Kahan).
struct CompensatedSum {
  private(set) var value = 0.0
  private var compensation = 0.0

  mutating func add(_ term: Double) {
    let corrected = term - compensation
    let sum = value + corrected
    compensation = (sum - value) - corrected
    value = sum
  }
}
