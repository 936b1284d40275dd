// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The repetition count test with memory: too many stuck deltas among those of one block, in a row or not.
///
/// AIS 20/31 asks for it in class NTG.1: a source that gets stuck every other time escapes the repetition count test.
/// After Fiege, Mittmann and Schindler (2026) only every third delta is looked at, so that the verdicts are nearly
/// independent although each involves three deltas.
struct JitterRepetitionCountWithMemoryTest {
  /// With n = 107·rate deltas looked at and p = 2^(1 - 8/rate): ⌊n·p + t·√(n·p'·(1 - p'))⌋, p' = min(p, 1/2), t = 4;
  /// from rate 8 on p is 1 and the cutoff n. One entry for each rate from 1.
  static let cutoffs: InlineArray<20, UInt16> = [
    4, 46, 134, 255, 399, 560, 733, 856, 963, 1070, 1177, 1284, 1391, 1498, 1605, 1712, 1819, 1926, 2033, 2140,
  ]
  /// The same with t = 5; from rate 8 on n + 1, which no block reaches.
  static let permanentCutoffs: InlineArray<20, UInt16> = [
    5, 50, 142, 265, 410, 572, 746, 857, 964, 1071, 1178, 1285, 1392, 1499, 1606, 1713, 1820, 1927, 2034, 2141,
  ]

  private let cutoff: UInt32
  private let permanentCutoff: UInt32

  /// Deltas of the block that are still to be looked at, and the position in it.
  private var windowSize: UInt32 = 0
  private var position: UInt32 = 0
  private(set) var count: UInt32 = 0

  /// Outside NTG.1 mode a delta claims at most 1/rate ≤ 1 bit, p is 1 and the test can't fail.
  init(oversamplingRate rate: UInt32, mode: JitterMode) {
    let entry = JitterConfiguration.tableEntry(forRate: rate)
    switch mode {
    case .plain, .fips:
      cutoff = .max
      permanentCutoff = .max
    case .ntg1:
      cutoff = UInt32(Self.cutoffs[entry])
      permanentCutoff = UInt32(Self.permanentCutoffs[entry])
    }
  }

  /// Starts over for a block of `deltas` deltas; further ones are counted nowhere.
  mutating func beginBlock(deltas: UInt32) {
    windowSize = deltas
    position = 0
    count = 0
  }

  /// Whether this block has had so many stuck deltas that recovery blocks must follow it.
  var needsRecovery: Bool {
    count >= cutoff
  }

  mutating func observe(isStuck: Bool) -> JitterHealthFailures {
    guard position < windowSize else { return JitterHealthFailures() }
    let isLookedAt = position % 3 == 0
    position &+= 1
    guard isLookedAt && isStuck else { return JitterHealthFailures() }
    count &+= 1
    return count >= permanentCutoff ? .repetitionCountWithMemory.asPermanent : JitterHealthFailures()
  }
}
