// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Which part of the machine a delta comes from. The raw value is the domain byte that goes with it into the pool.
public enum JitterStage: UInt8, Sendable {
  /// The memory walk in steps alone: the first stage of a start-up in FIPS or NTG.1 mode.
  case memoryOnly = 1
  /// The hash loop alone: the second stage.
  case hashOnly = 2
  /// Both, one after the other: normal operation.
  case memoryAndHash = 3
}

/// The noise source of the Jitter RNG: how long the processor takes for the same work each time.
///
/// In normal operation a delta spans one whole round, from one time stamp to the next: the hash loop and the insertion of
/// the round before, then the memory walk. Nothing of a round is outside of a delta.
///
/// The measured functions are not inlined, so that the emitted code of each can be read: what stands between its time
/// stamps is what the source says (Tests/Gates/jitter-code-check.sh).
struct JitterNoiseSource {
  /// What all deltas of this clock are multiples of, as the start-up test found it. At least 1.
  private(set) var commonDivisor: UInt64 = 1

  /// Iterations of the hash loop in one round.
  var hashIterations: UInt32

  /// The time stamp that ended the last delta, 0 before the first.
  private(set) var lastTimeStamp: UInt64 = 0

  private var memoryAccess = JitterMemoryAccess()

  init(hashIterations: UInt32) {
    self.hashIterations = hashIterations
  }

  mutating func setCommonDivisor(_ divisor: UInt64) {
    commonDivisor = max(divisor, 1)
  }

  /// Normal operation: the memory walk, then the delta since the last one. The caller runs the hash loop next.
  @inline(never)
  mutating func walkMemory<Clock: JitterClock & ~Copyable>(
    _ memory: inout MutableSpan<UInt8>, clock: inout Clock
  ) -> UInt64 {
    JitterMemoryAccess.walkAtRandom(memory: &memory, clock: &clock)
    return delta(from: lastTimeStamp, clock: &clock)
  }

  /// The duration of a deterministic memory walk of three times the length.
  @inline(never)
  mutating func timeMemory<Clock: JitterClock & ~Copyable>(
    _ memory: inout MutableSpan<UInt8>, clock: inout Clock
  ) -> UInt64 {
    let start = clock.timeStamp()
    memoryAccess.walkInSteps(memory: &memory)
    return delta(from: start, clock: &clock)
  }

  /// The duration of a hash loop of three times the length.
  @inline(never)
  mutating func timeHashLoop<Clock: JitterClock & ~Copyable>(
    over sample: inout JitterSample, counters: JitterHealthCounters, clock: inout Clock
  ) -> UInt64 {
    let start = clock.timeStamp()
    sample.runHashLoop(iterations: 3 &* hashIterations, counters: counters)
    return delta(from: start, clock: &clock)
  }

  private mutating func delta<Clock: JitterClock & ~Copyable>(from start: UInt64, clock: inout Clock) -> UInt64 {
    let now = clock.timeStamp()
    lastTimeStamp = now
    // The divisor is never 0; this division needs no trap to say so.
    return (now &- start).dividedReportingOverflow(by: commonDivisor).partialValue
  }
}
