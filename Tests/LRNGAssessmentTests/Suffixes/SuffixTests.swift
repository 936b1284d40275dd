// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGAssessment

@Suite("Suffixes and repetitions")
struct SuffixTests {
  private func sorted(_ text: [UInt8]) -> [Int32] {
    text.indices.sorted { text[$0...].lexicographicallyPrecedes(text[$1...]) }.map(Int32.init)
  }

  @Test("all texts of up to 9 bits and up to 5 symbols of three have their suffixes in order")
  func exhaustive() {
    for (alphabet, longest) in [(2, 9), (3, 5)] {
      for length in 0...longest {
        var text = [UInt8](repeating: 0, count: length)
        repeat {
          #expect(SuffixArray.of(text) == sorted(text), "\(text)")
        } while increment(&text, alphabet)
      }
    }
  }

  private func increment(_ text: inout [UInt8], _ alphabet: Int) -> Bool {
    for index in text.indices {
      text[index] += 1
      if text[index] < alphabet { return true }
      text[index] = 0
    }
    return false
  }

  @Test(
    "longer texts, too: random, sticky, periodic, of Fibonacci, constant",
    arguments: [
      Made.sequence(1500, alphabet: 256), Made.sequence(1500, alphabet: 2, stickiness: 0.8),
      (0..<900).map { UInt8($0 % 7) }, fibonacci(900), [UInt8](repeating: 255, count: 400),
    ])
  func long(text: [UInt8]) {
    #expect(SuffixArray.of(text) == sorted(text))
  }

  private static func fibonacci(_ count: Int) -> [UInt8] {
    var (first, second): ([UInt8], [UInt8]) = ([0], [0, 1])
    while second.count < count { (first, second) = (second, second + first) }
    return Array(second.prefix(count))
  }

  @Test(
    "repetitions of each length are counted as their definition says",
    arguments: [
      Made.sequence(300, alphabet: 4), Made.sequence(300, alphabet: 2, stickiness: 0.7),
      (0..<120).map { UInt8($0 % 5) }, [UInt8](repeating: 3, count: 60), [1, 2, 3], [9, 9],
    ])
  func repetitions(text: [UInt8]) {
    let counts = RepeatCounts(of: text)
    var length = 1
    while true {
      var found: [ArraySlice<UInt8>: Int] = [:]
      for start in 0...max(0, text.count - length) where start + length <= text.count {
        found[text[start..<start + length], default: 0] += 1
      }
      let most = found.values.max() ?? 0
      guard most > 1 else { break }
      guard length <= counts.longest else { break }
      #expect(counts.maximum[length] == most)
      #expect(counts.pairs[length] == UInt64(found.values.reduce(0) { $0 + $1 * ($1 - 1) / 2 }))
      length += 1
    }
    #expect(counts.longest == length - 1)
  }
}
