// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The statistical tests of FIPS 140-2, section 4.9.1 (as of 2001, before change notice 2), block by block.
///
/// The counts are those of `rngtest`, which also takes the first 32 bits for nothing but the continuous test. Good data fail
/// in about 8 of 10 000 blocks.
public struct FIPS140Screen: Sendable, Encodable {
  /// Blocks of 20 000 bits looked at, and blocks in which a test failed.
  public private(set) var blocks = 0
  public private(set) var failures = 0
  public private(set) var monobit = 0
  public private(set) var poker = 0
  public private(set) var runs = 0
  public private(set) var longRun = 0
  public private(set) var continuous = 0
  /// Of good recordings of this length, less than one in a thousand has more failing blocks.
  public private(set) var allowedFailures = 0
  public private(set) var passed = true

  /// Between 9725 and 10 275 ones, exclusive.
  static let ones = 9726...10_274
  /// 2.16 < X < 46.17.
  static let poker = (2.16, 46.17)
  /// Lengths 1 to 5, and 6 or more.
  static let runs = [2315...2685, 1114...1386, 527...723, 240...384, 103...209, 103...209]
  /// A run of 26 or more fails.
  static let longestRun = 25
  /// The share of blocks that fail by chance.
  static let failureProbability = 8e-4

  /// - Parameter bytes: The stream. What does not fill a block at its end is left out.
  public init(_ bytes: [UInt8]) {
    var previous: ArraySlice<UInt8> = bytes.prefix(4)
    var start = 4
    while start + BlockStatistics.lengthInBytes <= bytes.count {
      let block = bytes[start..<start + BlockStatistics.lengthInBytes]
      var repeats = false
      for word in stride(from: block.startIndex, to: block.endIndex, by: 4) {
        let next = bytes[word..<word + 4]
        if next.elementsEqual(previous) { repeats = true }
        previous = next
      }
      judge(BlockStatistics(block), repeats: repeats)
      start += BlockStatistics.lengthInBytes
    }
    allowedFailures = Binomial.criticalValue(trials: blocks, probability: Self.failureProbability, tail: 1e-3)
    passed = failures <= allowedFailures
  }

  private mutating func judge(_ block: BlockStatistics, repeats: Bool) {
    let faults = [
      !Self.ones.contains(block.ones), !(block.poker > Self.poker.0 && block.poker < Self.poker.1),
      !block.runsPass(Self.runs), block.longestRun > Self.longestRun, repeats,
    ].map { $0 ? 1 : 0 }
    blocks += 1
    failures += faults.max() ?? 0
    monobit += faults[0]
    poker += faults[1]
    runs += faults[2]
    longRun += faults[3]
    continuous += faults[4]
  }
}
