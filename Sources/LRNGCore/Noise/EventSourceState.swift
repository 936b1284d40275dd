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

  /// What the last grant of calm events was, and what is left of it.
  private var grantedEvents: UInt32 = 0
  private var calmEvents: UInt32 = 0

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
    guard health.state == .notRequested, resolution == .high, gcd.divisor.nonzeroBitCount == 1 else { return nil }
    return UInt32(truncatingIfNeeded: gcd.divisor.trailingZeroBitCount)
  }

  /// Lets a number of events take the way of ``EventCollector/collect(calmStamp:from:counting:)``: for a host each of whose
  /// processors has a state of its own, after each event that took the general way.
  ///
  /// The step of a fine counter has to be known, and the tests of SP 800-90B have to have passed, if somebody asks for them.
  public mutating func grantCalmEvents() {
    settleCalmEvents()
    guard resolution == .high, gcd.isKnown else { return }
    grantedEvents = health.calmSamples
    calmEvents = grantedEvents
  }

  /// Takes back what is left of the grant: all events take the general way.
  public mutating func settleCalmEvents() {
    #if HealthTests
      health.didPass(calmSamples: grantedEvents &- calmEvents)
    #endif
    grantedEvents = 0
    calmEvents = 0
  }

  /// Starts all over, also after a permanent failure. What was collected so far is to be discarded as well.
  public mutating func reset() {
    settleCalmEvents()
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

  @inline(__always)
  var hasCalmEvents: Bool { calmEvents > 0 }

  /// The sample of a calm event.
  @inline(__always)
  func calmSample(of stamp: UInt32) -> UInt32 { gcd.steps(stamp) & 0xFF }

  /// Takes the sample of a calm event into account. There must be one left.
  @inline(__always)
  mutating func observe(calm sample: UInt32) {
    calmEvents &-= 1
    #if HealthTests
      health.observe(calm: sample)
    #endif
  }

  /// Judges an event and learns from it, unless the state is settled.
  ///
  /// A failing source also measures the step of its counter anew: it may be the counter that has changed.
  mutating func observe(
    _ event: NoiseEvent, sample: UInt32, isStuck: Bool
  ) -> (verdict: SampleVerdict, report: HealthReport?, completesGCD: Bool) {
    settleCalmEvents()
    #if HealthTests
      let (verdict, report) = health.observe(sample, isStuck: isStuck)
    #else
      let (verdict, report) = (health.settledVerdict(isStuck: isStuck), HealthReport?.none)
    #endif
    if report == .intermittentFailure || report == .permanentFailure { gcd.reset() }
    return (verdict, report, completesGCD: gcd.observe(event.stamp))
  }
}
