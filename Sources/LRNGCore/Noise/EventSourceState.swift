// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// What the processors have in common of one event source: the step of their counters, and the source's health.
///
/// A host in which several processors collect at the same time has the choice: one of these for the source, under a lock
/// that is only needed until ``isSettled``; or one for each processor, without any lock. The second finds out about
/// a single bad processor, but then each of them needs 100 and 1024 events of its own to get going.
public struct EventSourceState: Sendable {
  public let resolution: TimerResolution
  public private(set) var gcd = TimestampGCD()
  public private(set) var health: HealthTests

  /// - Parameter healthTestsRequested: FIPS mode.
  public init(resolution: TimerResolution, healthTestsRequested: Bool) {
    self.resolution = resolution
    health = HealthTests(isRequested: healthTestsRequested, resolution: resolution)
  }

  /// Whether events no longer change this state, so that any number of processors can read it at the same time.
  public var isSettled: Bool { (gcd.isKnown || resolution == .low) && !health.seesEverySample }

  /// By how many bits a stamp is shifted, where an event is no more than 8 bits of that and a stuck test: a fine counter
  /// that advances in steps of a power of two, and nobody asks for the tests of SP 800-90B. Else `nil`. It stays until
  /// ``reset()``.
  public var plainShift: UInt32? {
    guard resolution == .high, gcd.divisor.nonzeroBitCount == 1, health.state == .notRequested else { return nil }
    return UInt32(truncatingIfNeeded: gcd.divisor.trailingZeroBitCount)
  }

  /// Starts all over, also after a permanent failure. What was collected so far is to be discarded as well.
  public mutating func reset() {
    gcd.reset()
    health.reset()
  }

  /// Whether stamps are stored as whole words: at low resolution always, otherwise until their step is known.
  var storesWords: Bool { resolution == .low || !gcd.isKnown }

  /// The value that stands for a stamp, in storage and before the health tests.
  @inline(__always)
  func sample(of stamp: UInt32) -> UInt32 {
    storesWords ? stamp : gcd.steps(stamp) & 0xFF
  }

  /// Judges an event and learns from it, unless the state is settled.
  ///
  /// A failing source also measures the step of its counter anew: it may be the counter that has changed.
  mutating func observe(
    _ event: NoiseEvent, sample: UInt32, isStuck: Bool
  ) -> (verdict: SampleVerdict, report: HealthReport?, completesGCD: Bool) {
    #if HealthTests
      let (verdict, report) = health.observe(sample, isStuck: isStuck)
    #else
      let (verdict, report) = (health.settledVerdict(isStuck: isStuck), HealthReport?.none)
    #endif
    if report == .intermittentFailure || report == .permanentFailure { gcd.reset() }
    return (verdict, report, completesGCD: gcd.observe(event.stamp))
  }
}
