// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The clocks of the system at one moment.
struct ClockReading: Equatable, Sendable {
  /// CLOCK_REALTIME: can be set.
  var realtime: Duration
  /// CLOCK_MONOTONIC: stands still during suspend.
  var monotonic: Duration
  /// CLOCK_BOOTTIME: goes on during suspend.
  var boottime: Duration

  /// - Returns: `nil` if the thread lost its processor while it read them: they would not belong together.
  static func now() -> ClockReading? {
    let begin = read(CLOCK_MONOTONIC)
    let (realtime, boottime) = (read(CLOCK_REALTIME), read(CLOCK_BOOTTIME))
    let end = read(CLOCK_MONOTONIC)
    guard end - begin < .milliseconds(5) else { return nil }
    return ClockReading(realtime: realtime, monotonic: end, boottime: boottime)
  }

  private static func read(_ clock: clockid_t) -> Duration {
    var time = timespec()
    // Fills `time`; it fails for no clock that Linux has.
    unsafe clock_gettime(clock, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}

/// Notices that the machine went on from where it had been stopped.
///
/// What stopped it may have a copy of its memory: the image of a suspended or saved machine, from which more than one can go
/// on. No generator can know that by itself, and each of them would go on with the same seed. So whoever sees one of these
/// signs asks for a reseed; one too many costs some milliseconds.
struct ClockWatch: Sendable {
  enum Sign: Equatable, Sendable {
    case resumed
    /// The clock was set, as it is in a machine that was saved and comes back.
    case clockWasSet
  }

  /// Less is the time that reading takes.
  static let shortestSuspend: Duration = .milliseconds(50)
  /// Time servers correct less than that by the speed of the clock.
  static let smallestStep: Duration = .milliseconds(500)

  private var last: ClockReading?

  init() {}

  /// Compares a reading with the one before.
  mutating func observe(_ reading: ClockReading?) -> Sign? {
    guard let reading else { return nil }
    defer { last = reading }
    guard let last else { return nil }
    let passed = reading.boottime - last.boottime
    if passed - (reading.monotonic - last.monotonic) >= Self.shortestSuspend { return .resumed }
    let step = reading.realtime - last.realtime - passed
    return step >= Self.smallestStep || step <= .zero - Self.smallestStep ? .clockWasSet : nil
  }
}
