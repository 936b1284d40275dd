// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if HealthTests
  /// The start-up test of SP 800-90B, section 4.3: the continuous tests over the first samples of a source.
  ///
  /// A source delivers nothing until 1024 samples in a row have passed: two windows of the adaptive proportion test. The
  /// samples themselves may be used once they have passed.
  struct StartupTest: Sendable {
    static let length: UInt32 = 2 * AdaptiveProportionTest.window

    /// Samples that still have to pass.
    private(set) var remainingSamples: UInt32 = Self.length

    var isPassed: Bool { remainingSamples == 0 }

    /// A sample passed the continuous tests.
    ///
    /// - Returns: Whether it is the one that completes the test.
    mutating func samplePassed() -> Bool {
      guard remainingSamples > 0 else { return false }
      remainingSamples &-= 1
      return remainingSamples == 0
    }
  }
#endif
