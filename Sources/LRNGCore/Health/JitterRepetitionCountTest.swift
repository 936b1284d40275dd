// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The repetition count test of SP 800-90B, section 4.4.1, over stuck deltas.
///
/// It catches a time stamp that stands still or advances like a clockwork.
struct JitterRepetitionCountTest {
  private let cutoff: UInt32
  private let permanentCutoff: UInt32

  /// Stuck deltas in a row.
  private(set) var count: UInt32 = 0

  /// C = ⌈-log2(α) / H⌉, where H = 1/rate bits a delta (8/rate in NTG.1 mode) and a run of C repetitions means C + 1
  /// equal samples: α = 2^-30 gives 30·rate and α = 2^-60 gives 60·rate.
  init(oversamplingRate rate: UInt32, mode: JitterMode) {
    switch mode {
    case .plain, .fips:
      cutoff = 30 &* rate
      permanentCutoff = 60 &* rate
    case .ntg1:
      cutoff = (30 &* rate &+ 7) / 8
      permanentCutoff = (60 &* rate &+ 7) / 8
    }
  }

  mutating func observe(isStuck: Bool) -> JitterHealthFailures {
    guard isStuck else {
      count = 0
      return JitterHealthFailures()
    }
    count = count.saturatingAdding(1)
    return .judge(count, intermittentAt: cutoff, permanentAt: permanentCutoff, of: .repetitionCount)
  }

  /// Goes on as if the cutoff had just been met: from here a run of stuck deltas can only become a permanent failure.
  mutating func resumeFromCutoff() {
    count = cutoff
  }
}
