// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// What becomes of a sample, as far as its health goes.
public enum SampleVerdict: UInt8, Sendable {
  /// Store it and count its entropy.
  case credit
  /// Store it, but do not count it: it may be predictable, which does no harm in a mixture.
  case mixOnly
  /// Forget it.
  case drop
}

/// Something about the health of a source that its host has to act on.
public enum HealthReport: UInt8, Sendable {
  /// 1024 samples in a row have passed: the source may deliver.
  case startupTestPassed
  /// The source loses what it has collected, data and credit, and goes through the start-up test again.
  case intermittentFailure
  /// As before, but the source stays off until somebody resets it.
  case permanentFailure
}

/// The standing of a source, for status displays.
public enum HealthState: Equatable, Sendable {
  /// Not in FIPS mode: stuck samples don't count, and that is all.
  case notRequested
  /// Tests are requested, but impossible: the timer is too coarse, or they are not compiled in.
  case untestable
  case startingUp(remainingSamples: UInt32)
  case passed
  case failedPermanently
}

/// The health tests of one noise source, and what follows from them (SP 800-90B, section 4.3).
///
///     startingUp ──1024 samples──► passed
///       ▲    │                      │  │
///       │    └──────────┐           │  │
///       └─ intermittent │ permanent │  │ intermittent: data and credit are lost
///          failure      ▼           ▼  └──────────────► startingUp
///                     failedPermanently ──reset()─────► startingUp
///
/// A failure concerns the failed source and no other. (The reference resets everything, so that one bad source brings
/// down a system that others could seed.)
///
/// There is no lock here. A host whose processors collect at the same time either keeps one of these for each of them,
/// or takes a lock around the events of a source while ``seesEverySample``.
public struct HealthTests: Sendable {
  private enum Mode: UInt8, Sendable {
    case notRequested, untestable, active, failedPermanently
  }

  private var mode: Mode

  /// How often the source was set back by an intermittent failure since it was reset.
  ///
  /// Failures while the start-up test runs anyway count once: they only make it begin anew.
  public private(set) var intermittentFailures: UInt32 = 0

  #if HealthTests
    private var repetitionCount = RepetitionCountTest()
    private var adaptiveProportion = AdaptiveProportionTest()
    private var startup = StartupTest()
    private var isFailureReported = false
  #endif

  /// - Parameters:
  ///   - isRequested: Whether the tests are to decide about the source's data: FIPS mode.
  ///   - resolution: At low resolution there is nothing to test.
  public init(isRequested: Bool, resolution: TimerResolution) {
    #if HealthTests
      let whenRequested: Mode = resolution == .high ? .active : .untestable
    #else
      let whenRequested = Mode.untestable
    #endif
    mode = isRequested ? whenRequested : .notRequested
  }

  public var state: HealthState {
    switch mode {
    case .notRequested: return .notRequested
    case .untestable: return .untestable
    case .failedPermanently: return .failedPermanently
    case .active:
      #if HealthTests
        guard startup.isPassed else { return .startingUp(remainingSamples: startup.remainingSamples) }
      #endif
      return .passed
    }
  }

  /// Whether what the source collected may go into a seed.
  public var mayDeliver: Bool { state == .notRequested || state == .passed }

  /// Whether samples change the state of these tests. Otherwise only the stuck test acts.
  public var seesEverySample: Bool { mode == .active }

  /// Starts all over: an administrator wants the source tested again, or knows a failed one to be repaired.
  public mutating func reset() {
    if mode == .failedPermanently { mode = .active }
    intermittentFailures = 0
    #if HealthTests
      repetitionCount = RepetitionCountTest()
      adaptiveProportion = AdaptiveProportionTest()
      startup = StartupTest()
      isFailureReported = false
    #endif
  }

  /// The verdict while samples don't change the state of these tests.
  func settledVerdict(isStuck: Bool) -> SampleVerdict {
    switch mode {
    case .notRequested: isStuck ? .mixOnly : .credit
    case .untestable, .active: .mixOnly
    case .failedPermanently: .drop
    }
  }

  /// So many samples would be credited without a change of state, if none of them is stuck: their number and
  /// ``observe(calm:)`` are all that the tests have to know of them.
  var calmSamples: UInt32 {
    switch state {
    case .notRequested: return .max
    case .passed:
      #if HealthTests
        return adaptiveProportion.calmSamples
      #else
        return 0
      #endif
    case .untestable, .startingUp, .failedPermanently: return 0
    }
  }

  #if HealthTests
    /// Takes a sample out of ``calmSamples`` into account that is not stuck.
    @inline(__always)
    mutating func observe(calm sample: UInt32) {
      repetitionCount.interrupt()
      adaptiveProportion.countMatch(of: sample)
    }

    /// Takes the number of samples into account that were observed as calm ones.
    mutating func didPass(calmSamples: UInt32) {
      if seesEverySample { adaptiveProportion.didPass(calmSamples: calmSamples) }
    }

    /// Judges a sample.
    ///
    /// - Parameters:
    ///   - sample: The value as it is to be stored.
    ///   - isStuck: What the stuck test of the processor says about it.
    mutating func observe(_ sample: UInt32, isStuck: Bool) -> (verdict: SampleVerdict, report: HealthReport?) {
      guard seesEverySample else { return (settledVerdict(isStuck: isStuck), nil) }
      // Each test sees each sample, also one that the other condemns.
      let worst = max(adaptiveProportion.observe(sample), repetitionCount.observe(isRepetition: isStuck))
      switch worst {
      case .permanentFailure:
        mode = .failedPermanently
        return (.drop, .permanentFailure)
      case .intermittentFailure:
        return (.drop, setBack())
      case .pass:
        return (isStuck ? .drop : .credit, advance())
      }
    }

    /// Begins the start-up test anew. The continuous tests go on: a source that stays bad must reach the permanent cutoff.
    ///
    /// Samples that passed since the last failure were stored and counted, so this failure is reported for their sake.
    private mutating func setBack() -> HealthReport? {
      let haveSamplesPassed = startup.remainingSamples < StartupTest.length
      startup = StartupTest()
      guard !isFailureReported || haveSamplesPassed else { return nil }
      if !isFailureReported { intermittentFailures = intermittentFailures.saturatingAdding(1) }
      isFailureReported = true
      return .intermittentFailure
    }

    private mutating func advance() -> HealthReport? {
      guard startup.samplePassed() else { return nil }
      isFailureReported = false
      return .startupTestPassed
    }
  #endif
}
