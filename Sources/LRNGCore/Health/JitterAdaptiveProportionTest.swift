// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The adaptive proportion test of SP 800-90B, section 4.4.2, over deltas.
///
/// It catches a delta that has become too frequent. The first delta of each window of 512 is the one that is counted;
/// deltas are symbols of 64 bits, so that no two of them are mistaken for each other.
struct JitterAdaptiveProportionTest {
  static let windowSize: UInt32 = 512

  /// C = 2 + CRITBINOM(511, 2^-H, 1 - α), α = 2^-30, H = 1/rate, at most 512; one entry for each rate from 1.
  ///
  /// The 2 where the standard has 1 + CRITBINOM(512, …): the first delta of the window matches itself for certain.
  static let cutoffs: InlineArray<20, UInt16> = [
    325, 422, 459, 477, 488, 494, 499, 502, 505, 507, 508, 509, 510, 511, 512, 512, 512, 512, 512, 512,
  ]
  /// The same with α = 2^-60.
  static let permanentCutoffs: InlineArray<20, UInt16> = [
    355, 447, 479, 494, 502, 507, 510, 512, 512, 512, 512, 512, 512, 512, 512, 512, 512, 512, 512, 512,
  ]
  /// The same with α = 2^-30 and H = 8/rate.
  static let ntg1Cutoffs: InlineArray<20, UInt16> = [
    17, 71, 136, 191, 236, 272, 301, 325, 345, 361, 375, 388, 398, 407, 415, 422, 429, 434, 439, 444,
  ]
  /// The same with α = 2^-60 and H = 8/rate.
  static let ntg1PermanentCutoffs: InlineArray<20, UInt16> = [
    26, 92, 162, 221, 267, 303, 332, 355, 375, 390, 404, 415, 425, 433, 440, 447, 453, 458, 462, 466,
  ]

  let cutoff: UInt32
  private let permanentCutoff: UInt32

  /// Deltas of this window so far, and how many of them were the base. No window is open while there are none.
  private(set) var observations: UInt32 = 0
  private(set) var count: UInt32 = 0
  private(set) var base: UInt64 = 0

  init(oversamplingRate rate: UInt32, mode: JitterMode) {
    let entry = JitterConfiguration.tableEntry(forRate: rate)
    switch mode {
    case .plain, .fips:
      cutoff = UInt32(Self.cutoffs[entry])
      permanentCutoff = UInt32(Self.permanentCutoffs[entry])
    case .ntg1:
      cutoff = UInt32(Self.ntg1Cutoffs[entry])
      permanentCutoff = UInt32(Self.ntg1PermanentCutoffs[entry])
    }
  }

  mutating func observe(_ delta: UInt64) -> JitterHealthFailures {
    var verdict = JitterHealthFailures()
    if observations == 0 {
      base = delta
      count = 1
    } else if delta == base {
      count &+= 1
      verdict = .judge(count, intermittentAt: cutoff, permanentAt: permanentCutoff, of: .adaptiveProportion)
    }
    observations &+= 1
    if observations >= Self.windowSize { observations = 0 }
    return verdict
  }

  /// Takes over the open window of the test before a recovery, as if the cutoff had just been met.
  mutating func resumeFromCutoff(_ predecessor: Self) {
    guard predecessor.observations > 0 else { return }
    base = predecessor.base
    observations = predecessor.observations
    count = cutoff
  }
}
