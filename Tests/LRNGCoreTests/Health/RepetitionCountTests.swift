// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if HealthTests
  import Testing

  @testable import LRNGCore

  @Suite("SP 800-90B 4.4.1: repetition count test")
  struct RepetitionCountTests {
    @Test("30 repetitions pass, the 31st is an intermittent failure, the 81st a permanent one")
    func cutoffs() {
      var test = RepetitionCountTest()
      for _ in 1...30 { #expect(test.observe(isRepetition: true) == .pass) }
      for _ in 31...80 { #expect(test.observe(isRepetition: true) == .intermittentFailure) }
      for _ in 81...100 { #expect(test.observe(isRepetition: true) == .permanentFailure) }
    }

    @Test("one good sample forgives any run of repetitions below the permanent cutoff", arguments: [1, 30, 31, 80])
    func recovery(run: Int) {
      var test = RepetitionCountTest()
      for _ in 1...run { _ = test.observe(isRepetition: true) }
      #expect(test.observe(isRepetition: false) == .pass)
      for _ in 1...30 { #expect(test.observe(isRepetition: true) == .pass) }
      #expect(test.observe(isRepetition: true) == .intermittentFailure)
    }

    @Test("the cutoffs are 1 + -log2(alpha) for one bit a sample", arguments: [(30, 31), (80, 81)])
    func derivation(alphaExponent: Int, cutoff: UInt32) {
      // A run of C equal samples has C - 1 repetitions of a first one, each with probability 1/2 at most.
      #expect(cutoff == 1 + UInt32(alphaExponent))
      #expect([RepetitionCountTest.intermittentCutoff, RepetitionCountTest.permanentCutoff].contains(cutoff))
    }
  }
#endif
