// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if HealthTests
  import Testing

  @testable import LRNGCore

  @Suite("Stuck test: discrete derivatives of time stamps")
  struct StuckTestTests {
    @Test("a stamp that repeats is stuck by its first derivative")
    func firstDerivative() {
      #expect(results(of: [5, 100, 100]) == [false, false, true])
    }

    @Test("a constant pace is stuck by the second derivative")
    func secondDerivative() {
      // Differences 10, 23, 40, 40.
      #expect(results(of: [10, 33, 73, 113]) == [false, false, false, true])
    }

    @Test("a constantly changing pace is stuck by the third derivative")
    func thirdDerivative() {
      // Differences 10, 100, 103, 108, 113: the last two grew by 5 each.
      #expect(results(of: [10, 110, 213, 321, 434]) == [false, false, false, false, true])
    }

    @Test("a counter that wraps around keeps its derivatives")
    func wrap() {
      // Differences 40 and 40 across 2^32.
      #expect(results(of: [UInt32.max - 1000, UInt32.max - 62, UInt32.max - 22, 17]) == [false, false, false, true])
    }

    @Test("the first stamp is not stuck unless it is zero, as if zeroes came before")
    func firstStamp() {
      #expect(results(of: [1]) == [false])
      #expect(results(of: [0]) == [true])
    }

    @Test("irregular stamps are not stuck")
    func irregular() {
      #expect(!results(of: [3, 50, 51, 140, 156, 250, 254]).contains(true))
    }

    @Test("of random 8-bit stamps about 7 in 1000 are flagged")
    func falseAlarms() {
      var generator = SplitMix64(seed: 1)
      var test = StuckTest()
      let flagged = (0..<100_000).filter { _ in test.isStuck(UInt32(UInt8.random(in: 0...255, using: &generator))) }
      #expect((600...800).contains(flagged.count))
    }

    private func results(of stamps: [UInt32]) -> [Bool] {
      var test = StuckTest()
      return stamps.map { test.isStuck($0) }
    }
  }
#endif
