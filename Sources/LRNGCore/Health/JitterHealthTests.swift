// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The health tests of the Jitter RNG. Each delta passes through all of them, in every mode.
///
/// The tests see the raw deltas, before anything is done to them. What they count depends on the deltas but says nothing
/// useful about those of a block, since the pool absorbs them whole.
struct JitterHealthTests {
  private let mode: JitterMode
  private var stuckTest = JitterStuckTest()
  private var repetitionCount: JitterRepetitionCountTest
  private var adaptiveProportion: JitterAdaptiveProportionTest
  private var lagPredictor: JitterLagPredictorTest
  private var repetitionCountWithMemory: JitterRepetitionCountWithMemoryTest

  /// What has failed since the tests began.
  private(set) var failures = JitterHealthFailures()

  init(oversamplingRate rate: UInt32, mode: JitterMode) {
    self.mode = mode
    repetitionCount = JitterRepetitionCountTest(oversamplingRate: rate, mode: mode)
    adaptiveProportion = JitterAdaptiveProportionTest(oversamplingRate: rate, mode: mode)
    lagPredictor = JitterLagPredictorTest(oversamplingRate: rate)
    repetitionCountWithMemory = JitterRepetitionCountWithMemoryTest(oversamplingRate: rate, mode: mode)
  }

  /// Takes one delta into account and says whether it is stuck.
  mutating func observe(_ delta: UInt64) -> Bool {
    let isStuck = stuckTest.isStuck(delta)
    failures.formUnion(adaptiveProportion.observe(delta))
    failures.formUnion(lagPredictor.observe(delta))
    failures.formUnion(repetitionCount.observe(isStuck: isStuck))
    failures.formUnion(repetitionCountWithMemory.observe(isStuck: isStuck))
    return isStuck
  }

  /// A block begins for which `deltas` deltas that are not stuck are needed.
  mutating func beginBlock(deltas: UInt32) {
    repetitionCountWithMemory.beginBlock(deltas: deltas)
  }

  /// Whether the block just gathered had too many stuck deltas to stand alone (NTG.1 only).
  var blockNeedsRecovery: Bool {
    repetitionCountWithMemory.needsRecovery
  }

  /// A recovery block needed recovery itself.
  mutating func reportFailedRecoveryBlock() {
    failures.formUnion(.repetitionCountWithMemory)
  }

  /// The tests that go on after the failed ones, with the cutoffs of a raised rate.
  ///
  /// They don't start from nothing, or else a source could fail for ever and never fail permanently: a test that was
  /// under way stands at its cutoff, and the lag predictor keeps its window.
  func carryOver(toRate rate: UInt32) -> Self {
    var successor = Self(oversamplingRate: rate, mode: mode)
    successor.stuckTest = stuckTest
    successor.repetitionCount.resumeFromCutoff()
    successor.adaptiveProportion.resumeFromCutoff(adaptiveProportion)
    successor.lagPredictor = lagPredictor
    successor.lagPredictor.carryOver(toRate: rate)
    return successor
  }

  /// Counters that the hash loop takes in as additional information.
  var counters: JitterHealthCounters {
    JitterHealthCounters(
      repetitionCount: repetitionCount.count,
      adaptiveProportionCutoff: adaptiveProportion.cutoff,
      adaptiveProportionObservations: adaptiveProportion.observations,
      adaptiveProportionCount: adaptiveProportion.count,
      adaptiveProportionBase: adaptiveProportion.base,
      repetitionCountWithMemory: UInt16(truncatingIfNeeded: repetitionCountWithMemory.count))
  }
}

/// The state of the health tests as the hash loop sees it. It carries no entropy credit.
struct JitterHealthCounters {
  var repetitionCount: UInt32 = 0
  var adaptiveProportionCutoff: UInt32 = 0
  var adaptiveProportionObservations: UInt32 = 0
  var adaptiveProportionCount: UInt32 = 0
  var adaptiveProportionBase: UInt64 = 0
  var repetitionCountWithMemory: UInt16 = 0
}
