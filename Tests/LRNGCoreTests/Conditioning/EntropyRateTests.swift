// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("Entropy accounting: rates and oversampling")
struct EntropyRateTests {
  @Test("an event is worth at most one bit", arguments: [0, 1, 128, 255, 256] as [UInt32])
  func leastRate(configured: UInt32) {
    #expect(EventRate(eventsPer256Bits: configured) == .oneBitPerEvent)
  }

  @Test(
    "events are worth events · 256 / rate bits, rounded down",
    arguments: [
      (256, 0, 0), (256, 1, 1), (256, 2000, 2000), (512, 511, 255), (512, 512, 256), (1024, 1023, 255),
      (2048, 2048, 256), (257, 256, 255), (.max - 1, .max - 1, 256), (.max - 1, .max - 2, 255),
      (256, .max, .max),
    ] as [(UInt32, UInt32, UInt32)])
  func bits(rate: UInt32, events: UInt32, bits: UInt32) {
    #expect(EventRate(eventsPer256Bits: rate).bits(ofEvents: events) == bits)
  }

  @Test("no credit means no bits, however many events there are")
  func noCredit() {
    #expect(EventRate.noCredit.bits(ofEvents: .max) == 0)
    #expect(EventRate.noCredit.events(forBits: 1) == .max)
    #expect(!EventRate.noCredit.isCredited)
  }

  @Test(
    "the fewest events for an amount of entropy hold it, and one event less does not",
    arguments: [256, 257, 300, 511, 512, 2560, 16_777_215, 16_777_216, .max - 1] as [UInt32])
  func fewestEvents(rate: UInt32) {
    let rate = EventRate(eventsPer256Bits: rate)
    for bits: UInt32 in [1, 31, 32, 64, 128, 255, 256] {
      let events = rate.events(forBits: bits)
      #expect(rate.bits(ofEvents: events) == bits)
      #expect(rate.bits(ofEvents: events - 1) < bits)
    }
  }

  @Test("conversions saturate near 2^32 where the reference wraps around")
  func saturation() {
    let worst = EventRate(eventsPer256Bits: .max - 1)
    #expect(worst.events(forBits: 512) == .max)
    #expect(worst.events(forBits: .max) == .max)
    #expect(EventRate.oneBitPerEvent.events(forBits: .max) == .max)
    // 256 bits at 2^24 events: 2^32 in 32 bits would be 0.
    #expect(EventRate(eventsPer256Bits: 1 << 24).events(forBits: 256) == 1 << 24)
  }

  @Test("all rates around a power of two agree with exact arithmetic")
  func exactness() {
    for exponent in 8..<32 {
      for offset in [-1, 0, 1] {
        let rate = UInt32(clamping: (1 << exponent) + offset)
        guard rate >= 256 else { continue }
        for events: UInt32 in [0, 1, 255, 256, 257, 65_535, 1 << 24, .max] {
          let exact = UInt64(events) * 256 / UInt64(rate)
          #expect(UInt64(EventRate(eventsPer256Bits: rate).bits(ofEvents: events)) == exact)
        }
      }
    }
  }

  @Test(
    "data are worth their rate in 256 bits, and never more than their length",
    arguments: [
      (0, 256, 0), (1, 256, 1), (1, 255, 0), (8, 256, 8), (8, 384, 12), (16, 256, 16), (256, 256, 256), (257, 256, 256),
      (16_384, 384, 384), (.max, .max, .max), (128, .max, 2_147_483_647),
    ] as [(UInt32, UInt32, UInt32)])
  func dataRate(rate: UInt32, dataBits: UInt32, bits: UInt32) {
    #expect(DataRate(bitsPer256Bits: rate).bits(ofDataBits: dataBits) == bits)
  }

  @Test(
    "oversampling takes 64 bits away, and no more than there are",
    arguments: [(448, 384), (256, 192), (88, 24), (65, 1), (64, 0), (63, 0), (0, 0)] as [(UInt32, UInt32)])
  func oversampling(collected: UInt32, obtained: UInt32) {
    #expect(collected.reduced(byOversampling: 64) == obtained)
    #expect(collected.reduced(byOversampling: 0) == collected)
  }
}
