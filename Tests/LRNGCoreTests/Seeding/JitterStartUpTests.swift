// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("Jitter RNG: the start-up test refuses clocks that don't jitter")
struct JitterStartUpTests {
  private func outcome(_ clock: ScriptedClock, memorySizeInBytes: Int = 4096) -> JitterError? {
    var clock = clock
    var bytes = [UInt8](repeating: 0, count: memorySizeInBytes)
    var memory = bytes.mutableSpan
    var jitter = JitterRNG(configuration: JitterConfiguration(hashIterations: 1))
    do throws(JitterError) {
      try jitter.startUp(clock: &clock, memory: &memory)
    } catch {
      #expect(jitter.state == .notStarted)
      return error
    }
    #expect(jitter.state == .operational)
    return nil
  }

  @Test("a lively clock passes")
  func lively() {
    #expect(outcome(ScriptedClock(delta: livelyDelta)) == nil)
  }

  @Test("a clock that reads zero is none")
  func zero() {
    #expect(outcome(ScriptedClock(startingAt: 0) { _ in 0 }) == .startUp(.noClock))
  }

  @Test("a clock that stands still is too coarse")
  func constant() {
    #expect(outcome(ScriptedClock { _ in 0 }) == .startUp(.coarseClock))
    #expect(outcome(ScriptedClock { $0 == 700 ? 0 : livelyDelta($0) }) == .startUp(.coarseClock))
  }

  @Test("a clock that only knows multiples of 2^31 is too coarse")
  func coarse() {
    #expect(outcome(ScriptedClock { livelyDelta($0) << 31 }) == .startUp(.coarseClock))
  }

  @Test("three steps backwards are forgiven, the fourth is not")
  func backwards() {
    let steps = { (count: Int) in
      ScriptedClock { 200 < $0 && $0 <= 200 + count ? 0 &- livelyDelta($0) : livelyDelta($0) }
    }
    #expect(outcome(steps(3)) == nil)
    #expect(outcome(steps(4)) == .startUp(.clockRunsBackwards))
  }

  @Test("a clock that advances like a clockwork fails the repetition count test")
  func clockwork() {
    #expect(outcome(ScriptedClock { _ in 500 }) == .startUp(.repetitionCount))
    #expect(outcome(ScriptedClock { UInt64(500 + 7 * $0) }) == .startUp(.repetitionCount))
  }

  @Test("a pattern that repeats fails the lag predictor test", arguments: 3...8)
  func pattern(length: Int) {
    #expect(outcome(ScriptedClock { livelyDelta($0 % length) }) == .startUp(.healthTest))
  }

  @Test("deltas that differ by less than 1/rate on average vary too little")
  func variation() {
    // 16 of 100 deltas are larger by one unit; a unit is 10.
    let delta = { (index: Int) -> UInt64 in mixed(UInt64(index)) % 100 < 16 ? 1010 : 1000 }
    #expect(outcome(ScriptedClock(delta: delta)) == .startUp(.tooLittleVariation))
  }

  @Test("more than 90 of 100 deltas stuck are too many")
  func stuck() {
    // They rise by a constant for 60 deltas, then from elsewhere by another constant.
    let delta = { (index: Int) -> UInt64 in
      let leg = UInt64(index / 60)
      return 10_000 + mixed(leg) % 100_000 + UInt64(index % 60) * (1 + leg)
    }
    #expect(outcome(ScriptedClock(delta: delta)) == .startUp(.stuck))
  }

  @Test("the common divisor of a coarse clock is found and divided out", arguments: [1, 26, 1000] as [UInt64])
  func commonDivisor(divisor: UInt64) throws {
    var clock = ScriptedClock { livelyDelta($0) * divisor }
    var bytes = [UInt8](repeating: 0, count: 4096)
    var memory = bytes.mutableSpan
    var jitter = JitterRNG(configuration: JitterConfiguration(hashIterations: 1))
    try jitter.startUp(clock: &clock, memory: &memory)
    #expect(jitter.commonDivisor == divisor)

    var recorder = JitterRecorder(configuration: JitterConfiguration(hashIterations: 1))
    clock = ScriptedClock { livelyDelta($0) * divisor }
    try recorder.startUp(clock: &clock, memory: &memory)
    var deltas = [UInt64](repeating: 0, count: 100)
    var span = deltas.mutableSpan
    recorder.record(.memoryAndHash, into: &span, clock: &clock, memory: &memory)
    let last = clock.measurements
    #expect(deltas == (last - 100..<last).map(livelyDelta))
  }

  @Test(
    "memory that isn't a power of two of at least 1024 bytes is refused",
    arguments: [0, 1, 512, 1023, 1025, 3000, 4095])
  func memory(sizeInBytes: Int) {
    #expect(outcome(ScriptedClock(delta: livelyDelta), memorySizeInBytes: sizeInBytes) == .startUp(.memory))
  }

  @Test("all 1124 measurements and the first filling of the pool happen, in plain mode at full rounds")
  func plainWork() throws {
    var clock = LivelyClock()
    var bytes = [UInt8](repeating: 0, count: 4096)
    var memory = bytes.mutableSpan
    var jitter = JitterRNG(configuration: JitterConfiguration(hashIterations: 1))
    try jitter.startUp(clock: &clock, memory: &memory)
    let rounds: UInt64 = 1 + 1124 + 1 + 768
    #expect(clock.readings == 17 * rounds)
    // Each round increments 128 bytes.
    let sum = bytes.reduce(into: UInt64(0)) { $0 += UInt64($1) }
    #expect(sum % 256 == 128 * rounds % 256)
    #expect(sum > 100 * rounds)
  }

  @Test("in FIPS and NTG.1 mode the pool is filled by two stages that read the clock around themselves alone")
  func twoStages() throws {
    for mode in [JitterMode.fips, .ntg1] {
      var clock = LivelyClock()
      var bytes = [UInt8](repeating: 0, count: 4096)
      var memory = bytes.mutableSpan
      var jitter = JitterRNG(configuration: JitterConfiguration(mode: mode, oversamplingRate: 3, hashIterations: 1))
      try jitter.startUp(clock: &clock, memory: &memory)
      let (testRounds, stageRounds): (UInt64, UInt64) = (1 + 1124, 1 + 963)
      #expect(clock.readings == 17 * testRounds + 2 * 2 * stageRounds)
    }
  }
}
