// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("The path of an event into the collection array")
struct EventCollectorTests {
  @Test("until the step of the counter is known, whole stamps are stored and counted")
  func wholeStamps() {
    var cpu = Processor()
    for index in UInt32(1)...100 {
      let result = cpu.collect(cpu.stamp(index))
      #expect(result.fate == .credited)
      #expect(result.completesGCD == (index == 100))
    }
    #expect(cpu.words[0] == cpu.stamp(1))
    #expect(cpu.words[99] == cpu.stamp(100))
    #expect(cpu.events.count == 100)
    #expect(cpu.source.gcd.divisor == 1)
  }

  @Test("from then on a stamp takes one slot, divided by the step")
  func slots() {
    var cpu = Processor(step: 40)
    cpu.settle()
    #expect(cpu.source.gcd.divisor == 40)
    cpu.collect(0x1FF * 40)
    // 100 words fill slots 0 to 399; the first slot after them is left empty.
    #expect(cpu.bytes[400...401] == [0, 0xFF])
    #expect(cpu.events.count == 101)
  }

  @Test("a sample that a recorder took is neither stored nor counted, and the tests do not see it")
  func recorder() {
    for isSettled in [false, true] {
      var cpu = Processor()
      if isSettled { cpu.settle() }
      let words = cpu.words
      let count = cpu.events.count
      for index in UInt32(1)...200 {
        let result = cpu.collect(cpu.stamp(index), isSwallowedByRecorder: true)
        #expect(result == CollectedEvent(fate: .swallowedByRecorder))
      }
      #expect(cpu.words == words)
      #expect(cpu.events.count == count)
      #expect(cpu.source.gcd.isKnown == isSettled)
    }
  }

  @Test("in FIPS mode a recorded sample does not bring the start-up test forward")
  func recorderInFIPSMode() {
    #if HealthTests
      var cpu = Processor(healthTestsRequested: true)
      for index in UInt32(1)...2000 { cpu.collect(cpu.stamp(index), isSwallowedByRecorder: true) }
      #expect(cpu.source.health.state == .startingUp(remainingSamples: 1024))
    #endif
  }

  @Test("without FIPS mode a stuck stamp is stored and not counted")
  func stuck() {
    #if HealthTests
      var cpu = Processor()
      cpu.settle()
      cpu.collect(50)
      let count = cpu.events.count
      let position = cpu.position
      #expect(cpu.collect(50).fate == .mixedOnly)
      #expect(cpu.events.count == count)
      #expect(cpu.position == position + 1)
    #endif
  }

  @Test("in FIPS mode a stuck stamp is dropped: not stored, not counted")
  func stuckInFIPSMode() {
    #if HealthTests
      var cpu = Processor(healthTestsRequested: true)
      cpu.settle()
      cpu.collect(50)
      let (words, count, position) = (cpu.words, cpu.events.count, cpu.position)
      #expect(cpu.collect(50) == CollectedEvent(fate: .dropped))
      #expect(cpu.words == words)
      #expect(cpu.events.count == count)
      #expect(cpu.position == position)
    #endif
  }

  @Test("in FIPS mode events are collected during the start-up test, and its end is reported once")
  func startup() {
    #if HealthTests
      var cpu = Processor(healthTestsRequested: true)
      var reports: [UInt32] = []
      for index in UInt32(1)...1500 where cpu.collect(cpu.stamp(index)).healthReport == .startupTestPassed {
        reports.append(index)
      }
      #expect(reports == [1024])
      #expect(cpu.source.health.mayDeliver)
      #expect(cpu.events.count > 1400)
    #endif
  }

  @Test("a failing source measures its step anew and is reported to the host")
  func failure() {
    #if HealthTests
      var cpu = Processor(healthTestsRequested: true)
      for index in UInt32(1)...1100 { cpu.collect(cpu.stamp(index)) }
      #expect(cpu.source.gcd.isKnown)
      var reports: [HealthReport] = []
      for _ in 0..<200 {
        if let report = cpu.collect(7).healthReport { reports.append(report) }
      }
      #expect(reports == [.intermittentFailure, .permanentFailure])
      #expect(!cpu.source.health.mayDeliver)
      cpu.source.reset()
      #expect(!cpu.source.gcd.isKnown)
      #expect(cpu.collect(cpu.stamp(1)).fate == .credited)
    #endif
  }

  @Test("after a gap in the events the first stamp is not compared with those before")
  func derivatives() {
    #if HealthTests
      var cpu = Processor()
      cpu.settle()
      cpu.collect(50)
      cpu.collector.restartDerivatives()
      #expect(cpu.collect(50).fate == .credited)
    #endif
  }

  @Test("the array is full with its last slot, and every 32 slots there is a checkpoint", arguments: [256, 1024])
  func signals(size: UInt32) throws {
    var cpu = Processor(try #require(CollectionSize(rawValue: size)))
    cpu.settle()
    var generator = SplitMix64(seed: 2)
    for _ in 0..<5000 {
      let result = cpu.collect(UInt32(truncatingIfNeeded: generator.next()))
      #expect(result.isArrayFull == (cpu.position == size - 1))
      #expect(result.isCheckpoint == (cpu.position % 32 == 0 || cpu.position == size - 1))
    }
  }

  @Test("an array of 32 bytes is full with every eighth whole stamp, which is not counted")
  func smallestArray() {
    var cpu = Processor(.bytes32)
    for index in UInt32(1)...64 {
      let result = cpu.collect(cpu.stamp(index))
      #expect(result.isArrayFull == (index % 8 == 0))
      // It has overwritten the first word before the host could compress it.
      #expect(result.fate == (index % 8 == 0 ? .mixedOnly : .credited))
    }
    #expect(cpu.events.count == 56)
  }

  @Test("at low resolution the whole stamp and a word of other data are stored, without any health test")
  func lowResolution() {
    var cpu = Processor(resolution: .low)
    for _ in 0..<3 { #expect(cpu.collect(0x500, otherData: 0xABCD).fate == .credited) }
    #expect(cpu.words.prefix(7) == [0xABCD, 0x500, 0xABCD, 0x500, 0xABCD, 0x500, 0])
    #expect(cpu.events.count == 3)
  }

  @Test("at low resolution no more events are counted than the array holds")
  func lowResolutionCapacity() {
    var cpu = Processor(resolution: .low)
    var counted: UInt32 = 0
    repeat { counted += cpu.collect(0x500).fate == .credited ? 1 : 0 } while cpu.position != 0
    #expect(counted == CollectionSize.bytes1024.capacityInEvents(at: .low) - 1)
  }

  @Test("at low resolution a source in FIPS mode mixes its events in and counts none")
  func lowResolutionInFIPSMode() {
    var cpu = Processor(resolution: .low, healthTestsRequested: true)
    for index in UInt32(1)...2000 { #expect(cpu.collect(cpu.stamp(index)).fate == .mixedOnly) }
    #expect(cpu.events.count == 0)
    #expect(!cpu.source.health.mayDeliver)
  }

  @Test("the path for settled sources does the same as the general one")
  func settledPath() {
    var general = Processor()
    var settled = Processor()
    general.settle()
    settled.settle()
    var generator = SplitMix64(seed: 3)
    for _ in 0..<3000 {
      let stamp = UInt32(truncatingIfNeeded: generator.next() % 300)
      #expect(general.collect(stamp) == settled.collectSettled(stamp))
    }
    #expect(general.words == settled.words)
    #expect(general.events.count == settled.events.count)
  }

  @Test("the shortest path does the same, for steps of a power of two", arguments: [1, 2, 4, 8] as [UInt32])
  func plainPath(step: UInt32) throws {
    var general = Processor(step: step)
    var plain = Processor(step: step)
    general.settle()
    plain.settle()
    let shift = try #require(plain.source.plainShift)
    #expect(UInt32(1) << shift == step)
    var generator = SplitMix64(seed: 4)
    for _ in 0..<3000 {
      let stamp = UInt32(truncatingIfNeeded: generator.next() % 300) * step
      let collected = general.collect(stamp)
      #expect(plain.collectPlain(stamp, shift) == collected.isCheckpoint)
    }
    #expect(general.bytes == plain.bytes)
    #expect(general.events.count == plain.events.count)
    #expect(general.position == plain.position)
  }

  @Test("there is no shortest path for other steps, in FIPS mode, or before the step is known")
  func noPlainPath() {
    var odd = Processor(step: 3)
    #expect(odd.source.plainShift == nil)
    odd.settle()
    #expect(odd.source.plainShift == nil)
    var tested = Processor(healthTestsRequested: true)
    tested.settle()
    #expect(tested.source.plainShift == nil)
    #expect(EventSourceState(resolution: .low, healthTestsRequested: false).plainShift == nil)
  }

  @Test(
    "the way of calm events does the same, whatever the noise is like", arguments: [1, 3, 8, 1000] as [UInt32],
    [false, true])
  func calmWay(step: UInt32, testsHealth: Bool) {
    var general = Processor(step: step, healthTestsRequested: testsHealth)
    var calm = Processor(step: step, healthTestsRequested: testsHealth)
    var generator = SplitMix64(seed: UInt64(step))
    var calmEvents = 0
    var reports: [[HealthReport]] = []
    // Good noise; a symbol that is too frequent, but not enough to fail; one that fails; a counter that stands still for a
    // while; one that does so for good.
    for (events, likeliness, isStuck) in [
      (3000, 0, false), (3000, 100, false), (3000, 160, false), (3000, 0, false), (40, 0, true), (4000, 0, false),
      (200, 0, true), (100, 0, false),
    ] as [(Int, UInt64, Bool)] {
      reports.append([])
      for _ in 0..<events {
        var sample = UInt32(truncatingIfNeeded: generator.next() & 0xFFFF)
        if generator.next() % 256 < likeliness { sample = sample & ~0xF | 5 }
        if isStuck { sample = 77 }
        let collected = general.collect(sample * step)
        if let other = calm.collectCalm(sample * step) {
          #expect(other == collected)
        } else {
          calmEvents += 1
          #expect(collected.fate == .credited && collected.healthReport == nil)
        }
        if let report = collected.healthReport { reports[reports.count - 1].append(report) }
        #expect(general.position == calm.position && general.events.count == calm.events.count)
      }
      #expect(general.words == calm.words)
      #expect(general.source.health.state == calm.source.health.state)
    }
    // What each of them is for is reached.
    #if HealthTests
      #expect(reports[1] == [] && reports[3] == [])
      #expect(reports[2].contains(.intermittentFailure) == testsHealth)
      #expect(reports[4] == (testsHealth ? [.intermittentFailure] : []))
      #expect(reports[6].last == (testsHealth ? .permanentFailure : nil))
      #expect(calmEvents > 5000)
    #else
      #expect((calmEvents > 5000) != testsHealth)
    #endif
  }

  /// One processor with a source of its own.
  private struct Processor: ~Copyable {
    var source: EventSourceState
    var collector: EventCollector
    let events = UnusedEvents()
    var words: [UInt32]
    var position: UInt32 { collector.position }
    private let step: UInt32

    init(
      _ size: CollectionSize = .bytes1024, step: UInt32 = 1, resolution: TimerResolution = .high,
      healthTestsRequested: Bool = false
    ) {
      source = EventSourceState(resolution: resolution, healthTestsRequested: healthTestsRequested)
      collector = EventCollector(size)
      words = Array(repeating: 0, count: size.lengthInWords)
      self.step = step
    }

    /// A time stamp that no derivative foretells.
    func stamp(_ index: UInt32) -> UInt32 {
      var generator = SplitMix64(seed: UInt64(index))
      return UInt32(truncatingIfNeeded: generator.next()) / step * step
    }

    /// Collects the events that make the step of the counter known.
    mutating func settle() {
      for index in UInt32(1)...100 { collect(stamp(index)) }
    }

    @discardableResult
    mutating func collect(
      _ stamp: UInt32, otherData: UInt32 = 0, isSwallowedByRecorder: Bool = false
    ) -> CollectedEvent {
      let event = NoiseEvent(
        stamp: UInt64(stamp) | 1 << 40, otherData: otherData, isSwallowedByRecorder: isSwallowedByRecorder)
      var memory = words
      var span = memory.mutableSpan
      let result = collector.collect(event, from: &source, counting: events, in: &span)
      words = memory
      return result
    }

    mutating func collectSettled(_ stamp: UInt32) -> CollectedEvent {
      var memory = words
      var span = memory.mutableSpan
      let result = collector.collect(
        NoiseEvent(stamp: UInt64(stamp)), fromSettled: source, counting: events, in: &span)
      words = memory
      return result
    }

    /// As a host does it, which has to store the value.
    ///
    /// - Returns: Whether this is a checkpoint.
    mutating func collectPlain(_ stamp: UInt32, _ shift: UInt32) -> Bool {
      let (slot, value) = collector.collect(plainStamp: stamp, shiftedBy: shift, counting: events)
      store(value, in: slot)
      return slot % 32 == 0 || collector.isAtEnd
    }

    private mutating func store(_ value: UInt8, in slot: UInt32) {
      let offset = 8 * (slot % 4)
      words[Int(slot / 4)] = words[Int(slot / 4)] & ~(0xFF << offset) | UInt32(value) << offset
    }

    /// As a host does it, which takes the general way when this one is not open.
    ///
    /// - Returns: What became of an event that took the general way.
    mutating func collectCalm(_ stamp: UInt32) -> CollectedEvent? {
      if let (slot, value) = collector.collect(calmStamp: stamp, from: &source, counting: events) {
        store(value, in: slot)
        return nil
      }
      let result = collect(stamp)
      source.grantCalmEvents()
      return result
    }

    var bytes: [UInt8] {
      words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }
  }
}
