// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("Jitter RNG health tests: windows, resets and recovery")
struct JitterHealthTestTests {
  @Test("a delta is stuck when its first, second or third derivative of time is zero")
  func stuck() {
    var test = JitterStuckTest()
    let verdicts = [100, 250, 250, 300, 350, 400, 0, 7, 7].map { test.isStuck($0) }
    //                             same, 2nd difference of 300, 350, 400: equal steps
    #expect(verdicts == [false, false, true, false, true, true, true, false, true])
  }

  @Test("one delta that isn't stuck forgives any run below the cutoff")
  func repetitionForgiven() {
    var test = JitterRepetitionCountTest(oversamplingRate: 3, mode: .fips)
    for _ in 0..<100 {
      for _ in 0..<89 { #expect(test.observe(isStuck: true).isEmpty) }
      #expect(test.observe(isStuck: false).isEmpty)
    }
  }

  @Test("a frequent delta in 458 of 512 passes, in 459 it does not; each window begins anew")
  func proportion() {
    for (frequent, expected) in [(458, false), (459, true)] {
      var test = JitterAdaptiveProportionTest(oversamplingRate: 3, mode: .fips)
      for window in 0..<3 {
        var failed = false
        for index in 0..<512 {
          failed = !test.observe(index < frequent ? 42 : UInt64(1000 + 512 * window + index)).isEmpty || failed
        }
        #expect(failed == expected)
      }
    }
  }

  @Test("the lag predictor's global count fails where no run does, and begins anew after 2^17 deltas")
  func lagGlobal() {
    var test = JitterLagPredictorTest(oversamplingRate: 3)
    var failedAt: UInt32 = 0
    for index in 0..<JitterLagPredictorTest.windowSize {
      // 99 of 100 are the same. The odd one costs eight predictions, since each lag takes the lead just when the odd
      // one arrives there; so 92 of 100 are right, and at most 92 in a row.
      let failures = test.observe(index % 100 == 0 ? UInt64(1000 + index) : 5)
      if failedAt == 0 && !failures.isEmpty { failedAt = index }
    }
    // 104761 / 0.92
    #expect(113_800 < failedAt && failedAt < 113_900)
    #expect(test.successes == 0 && test.observations == 0)
  }

  @Test("every other delta stuck escapes the repetition count but not the one with memory")
  func withMemory() {
    var test = JitterRepetitionCountWithMemoryTest(oversamplingRate: 3, mode: .ntg1)
    test.beginBlock(deltas: 963)
    var positionsLookedAt = 0
    for position in 0..<963 {
      if position % 3 == 0 { positionsLookedAt += 1 }
      let failures = test.observe(isStuck: position % 3 == 0 && positionsLookedAt <= 141)
      #expect(failures.isEmpty)
      #expect(test.needsRecovery == (positionsLookedAt >= 134))
    }
    test.beginBlock(deltas: 963)
    #expect(!test.needsRecovery)
    // The 142nd is one too many for good.
    for position in 0..<(3 * 142) {
      let failures = test.observe(isStuck: true)
      #expect(failures.isPermanent == (position == 3 * 141))
      if position == 3 * 141 { #expect(failures == .repetitionCountWithMemory.asPermanent) }
    }
  }

  @Test("deltas beyond the block and between the positions looked at are not counted")
  func outsideWindow() {
    var test = JitterRepetitionCountWithMemoryTest(oversamplingRate: 3, mode: .ntg1)
    test.beginBlock(deltas: 963)
    for position in 0..<5000 { _ = test.observe(isStuck: position % 3 != 0 || position >= 963) }
    #expect(test.count == 0)
  }

  @Test("after a recovery the counts stand at their cutoffs, and only the permanent ones are left to fail")
  func carryOver() {
    var tests = JitterHealthTests(oversamplingRate: 3, mode: .fips)
    for _ in 0..<92 { _ = tests.observe(500) }
    #expect(tests.failures == .repetitionCount)
    var successor = tests.carryOver(toRate: 4)
    #expect(successor.failures.isEmpty)
    #expect(successor.counters.repetitionCount == 120)
    #expect(successor.counters.adaptiveProportionCount == 477)
    #expect(successor.counters.adaptiveProportionBase == 500)
    _ = successor.observe(0)
    #expect(successor.failures.isEmpty)
    _ = successor.observe(500)
    _ = successor.observe(77)
    #expect(successor.counters.repetitionCount == 0)
  }
}
