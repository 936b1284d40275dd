// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("Timer resolution")
struct TimerResolutionTests {
  @Test(
    "a counter is fine if the low 8 bits of either reading are not zero",
    arguments: [
      (0, 0, .low), (0x100, 0xFF00, .low), (UInt64.max << 8, 0x1_0000_0000, .low),
      (1, 0, .high), (0, 1, .high), (0x80, 0x100, .high), (UInt64.max, UInt64.max, .high),
    ] as [(UInt64, UInt64, TimerResolution)])
  func detection(first: UInt64, second: UInt64, resolution: TimerResolution) {
    #expect(TimerResolution(firstReading: first, secondReading: second) == resolution)
  }

  @Test("at high resolution the configured rate holds")
  func highResolution() {
    #expect(TimerResolution.high.effectiveRate(.oneBitPerEvent) == .oneBitPerEvent)
  }

  @Test("at low resolution ten times as many events are needed")
  func lowResolution() {
    #expect(TimerResolution.low.effectiveRate(.oneBitPerEvent).eventsPer256Bits == 2560)
  }

  @Test(
    "a rate that does not fit any more is no credit at all",
    arguments: [
      (429_496_729, 4_294_967_290), (429_496_730, .max), (1 << 31, .max), (.max - 1, .max), (.max, .max),
    ] as [(UInt32, UInt32)])
  func saturation(configured: UInt32, effective: UInt32) {
    let rate = TimerResolution.low.effectiveRate(EventRate(eventsPer256Bits: configured))
    #expect(rate.eventsPer256Bits == effective)
    #expect(rate.isCredited == (effective != .max))
  }
}
