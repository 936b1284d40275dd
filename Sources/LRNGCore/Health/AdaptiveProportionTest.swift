// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if HealthTests
  /// The adaptive proportion test of SP 800-90B, section 4.4.2.
  ///
  /// It catches a noise source in which one value becomes too frequent: the first symbol is the base, and the test counts
  /// how often it occurs among the symbols of a window. The symbols are the 4 lowest bits of a time stamp, where its
  /// variation is.
  ///
  /// The test holds the base symbol, 4 bits of one raw sample that are never credited alone.
  struct AdaptiveProportionTest: Sendable {
    /// W for symbols that are not binary.
    static let window: UInt32 = 512

    /// C = 1 + CRITBINOM(W, 2^-H, 1 - α), where CRITBINOM is the smallest k with P(X ≤ k) ≥ 1 - α for a binomially
    /// distributed X of W trials, and H = 1 bit a sample. In whole numbers: the sum of all (512 over i) with i > k must
    /// be at most α · 2^512.
    ///
    ///     α = 2^-30:  k = 324, C = 325
    ///     α = 2^-80:  k = 370, C = 371
    ///
    /// The standard counts the base symbol as the first match, so that 324 matches among 511 further symbols fail.
    /// Here the base is not counted and 512 further symbols form the window: 325 of them must match. The number of
    /// chances is then W, as the formula for C supposes, and the probability of a false alarm is really α.
    static let intermittentCutoff: UInt32 = 325
    static let permanentCutoff: UInt32 = 371

    private static let symbolMask: UInt32 = 0xF

    private var base: UInt32 = 0
    private var matches: UInt32 = 0
    /// Symbols until the window ends; 0 before the very first symbol.
    private var remainingSymbols: UInt32 = 0

    /// Takes one sample into account.
    ///
    /// Like the repetition count, a count of matches beyond the intermittent cutoff goes on to the permanent one.
    mutating func observe(_ sample: UInt32) -> HealthVerdict {
      let symbol = sample & Self.symbolMask
      guard remainingSymbols > 0 else {
        beginWindow(with: symbol)
        return .pass
      }
      let verdict = symbol == base ? countMatch() : .pass
      remainingSymbols &-= 1
      // The last symbol of a window is the base of the next.
      if remainingSymbols == 0 { beginWindow(with: symbol) }
      return verdict
    }

    /// So many samples, whatever they are, neither end the window nor reach a cutoff: of them only matches need be counted.
    var calmSamples: UInt32 {
      guard remainingSymbols > 0, matches < Self.intermittentCutoff else { return 0 }
      return min(remainingSymbols &- 1, Self.intermittentCutoff &- 1 &- matches)
    }

    /// Counts a sample out of ``calmSamples`` if it matches.
    @inline(__always)
    mutating func countMatch(of sample: UInt32) {
      if sample & Self.symbolMask == base { matches &+= 1 }
    }

    /// Takes the number of samples into account of which the matches were counted.
    mutating func didPass(calmSamples: UInt32) { remainingSymbols &-= calmSamples }

    private mutating func countMatch() -> HealthVerdict {
      matches &+= 1
      if matches >= Self.permanentCutoff { return .permanentFailure }
      if matches >= Self.intermittentCutoff { return .intermittentFailure }
      return .pass
    }

    private mutating func beginWindow(with symbol: UInt32) {
      base = symbol
      matches = 0
      remainingSymbols = Self.window
    }
  }
#endif
