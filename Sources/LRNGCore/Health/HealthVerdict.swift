// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if HealthTests
  /// What a health test says about the samples so far (SP 800-90B, section 4.3).
  enum HealthVerdict: UInt8, Sendable, Comparable {
    case pass
    /// So unlikely that a good source does it once in 2^30 tests: its data are dropped, it may recover.
    case intermittentFailure
    /// So unlikely that a good source never does it (2^-80): the source is broken.
    case permanentFailure

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }
#endif
