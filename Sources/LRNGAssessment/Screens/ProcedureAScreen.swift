// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Procedure A of AIS 31 (2011): T0 on 65 536 words of 48 bits, then T1 to T5 on 257 blocks of 20 000 bits.
///
/// Of the 1286 tests good data fail about one in a thousand runs. The procedure is passed if all pass; with exactly one
/// failure it may be repeated once on new data.
public struct ProcedureAScreen: Sendable, Encodable {
  /// A single test that failed.
  public struct Failure: Equatable, Sendable, Encodable {
    /// T0 to T5.
    public let test: String
    /// From 0; 0 for T0.
    public let block: Int
    public let value: Double
  }

  public enum Verdict: String, Sendable, Encodable {
    case passed, failed
    /// One failure: once more, with data that follow these.
    case repeatOnce = "repeat once"
  }

  public static let words = 1 << 16
  public static let wordLengthInBytes = 6
  public static let blocks = 257
  public static let lengthInBytes = words * wordLengthInBytes + blocks * BlockStatistics.lengthInBytes

  /// Blocks that the data suffice for. With less than ``blocks`` the procedure is incomplete.
  public private(set) var blocks = 0
  public private(set) var failures: [Failure] = []
  public private(set) var verdict = Verdict.passed
  public var isComplete: Bool { blocks == Self.blocks }

  static let ones = 9655...10_345
  static let poker = (1.03, 57.4)
  static let runs = [2267...2733, 1079...1421, 502...748, 223...402, 90...223, 90...223]
  /// A run of 34 or more fails.
  static let longestRun = 33
  static let autocorrelation = 2327...2673

  /// - Returns: `nil` for data that don't suffice for T0 and a block.
  public init?(_ bytes: [UInt8]) {
    let start = Self.words * Self.wordLengthInBytes
    blocks = min(Self.blocks, (bytes.count - start) / BlockStatistics.lengthInBytes)
    guard bytes.count > start, blocks > 0 else { return nil }
    checkWords(bytes)
    for number in 0..<blocks {
      let first = start + number * BlockStatistics.lengthInBytes
      check(bytes[first..<first + BlockStatistics.lengthInBytes], number)
    }
    verdict = failures.isEmpty ? .passed : failures.count == 1 ? .repeatOnce : .failed
  }

  /// T0: no two words are the same.
  private mutating func checkWords(_ bytes: [UInt8]) {
    var words: [UInt64] = []
    words.reserveCapacity(Self.words)
    for start in stride(from: 0, to: Self.words * Self.wordLengthInBytes, by: Self.wordLengthInBytes) {
      words.append(bytes[start..<start + Self.wordLengthInBytes].reduce(0) { $0 << 8 | UInt64($1) })
    }
    words.sort()
    let repetitions = zip(words, words.dropFirst()).count { $0 == $1 }
    if repetitions > 0 { failures.append(Failure(test: "T0", block: 0, value: Double(repetitions))) }
  }

  private mutating func check(_ bytes: ArraySlice<UInt8>, _ number: Int) {
    let block = BlockStatistics(bytes)
    func fail(_ test: String, _ value: Double) { failures.append(Failure(test: test, block: number, value: value)) }
    if !Self.ones.contains(block.ones) { fail("T1", Double(block.ones)) }
    if !(block.poker > Self.poker.0 && block.poker < Self.poker.1) { fail("T2", block.poker) }
    if !block.runsPass(Self.runs) { fail("T3", Double(block.runs.joined().reduce(0, +))) }
    if block.longestRun > Self.longestRun { fail("T4", Double(block.longestRun)) }
    let autocorrelation = Autocorrelation.statistic(of: bytes)
    if !Self.autocorrelation.contains(autocorrelation) { fail("T5", Double(autocorrelation)) }
  }
}

/// T5: the first half of a block chooses the shift with the strongest correlation, the second half is judged by it.
enum Autocorrelation {
  static let summands = 5000

  static func statistic(of block: ArraySlice<UInt8>) -> Int {
    let words = Self.words(block)
    var (strongest, deviation) = (1, -1)
    for shift in 1...summands {
      let distance = abs(differences(words, from: 0, shift: shift) - summands / 2)
      if distance > deviation { (strongest, deviation) = (shift, distance) }
    }
    return differences(words, from: 2 * summands, shift: strongest)
  }

  /// The bits in words of 64, the first bit on top, with a word more for shifts.
  private static func words(_ block: ArraySlice<UInt8>) -> [UInt64] {
    var words = [UInt64](repeating: 0, count: block.count / 8 + 2)
    for (index, byte) in block.enumerated() { words[index / 8] |= UInt64(byte) << UInt64(56 - 8 * (index % 8)) }
    return words
  }

  /// Σ b(j) ⊕ b(j + shift) for 5000 bits from `start` on.
  private static func differences(_ words: [UInt64], from start: Int, shift: Int) -> Int {
    var sum = 0
    for offset in stride(from: 0, to: summands, by: 64) {
      var difference = bits(words, start + offset) ^ bits(words, start + offset + shift)
      if summands - offset < 64 { difference &= ~0 << UInt64(64 - (summands - offset)) }
      sum += difference.nonzeroBitCount
    }
    return sum
  }

  private static func bits(_ words: [UInt64], _ position: Int) -> UInt64 {
    let (word, shift) = (position / 64, UInt64(position % 64))
    return shift == 0 ? words[word] : words[word] << shift | words[word + 1] >> (64 - shift)
  }
}
