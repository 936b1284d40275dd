// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if HealthTests
  import Testing

  @testable import LRNGCore

  @Suite("SP 800-90B 4.4.2: adaptive proportion test")
  struct AdaptiveProportionTests {
    @Test("324 matches pass, the 325th is an intermittent failure, the 371st a permanent one")
    func cutoffs() {
      var test = AdaptiveProportionTest()
      #expect(test.observe(7) == .pass)
      for _ in 1...324 { #expect(test.observe(7) == .pass) }
      for _ in 325...370 { #expect(test.observe(7) == .intermittentFailure) }
      for _ in 371...512 { #expect(test.observe(7) == .permanentFailure) }
    }

    @Test("the base itself is not counted, and a symbol that differs passes even beyond the cutoff")
    func mismatches() {
      var test = AdaptiveProportionTest()
      for _ in 1...326 { _ = test.observe(7) }
      #expect(test.observe(8) == .pass)
      #expect(test.observe(7) == .intermittentFailure)
    }

    @Test("324 matches in each of many windows are never a failure")
    func windowsAreSeparate() {
      var test = AdaptiveProportionTest()
      _ = test.observe(1)
      for _ in 0..<20 {
        for _ in 1...323 { #expect(test.observe(1) == .pass) }
        for _ in 324..<512 { #expect(test.observe(2) == .pass) }
        // Symbol 512 is the last of the window, its 324th match, and the base of the next window.
        #expect(test.observe(1) == .pass)
      }
    }

    @Test("a window has 512 symbols after its base: the 513th begins the next one")
    func windowLength() {
      var test = AdaptiveProportionTest()
      _ = test.observe(1)
      for _ in 1...188 { _ = test.observe(2) }
      for _ in 1...323 { #expect(test.observe(1) == .pass) }
      // Symbol 512 is the 324th match. It becomes the base, and its own window counts from 0.
      #expect(test.observe(1) == .pass)
      for _ in 1...324 { #expect(test.observe(1) == .pass) }
      #expect(test.observe(1) == .intermittentFailure)
    }

    @Test("only the lowest 4 bits count")
    func symbol() {
      var test = AdaptiveProportionTest()
      _ = test.observe(0x0000_0005)
      for index in UInt32(1)...324 { #expect(test.observe(index << 4 | 5) == .pass) }
      #expect(test.observe(0xFFFF_FFF5) == .intermittentFailure)
    }

    @Test(
      "the cutoff is the smallest number of matches whose probability is at most alpha",
      arguments: [
        (30, AdaptiveProportionTest.intermittentCutoff), (80, AdaptiveProportionTest.permanentCutoff),
      ])
    func derivation(alphaExponent: Int, cutoff: UInt32) {
      // P(X ≥ C) = Σ (512 over i) / 2^512 for i = C … 512, each symbol matching with probability 1/2.
      let window = Int(AdaptiveProportionTest.window)
      let coefficients = BigNumber.binomialCoefficients(of: window)
      let limit = BigNumber.powerOfTwo(window - alphaExponent)
      let tail = BigNumber.sum(coefficients[Int(cutoff)...])
      let longerTail = BigNumber.sum(coefficients[(Int(cutoff) - 1)...])
      #expect(tail <= limit)
      #expect(limit < longerTail)
      // All of them together are 2^512: the arithmetic is right.
      #expect(BigNumber.sum(coefficients[...]) == .powerOfTwo(window))
    }
  }

  /// Natural numbers of any size, as far as a row of Pascal's triangle takes.
  private struct BigNumber: Comparable {
    /// Least significant first, without zeroes at the end.
    private var words: [UInt32]

    static func powerOfTwo(_ exponent: Int) -> BigNumber {
      BigNumber(words: Array(repeating: 0, count: exponent / 32) + [1 << UInt32(exponent % 32)])
    }

    static func binomialCoefficients(of n: Int) -> [BigNumber] {
      var row = [powerOfTwo(0)]
      for _ in 0..<n {
        row = [row[0]] + zip(row, row.dropFirst()).map { $0 + $1 } + [row[0]]
      }
      return row
    }

    static func sum(_ numbers: ArraySlice<BigNumber>) -> BigNumber {
      numbers.reduce(BigNumber(words: []), +)
    }

    static func + (left: BigNumber, right: BigNumber) -> BigNumber {
      var words: [UInt32] = []
      var carry: UInt64 = 0
      for index in 0..<max(left.words.count, right.words.count) {
        let sum = carry + UInt64(left.word(index)) + UInt64(right.word(index))
        words.append(UInt32(truncatingIfNeeded: sum))
        carry = sum >> 32
      }
      if carry > 0 { words.append(UInt32(carry)) }
      return BigNumber(words: words)
    }

    static func < (left: BigNumber, right: BigNumber) -> Bool {
      guard left.words.count == right.words.count else { return left.words.count < right.words.count }
      return left.words.reversed().lexicographicallyPrecedes(right.words.reversed())
    }

    private func word(_ index: Int) -> UInt32 { index < words.count ? words[index] : 0 }
  }
#endif
