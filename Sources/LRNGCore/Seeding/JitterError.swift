// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Why the start-up test of the Jitter RNG refuses this machine. The raw values are the codes of the published algorithm.
public enum JitterStartUpError: UInt8, Error, Sendable {
  /// The clock reads zero: there is none.
  case noClock = 1
  /// The clock stands still during a measurement, or advances in steps of 2^31 and more.
  case coarseClock = 2
  /// The clock went backwards more than three times.
  case clockRunsBackwards = 3
  /// The deltas differ from one to the next by less than 1/rate on average.
  case tooLittleVariation = 6
  /// More than 90 of 100 deltas are stuck.
  case stuck = 8
  /// The adaptive proportion or the lag predictor test failed.
  case healthTest = 9
  /// The repetition count test failed.
  case repetitionCount = 10
  /// SHA3-256 or XDRBG-256 gives a wrong answer.
  case knownAnswer = 11
  /// The memory isn't a power of two of at least 1024 bytes, or there is none.
  case memory = 12
  /// The search for the common divisor gives a wrong answer.
  case commonDivisor = 13
}

/// Why the Jitter RNG delivers nothing.
public enum JitterError: Error, Equatable, Sendable {
  /// There is no noise without a start-up test passed first.
  case notStarted
  /// The start-up test failed. It may be tried again with another clock or other memory.
  case startUp(JitterStartUpError)
  /// A health test failed in a way that may be chance: ``JitterRNG/recover(clock:memory:)`` may cure it.
  case intermittentFailure(JitterHealthFailures)
  /// The noise source is broken. This Jitter RNG will never deliver anything again.
  case permanentFailure(JitterHealthFailures)
}
