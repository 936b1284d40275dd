// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The lag predictor test: can a delta be foretold from one of the eight before it?
///
/// It is the predictor of SP 800-90B, section 6.3.8, run while the source works. It catches what neither of the standard's
/// tests sees: a source that repeats a pattern of up to eight different deltas.
///
/// Each window has 2^17 deltas. The first eight of them fill the history; each further delta is compared with the one at
/// the lag that has been right most often so far.
struct JitterLagPredictorTest {
  static let windowSize: UInt32 = 1 &<< 17
  static let historySize: UInt32 = 8

  /// Right predictions in a window: InverseBinomialCDF(n = 2^17 - 8, p = 2^(-1/rate), 1 - α), α = 2^-22; one entry for
  /// each rate from 1.
  static let globalCutoffs: InlineArray<20, UInt32> = [
    66443, 93504, 104761, 110875, 114707, 117330, 119237, 120686, 121823, 122739,
    123493, 124124, 124660, 125120, 125520, 125871, 126181, 126457, 126704, 126926,
  ]
  /// The same with α = 2^-44.
  static let permanentGlobalCutoffs: InlineArray<20, UInt32> = [
    66876, 93896, 105108, 111188, 114993, 117596, 119486, 120920, 122045, 122951,
    123696, 124318, 124847, 125301, 125695, 126041, 126346, 126617, 126860, 127079,
  ]
  /// Right predictions in a row: the smallest r for which a run of r in n = 2^17 - 8 trials is less likely than α = 2^-22.
  static let localCutoffs: InlineArray<20, UInt32> = [
    38, 75, 111, 146, 181, 215, 250, 284, 318, 351, 385, 419, 452, 485, 518, 551, 584, 617, 650, 683,
  ]
  /// The same with α = 2^-44.
  static let permanentLocalCutoffs: InlineArray<20, UInt32> = [
    60, 119, 177, 234, 291, 347, 404, 460, 516, 571, 627, 683, 738, 793, 848, 903, 958, 1013, 1068, 1123,
  ]

  private var cutoffs: Cutoffs
  private(set) var successes: UInt32 = 0
  private var run: UInt32 = 0
  private(set) var observations: UInt32 = 0
  /// The lag to predict from, less one.
  private var bestPredictor: UInt32 = 0
  /// How often each lag would have been right.
  private var scoreboard = InlineArray<8, UInt32>(repeating: 0)
  private var history = InlineArray<8, UInt64>(repeating: 0)

  init(oversamplingRate rate: UInt32) {
    cutoffs = Cutoffs(oversamplingRate: rate)
  }

  mutating func observe(_ delta: UInt64) -> JitterHealthFailures {
    var verdict = JitterHealthFailures()
    if observations >= Self.historySize {
      if pastDelta(lag: bestPredictor &+ 1) == delta {
        verdict = countSuccess()
      } else {
        run = 0
      }
      updateScoreboard(delta)
    }
    history[slot(of: observations)] = delta
    observations &+= 1
    if observations == Self.windowSize { openWindow() }
    return verdict
  }

  /// Keeps the window over a recovery and judges it by the cutoffs of the new rate.
  mutating func carryOver(toRate rate: UInt32) {
    cutoffs = Cutoffs(oversamplingRate: rate)
  }

  /// The entries of the tables for the rate in force.
  private struct Cutoffs {
    let global: UInt32
    let permanentGlobal: UInt32
    let local: UInt32
    let permanentLocal: UInt32

    init(oversamplingRate rate: UInt32) {
      let entry = JitterConfiguration.tableEntry(forRate: rate)
      global = JitterLagPredictorTest.globalCutoffs[entry]
      permanentGlobal = JitterLagPredictorTest.permanentGlobalCutoffs[entry]
      local = JitterLagPredictorTest.localCutoffs[entry]
      permanentLocal = JitterLagPredictorTest.permanentLocalCutoffs[entry]
    }
  }

  private mutating func countSuccess() -> JitterHealthFailures {
    successes &+= 1
    run &+= 1
    var verdict = JitterHealthFailures()
    if run >= cutoffs.local || successes >= cutoffs.global {
      verdict.formUnion(.lagPredictor)
    }
    if run >= cutoffs.permanentLocal || successes >= cutoffs.permanentGlobal {
      verdict.formUnion(.lagPredictor.asPermanent)
    }
    return verdict
  }

  /// Gives a point to every lag that would have been right. Only a strictly better lag takes the lead, so that of equally
  /// good ones the one that led first stays.
  private mutating func updateScoreboard(_ delta: UInt64) {
    for lag in 1...Self.historySize where pastDelta(lag: lag) == delta {
      let points = scoreboard[slot(of: lag &- 1)] &+ 1
      scoreboard[slot(of: lag &- 1)] = points
      if points > scoreboard[slot(of: bestPredictor)] { bestPredictor = lag &- 1 }
    }
  }

  private func pastDelta(lag: UInt32) -> UInt64 {
    history[slot(of: observations &- lag)]
  }

  /// The element of a ring of eight; the mask also proves the index.
  private func slot(of index: UInt32) -> Int {
    Int(truncatingIfNeeded: index & (Self.historySize &- 1))
  }

  private mutating func openWindow() {
    successes = 0
    run = 0
    observations = 0
    bestPredictor = 0
    scoreboard = InlineArray(repeating: 0)
  }
}
