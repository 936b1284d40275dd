// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension System {
  /// Milliseconds of a clock that goes on during suspend, so that a machine which slept through a reseed interval reseeds
  /// when it wakes up.
  static var monotonicMilliseconds: UInt64 {
    #if os(Linux)
      let clock = CLOCK_BOOTTIME
    #else
      let clock = CLOCK_MONOTONIC
    #endif
    var time = timespec()
    // Fills `time`; fails for no clock that the system has.
    guard unsafe clock_gettime(clock, &time) == 0 else { return 0 }
    return UInt64(truncatingIfNeeded: time.tv_sec) &* 1000 &+ UInt64(truncatingIfNeeded: time.tv_nsec) / 1_000_000
  }
}
