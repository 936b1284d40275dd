// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("An event source from time stamp to seed, as a host runs it")
struct EventSourceTests {
  @Test("3000 interrupts with continuous compression give the seed that a plain model of the path gives")
  func compressingSource() {
    var source = Source(compresses: true)
    var model = Model()
    for stamp in Self.stamps.prefix(3000) {
      source.collect(stamp)
      model.collect(stamp)
    }
    // 100 whole stamps fill 400 slots, 2900 further ones one slot each: 3300 slots are three rounds and a bit.
    #expect(source.compressions == 3)
    #expect(source.harvest().slot == model.seed())
  }

  @Test("credit grows by one bit with each interrupt: 32, 104 and 232 of them for the levels of the boot example")
  func bootExample() {
    var source = Source(compresses: true)
    for count in UInt32(1)...232 {
      source.collect(Self.stamps[Int(count)])
      #expect(source.availableBits == count)
    }
    #expect(source.harvest().obtainedBits == 232)
    #expect(source.availableBits == 0)
  }

  @Test("without compression as many of the latest events count as digest and array hold, however many there were")
  func overwritingSource() {
    var source = Source(compresses: false)
    for stamp in Self.stamps { source.collect(stamp) }
    #expect(source.compressions == 0)
    #expect(source.availableBits == 512)
    #expect(source.harvest().obtainedBits == 256)
  }

  @Test("no source in FIPS mode delivers before its start-up test, and after it everything it collected meanwhile")
  func startup() {
    #if HealthTests
      var source = Source(compresses: true, healthTestsRequested: true)
      for stamp in Self.stamps.prefix(1023) { source.collect(stamp) }
      #expect(source.availableBits == 0)
      source.collect(Self.stamps[1023])
      #expect(source.availableBits == 512)
    #endif
  }

  @Test("a failing source loses everything, and starts again from nothing")
  func failure() {
    #if HealthTests
      var source = Source(compresses: true, healthTestsRequested: true)
      for stamp in Self.stamps.prefix(2000) { source.collect(stamp) }
      #expect(source.availableBits == 512)
      for _ in 0..<32 { source.collect(7) }
      #expect(source.availableBits == 0)
      for stamp in Self.stamps.prefix(1024) { source.collect(stamp) }
      #expect(source.availableBits == 512)
    #endif
  }

  /// Stamps without any regularity that the stuck test would find.
  private static let stamps: [UInt32] = {
    var generator = SplitMix64(seed: 4)
    var stamps = IrregularStamps()
    return (0..<5000).map { _ in stamps.next(using: &generator) }
  }()

  /// Draws stamps of which neither the whole nor the lowest 8 bits repeat the derivatives of the one before.
  private struct IrregularStamps {
    private var lasts: [(Int, Int, Int)] = [(0, 0, 0), (0, 0, 0)]

    mutating func next(using generator: inout SplitMix64) -> UInt32 {
      while true {
        let stamp = UInt32(truncatingIfNeeded: generator.next())
        let values = [Int(stamp), Int(stamp & 0xFF)]
        let news = zip(values, lasts).map { value, last in
          (value, value - last.0, value - last.0 - last.1)
        }
        let isRegular = zip(news, lasts).contains { new, last in new.1 == 0 || new.2 == 0 || new.2 == last.2 }
        if isRegular { continue }
        lasts = news
        return stamp
      }
    }
  }

  /// One processor of a source with SHA-512, and what a host does about it.
  private struct Source: ~Copyable {
    private var state: EventSourceState
    private var collector = EventCollector(.bytes1024)
    private let events = UnusedEvents()
    private var pool = EventPool(.sha512)
    private var array = [UInt32](repeating: 0, count: CollectionSize.bytes1024.lengthInWords)
    private let accounting: EventAccounting
    private let compresses: Bool
    private(set) var compressions = 0

    init(compresses: Bool, healthTestsRequested: Bool = false) {
      state = EventSourceState(resolution: .high, healthTestsRequested: healthTestsRequested)
      accounting = EventAccounting(
        configuredRate: .oneBitPerEvent, resolution: .high, size: .bytes1024, compressesContinuously: compresses)
      self.compresses = compresses
    }

    var availableBits: UInt32 {
      guard state.health.mayDeliver else { return 0 }
      let countable = accounting.countableEvents(waiting: events.count, pool: pool.algorithm)
      return accounting.availableBits(ofCountableEvents: countable, oversamplingBits: 0, hash: .sha512)
    }

    mutating func collect(_ stamp: UInt32) {
      var memory = array
      var span = memory.mutableSpan
      let result = collector.collect(NoiseEvent(stamp: UInt64(stamp)), from: &state, counting: events, in: &span)
      switch result.healthReport {
      case .intermittentFailure, .permanentFailure: pool.discard(counting: events, array: &span)
      case .startupTestPassed, nil: break
      }
      if result.isArrayFull && compresses {
        pool.compress(span.span)
        compressions += 1
      }
      array = memory
    }

    mutating func harvest() -> (slot: [UInt8], obtainedBits: UInt32) {
      var harvest = EventHarvest(requestedBits: 256, oversamplingBits: 0, accounting: accounting, hash: .sha512)
      let memory = array
      _ = harvest.take(from: &pool, counting: events, array: memory.span)
      var slot = [UInt8](repeating: 0, count: 32)
      var span = slot.mutableSpan
      let entropy = harvest.finish(into: &span)
      return (slot, entropy.obtainedBits)
    }
  }

  /// The path of stamps with a step of 1 on a little-endian processor, written down byte by byte.
  private struct Model {
    private var stamps = 0
    private var slots = [UInt8](repeating: 0, count: 1024)
    private var message: [UInt8] = []
    private var position = 0

    mutating func collect(_ stamp: UInt32) {
      stamps += 1
      if stamps <= 100 {
        for byte in 0..<4 { slots[position + byte] = UInt8(truncatingIfNeeded: stamp >> (8 * byte)) }
        position += 4
      } else {
        position = (position + 1) % 1024
        slots[position] = UInt8(truncatingIfNeeded: stamp)
      }
      if position == 1023 { message += slots }
    }

    func seed() -> [UInt8] {
      Array(digest(.sha512, digest(.sha512, message + slots)).prefix(32))
    }
  }
}
