// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if HealthTests
  /// The repetition count test of SP 800-90B, section 4.4.1.
  ///
  /// It catches a noise source that got stuck. What counts as a repetition is the caller's business: for time
  /// stamps it is a stamp whose first, second or third discrete derivative is zero (see ``StuckTest``).
  ///
  /// The test sees every raw sample before conditioning and holds no secret: a count says nothing about values.
  struct RepetitionCountTest: Sendable {
    /// C = 1 + ⌈-log2(α) / H⌉ with H = 1 bit a sample: α = 2^-30 gives 31, α = 2^-80 gives 81.
    static let intermittentCutoff: UInt32 = 31
    static let permanentCutoff: UInt32 = 81

    private var repetitions: UInt32 = 0

    /// Takes a sample into account that is no repetition.
    @inline(__always)
    mutating func interrupt() { repetitions = 0 }

    /// Takes one sample into account.
    ///
    /// An intermittent failure is reported again for each further repetition, so that a source that stays stuck
    /// reaches the permanent cutoff even if its data are dropped meanwhile.
    mutating func observe(isRepetition: Bool) -> HealthVerdict {
      guard isRepetition else {
        interrupt()
        return .pass
      }
      repetitions &+= 1
      if repetitions >= Self.permanentCutoff { return .permanentFailure }
      if repetitions >= Self.intermittentCutoff { return .intermittentFailure }
      return .pass
    }
  }
#endif
