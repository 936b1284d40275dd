// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGAssessment

/// Data that anybody can make again: SplitMix64 from the state 1, words with the lowest byte first.
private struct Stream {
  enum Defect {
    case none
    /// A bit is 1 with a probability of 1/2 + 1/128.
    case biased
    /// Each 5000th word is zero.
    case zeroWords
    /// Each 700th word has the same upper and lower half.
    case repeatedHalves
  }

  private var state: UInt64 = 1

  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }

  static func bytes(_ count: Int, _ defect: Defect = .none) -> [UInt8] {
    var stream = Stream()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    var index = 0
    while bytes.count < count {
      var word = stream.next()
      switch defect {
      case .none: break
      case .biased:
        var bias = stream.next()
        for _ in 0..<5 { bias &= stream.next() }
        word |= bias
      case .zeroWords: if index % 5000 == 4999 { word = 0 }
      case .repeatedHalves: if index % 700 == 699 { word = word & 0xFFFF_FFFF | word << 32 }
      }
      index += 1
      for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    return Array(bytes.prefix(count))
  }
}

@Suite("FIPS 140-2 screen")
struct FIPS140ScreenTests {
  /// What rngtest 5 (rng-tools5) says of 100 blocks of these data: failures, monobit, poker, runs, long run, continuous run.
  @Test(
    "the counts are those of rngtest",
    arguments: [
      (Stream.Defect.none, [0, 0, 0, 0, 0, 0]), (.biased, [6, 6, 0, 0, 0, 0]),
      (.zeroWords, [6, 0, 0, 0, 6, 6]), (.repeatedHalves, [44, 0, 0, 0, 0, 44]),
    ])
  private func counts(_ defect: Stream.Defect, _ expected: [Int]) {
    let screen = FIPS140Screen(Stream.bytes(4 + 100 * 2500, defect))
    #expect(screen.blocks == 100)
    let counts: [Int] = [
      screen.failures, screen.monobit, screen.poker, screen.runs, screen.longRun, screen.continuous,
    ]
    #expect(counts == expected)
    #expect(screen.passed == (defect == .none))
  }

  @Test("a block of bytes 0x0F has 10 000 ones, two values of four bits and runs of four only")
  func block() {
    let block = BlockStatistics([UInt8](repeating: 0x0F, count: 2500)[...])
    #expect(block.ones == 10_000)
    var nibbles = [Int](repeating: 0, count: 16)
    (nibbles[0], nibbles[15]) = (2500, 2500)
    #expect(block.nibbles == nibbles)
    // 16/5000 (2500² + 2500²) - 5000
    #expect(abs(block.poker - 35_000) < 1e-9)
    // 0000 1111 0000 …: 2500 of each.
    #expect(block.runs == [[0, 0, 0, 2500, 0, 0], [0, 0, 0, 2500, 0, 0]])
    #expect(block.longestRun == 4)
  }

  @Test("a run that ends with the block counts, and one of 26 fails")
  func longRuns() {
    var bytes = [UInt8](repeating: 0x55, count: 2500)
    bytes.replaceSubrange(2496..<2500, with: [0x54, 0, 0, 0])
    // 0x54 ends in two zeroes, and three bytes of zeroes follow.
    #expect(BlockStatistics(bytes[...]).longestRun == 26)
  }

  @Test("a share of failing blocks that chance explains is no failure")
  func chance() {
    // Of 400 at 8e-4, more than 5 have 1.1e-6 and more than 6 have 4.9e-8.
    #expect(Binomial.criticalValue(trials: 400, probability: 8e-4, tail: 1e-6) == 6)
    #expect(Binomial.criticalValue(trials: 1, probability: 8e-4, tail: 1e-3) == 0)
    #expect(Binomial.criticalValue(trials: 1, probability: 0.5, tail: 0.6) == 0)
    #expect(Binomial.criticalValue(trials: 10, probability: 0.5, tail: 1.1 / 1024) == 9)
  }
}

@Suite("AIS 31 screens")
struct AIS31ScreenTests {
  @Test("T5 chooses the shift in the first half and judges by the second")
  func autocorrelation() {
    // By a program of three lines, bit by bit: shift 3318 deviates most, by 122; then 2476 differences.
    #expect(Autocorrelation.statistic(of: Stream.bytes(2500)[...]) == 2476)
    // 01 01 …: with shift 1 all pairs differ. It is the first of the strongest.
    #expect(Autocorrelation.statistic(of: [UInt8](repeating: 0x55, count: 2500)[...]) == 5000)
  }

  @Test("good data pass procedure A, which is incomplete with less than 257 blocks")
  func good() throws {
    let screen = try #require(ProcedureAScreen(Stream.bytes(ProcedureAScreen.words * 6 + 5 * 2500)))
    #expect(screen.blocks == 5)
    #expect(!screen.isComplete)
    #expect(screen.failures.isEmpty)
    #expect(screen.verdict == .passed)
  }

  @Test("two words of 48 bits that are the same fail T0, once")
  func disjointness() throws {
    var bytes = Stream.bytes(ProcedureAScreen.words * 6 + 2500)
    bytes.replaceSubrange(6 * 60_000..<6 * 60_001, with: bytes[6 * 7..<6 * 8])
    let screen = try #require(ProcedureAScreen(bytes))
    #expect(screen.failures == [.init(test: "T0", block: 0, value: 1)])
    #expect(screen.verdict == .repeatOnce)
  }

  @Test("a constant stream fails every test of every block")
  func constant() throws {
    let screen = try #require(ProcedureAScreen([UInt8](repeating: 0, count: ProcedureAScreen.words * 6 + 2 * 2500)))
    #expect(screen.verdict == .failed)
    #expect(Set(screen.failures.map(\.test)) == ["T0", "T1", "T2", "T3", "T4", "T5"])
  }

  @Test("too little data is no verdict")
  func short() {
    #expect(ProcedureAScreen([UInt8](repeating: 0, count: 1000)) == nil)
    #expect(InconspicuousnessScreen([UInt8](repeating: 0, count: 254_999)) { _, _ in 1 } == nil)
  }

  @Test("T_irn takes 20 000, 20 000, a million and a million bits, and wants estimates of 0.95")
  func inconspicuousness() throws {
    let bytes = Stream.bytes(255_000)
    var asked: [Estimator: [UInt8]] = [:]
    let screen = try #require(
      InconspicuousnessScreen(bytes) { estimator, bits in
        asked[estimator] = bits
        return estimator == .lz78y ? 0.949 : 0.95
      })
    #expect(screen.failures == ["LZ78Y"])
    #expect(asked[.multiMMC]?.count == 1_000_000)
    for (estimator, start) in [(Estimator.multiMMC, 5000), (.lz78y, 130_000)] {
      let first: [UInt8] = (0..<8).map { shift in bytes[start] >> UInt8(7 - shift) & 1 }
      #expect(Array(asked[estimator]?.prefix(8) ?? []) == first)
    }
  }
}

@Suite("Statistical screens")
struct StatisticalScreensTests {
  @Test("a broken stream is named by the screens that it fails")
  func broken() throws {
    let zero = try StatisticalScreens(name: "zero", [UInt8](repeating: 0, count: 3000)) { _, _ in 1 }
    #expect(zero.failures == ["FIPS 140-2"])
    #expect(zero.text.contains("FAILED"))
    #expect(zero.procedureA == nil)
    let good = try StatisticalScreens(name: "good", Stream.bytes(300_000)) { _, _ in 0.99 }
    #expect(good.failures.isEmpty)
  }

  @Test("what is too short is refused, and the message says how much is needed")
  func short() {
    #expect(throws: SampleFault.tooShort(bytes: 2503, needed: 2504)) {
      try StatisticalScreens(name: "x", [UInt8](repeating: 0, count: 2503)) { _, _ in 1 }
    }
    #expect(throws: SampleFault.empty) { try StatisticalScreens(name: "x", []) { _, _ in 1 } }
  }
}
