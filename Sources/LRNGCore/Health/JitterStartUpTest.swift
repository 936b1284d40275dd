// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The start-up test of the Jitter RNG: is this clock fine enough, and do the deltas vary?
///
/// 100 measurements warm up caches and branch predictors, 1024 count (SP 800-90B, section 4.3, item 4). The time stamps
/// are looked at whole, before any division by a common divisor, for which the test is there to find out.
struct JitterStartUpTest {
  static let warmUpMeasurements: UInt32 = 100
  static let measurements: UInt32 = 1024

  private var analysis = JitterClockAnalysis()
  private var observed: UInt32 = 0
  private var stuck: UInt32 = 0
  private var backwards: UInt32 = 0

  var isComplete: Bool {
    observed >= Self.warmUpMeasurements + Self.measurements
  }

  var commonDivisor: UInt64 {
    analysis.commonDivisor
  }

  /// Takes one measurement into account. A fault found here ends the test.
  mutating func observe(start: UInt64, end: UInt64, isStuck: Bool) -> JitterStartUpError? {
    if start == 0 || end == 0 { return .noClock }
    if start == end { return .coarseClock }
    observed &+= 1
    guard observed > Self.warmUpMeasurements else { return nil }
    if end < start { backwards &+= 1 }
    if isStuck { stuck &+= 1 }
    analysis.observe(end &- start)
    return nil
  }

  /// The first fault that the whole test has found, in the order of the publication.
  func verdict(oversamplingRate rate: UInt32, failures: JitterHealthFailures) -> JitterStartUpError? {
    // A clock may be adjusted while the test runs, but not again and again.
    if backwards > 3 { return .clockRunsBackwards }
    if failures.contains(.repetitionCount) { return .repetitionCount }
    if !failures.isEmpty { return .healthTest }
    if let fault = analysis.verdict(oversamplingRate: rate) { return fault }
    // More than 90 of 100.
    return stuck &* 10 > Self.measurements &* 9 ? .stuck : nil
  }
}
