// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("Event sources: pools of the processors and the seed taken from them")
struct EventHarvestTests {
  // MARK: - Accounting

  @Test("of 2000 waiting interrupts of 8 processors 256 are used, 1744 remain unused")
  func surplus() {
    var machine = Machine(events: Array(repeating: 250, count: 8))
    let harvest = machine.harvest(requestedBits: 256)
    #expect(harvest.entropy == ConditionedEntropy(obtainedBits: 256, collectedBits: 256))
    #expect(harvest.used == [250, 6, 0, 0, 0, 0, 0, 0])
    #expect(harvest.unused == [0, 244, 250, 250, 250, 250, 250, 250])
    #expect(machine.waiting.reduce(0, +) == 1744)
  }

  @Test("of one processor no more events count than its digest holds: 2000 are 256 of SHA-256, or 512 of SHA-512")
  func digestLimit() {
    var short = Machine(.sha256, events: [2000])
    #expect(short.harvest(requestedBits: 256).used == [256])
    #expect(short.waiting == [0])
    var long = Machine(.sha512, events: [2000])
    #expect(long.harvest(requestedBits: 256).used == [256])
    #expect(long.waiting == [256])
  }

  @Test("without compression no more events count than the array holds")
  func arrayLimit() {
    var machine = Machine(.sha512, events: [1000], size: .bytes256, compresses: false)
    #expect(machine.harvest(requestedBits: 512).entropy.obtainedBits == 256)
    #expect(machine.waiting == [0])
  }

  @Test("a seed that can't get all gets what there is", arguments: [0, 1, 31, 104, 255] as [UInt32])
  func shortage(events: UInt32) {
    var machine = Machine(events: [events])
    #expect(machine.harvest(requestedBits: 256).entropy.obtainedBits == events)
    #expect(machine.waiting == [0])
  }

  @Test(
    "oversampling collects 64 bits more than are obtained",
    arguments: [
      (.sha512, [448], 384, 448, 384), (.sha512, [600], 384, 448, 384), (.sha256, [256], 256, 256, 192),
      (.sha256, [88], 256, 88, 24), (.sha256, [200, 200], 256, 320, 256), (.sha256, [64], 256, 64, 0),
      (.sha256, [200, 200], 384, 320, 256),
    ] as [(HashAlgorithm, [UInt32], UInt32, UInt32, UInt32)])
  func oversampling(hash: HashAlgorithm, events: [UInt32], requested: UInt32, collected: UInt32, obtained: UInt32) {
    var machine = Machine(hash, events: events)
    let entropy = machine.harvest(requestedBits: requested, oversamplingBits: 64, slotLength: 48).entropy
    #expect(entropy == ConditionedEntropy(obtainedBits: obtained, collectedBits: collected))
  }

  @Test(
    "the credit is events · 256 / rate, and the events for a full seed suffice at any rate",
    arguments: [256, 257, 300, 512, 1024, 2048, 2560] as [UInt32])
  func rates(rate: UInt32) {
    var machine = Machine(events: [rate * 2], rate: rate)
    #expect(machine.harvest(requestedBits: 256).entropy.obtainedBits == 256)
    var half = Machine(events: [rate / 2], rate: rate)
    #expect(half.harvest(requestedBits: 256).entropy.obtainedBits == rate / 2 * 256 / rate)
  }

  @Test("a source without credit gives nothing and keeps its events")
  func noCredit() {
    var machine = Machine(events: [2000], rate: .max)
    let harvest = machine.harvest(requestedBits: 256)
    #expect(harvest.entropy == ConditionedEntropy(obtainedBits: 0, collectedBits: 0))
    #expect(harvest.slot == Array(repeating: 0, count: 32))
    #expect(machine.waiting == [2000])
  }

  @Test("a request for nothing takes nothing, not even for oversampling")
  func emptyRequest() {
    var machine = Machine(events: [100])
    #expect(machine.harvest(requestedBits: 0, oversamplingBits: 64).entropy.obtainedBits == 0)
    #expect(machine.waiting == [100])
  }

  @Test("no request is so large that a slot is credited with more than it holds", arguments: [0, 1, 8, 32, 48])
  func slotLimit(slotLength: Int) {
    var machine = Machine(.sha512, events: Array(repeating: 500, count: 4))
    let entropy = machine.harvest(requestedBits: .max, oversamplingBits: .max, slotLength: slotLength).entropy
    #expect(entropy.obtainedBits == 0)
    let all = machine.harvest(requestedBits: .max, slotLength: slotLength).entropy
    #expect(all.obtainedBits <= UInt32(slotLength) * 8)
  }

  @Test("the order of processors does not change the credit")
  func order() {
    let counts: [UInt32] = [3, 120, 0, 77, 200]
    var forwards = Machine(events: counts)
    var backwards = Machine(events: counts.reversed())
    #expect(
      forwards.harvest(requestedBits: 256).entropy == backwards.harvest(requestedBits: 256).entropy)
    #expect(forwards.waiting.reduce(0, +) == backwards.waiting.reduce(0, +))
  }

  @Test("what is available is what a harvest obtains", arguments: [0, 64] as [UInt32])
  func available(oversamplingBits: UInt32) {
    for events: [UInt32] in [[0], [88], [256], [2000], [100, 100], [200, 400, 13]] {
      var machine = Machine(events: events)
      let availableBits = machine.availableBits(oversamplingBits: oversamplingBits)
      let entropy = machine.harvest(requestedBits: 256, oversamplingBits: oversamplingBits).entropy
      #expect(entropy.obtainedBits == availableBits)
    }
  }

  @Test("an array too small for a seed needs continuous compression")
  func continuousCompression() {
    func needs(_ size: CollectionSize, rate: UInt32, _ resolution: TimerResolution = .high) -> Bool {
      EventAccounting(
        configuredRate: EventRate(eventsPer256Bits: rate), resolution: resolution, size: size,
        compressesContinuously: false
      ).needsContinuousCompression
    }
    #expect(needs(.bytes32, rate: 256))
    #expect(!needs(.bytes256, rate: 256))
    #expect(needs(.bytes256, rate: 257))
    #expect(!needs(.bytes1024, rate: 1024))
    #expect(needs(.bytes1024, rate: 1025))
    #expect(needs(.bytes8192, rate: 256, .low))
    #expect(!needs(.bytes32, rate: .max))
  }

  // MARK: - Data

  @Test("the seed is the hash of the pools' digests, cut to the entropy and followed by zeroes")
  func data() {
    var machine = Machine(.sha256, events: [100, 20])
    let digests = machine.arrays.map { digest(.sha256, bytes(of: $0)) }
    let seed = digest(.sha256, digests[0] + digests[1])
    #expect(machine.harvest(requestedBits: 256).slot == seed.prefix(15) + Array(repeating: 0, count: 17))
  }

  @Test("the digest is cut to whole bytes that hold the credited bits", arguments: [(1, 1), (8, 1), (9, 2), (255, 32)])
  func truncation(events: UInt32, length: Int) {
    var machine = Machine(events: [events])
    let slot = machine.harvest(requestedBits: 256).slot
    #expect(slot.dropFirst(length).allSatisfy { $0 == 0 })
    #expect(slot[0] != 0 || slot[length - 1] != 0)
  }

  @Test("compressed arrays reach the seed in order, with the array as it stands at the end")
  func compression() {
    var machine = Machine(.sha512, events: [256])
    let first = machine.arrays[0]
    machine.compress(cpu: 0)
    machine.arrays[0][17] ^= 0xFFFF
    let expected = digest(.sha512, digest(.sha512, bytes(of: first) + bytes(of: machine.arrays[0])))
    #expect(machine.harvest(requestedBits: 256).slot == Array(expected.prefix(32)))
  }

  @Test("after a harvest the pool goes on with a one-way image of what it gave")
  func backtracking() {
    var machine = Machine(.sha256, events: [256])
    let given = digest(.sha256, bytes(of: machine.arrays[0]))
    _ = machine.harvest(requestedBits: 256)
    let image = digest(.sha256, [1] + given)
    machine.count(256, cpu: 0)
    let expected = digest(.sha256, digest(.sha256, image + bytes(of: machine.arrays[0])))
    #expect(machine.harvest(requestedBits: 256).slot == expected)
  }

  @Test(
    "neither the digest nor the seed stands in the pool after a harvest", arguments: [HashAlgorithm.sha256, .sha512])
  func nothingToRead(algorithm: HashAlgorithm) {
    let array = (0..<UInt32(256)).map { $0 &* 0x9E37_79B9 }
    var pool = EventPool(algorithm)
    let events = UnusedEvents(counted: 256)
    var harvest = EventHarvest(
      requestedBits: 256, oversamplingBits: 0, accounting: Machine.accounting(rate: 256), hash: algorithm)
    _ = harvest.take(from: &pool, counting: events, array: array.span)
    var slot = [UInt8](repeating: 0, count: 32)
    var slotSpan = slot.mutableSpan
    _ = harvest.finish(into: &slotSpan)
    let given = digest(algorithm, bytes(of: array))
    let memory = withUnsafeBytes(of: &pool) { Array($0) }
    let image = digest(algorithm, [1] + given)
    #expect(memory.contains(image.prefix(16)), "the test would see what stands there")
    #expect(!memory.contains(given.prefix(16)))
    #expect(!memory.contains(slot.prefix(16)))
  }

  @Test("pools with different hashes work together")
  func mixedHashes() {
    let accounting = Machine.accounting(rate: 256)
    var harvest = EventHarvest(requestedBits: 256, oversamplingBits: 0, accounting: accounting, hash: .sha512)
    var collected: [UInt8] = []
    for (index, algorithm) in [HashAlgorithm.sha256, .sha512, .sha3_256, .sha3_512].enumerated() {
      var pool = EventPool(algorithm)
      let events = UnusedEvents(counted: 80)
      let array: [UInt32] = [1, 2, 3, UInt32(index)]
      _ = harvest.take(from: &pool, counting: events, array: array.span)
      collected += digest(algorithm, bytes(of: array))
    }
    var slot = [UInt8](repeating: 0, count: 32)
    var span = slot.mutableSpan
    #expect(harvest.finish(into: &span).obtainedBits == 256)
    #expect(slot == Array(digest(.sha512, collected).prefix(32)))
  }

  // MARK: - Failure and switching

  @Test("a failed source loses data and credit")
  func discarding() {
    var machine = Machine(events: [300])
    machine.compress(cpu: 0)
    machine.discard(cpu: 0)
    #expect(machine.waiting == [0])
    #expect(machine.arrays[0].allSatisfy { $0 == 0 })
    machine.count(256, cpu: 0)
    let expected = digest(.sha256, digest(.sha256, Array(repeating: 0, count: 1024)))
    #expect(machine.harvest(requestedBits: 256).slot == expected)
  }

  #if Switching
    @Test(
      "a switched pool begins with the old digest and counts no more than both digests hold",
      arguments: [
        (.sha256, .sha512, 2000, 256), (.sha512, .sha256, 2000, 256), (.sha512, .sha512, 2000, 512),
        (.sha256, .sha3_256, 200, 200), (.sha3_512, .sha256, 2000, 256),
      ] as [(HashAlgorithm, HashAlgorithm, UInt32, UInt32)])
    func switching(from old: HashAlgorithm, to new: HashAlgorithm, events count: UInt32, remaining: UInt32) {
      let array: [UInt32] = [1, 2, 3, 4]
      var pool = EventPool(old)
      let events = UnusedEvents(counted: count)
      pool.compress(array.span)
      pool.switchHash(to: new, counting: events, accounting: Machine.accounting(rate: 256))
      #expect(events.count == remaining)
      #expect(pool.algorithm == new)
      var result = HashPool.Digest(repeating: 0)
      pool.drain(with: array.span, into: &result)
      let expected = digest(new, digest(old, bytes(of: array)) + bytes(of: array))
      #expect((0..<expected.count).map { result[$0] } == expected)
    }
  #endif

  // MARK: - Fixture

  /// An event source on a machine with some processors.
  private struct Machine {
    typealias Harvest = (slot: [UInt8], entropy: ConditionedEntropy, used: [UInt32], unused: [UInt32])

    var arrays: [[UInt32]]
    private var cpus: [Processor]
    private let hash: HashAlgorithm
    private let accounting: EventAccounting

    init(
      _ hash: HashAlgorithm = .sha256, events: [UInt32], rate: UInt32 = 256, size: CollectionSize = .bytes1024,
      compresses: Bool = true
    ) {
      self.hash = hash
      accounting = Self.accounting(rate: rate, size: size, compresses: compresses)
      cpus = events.map { Processor(hash, events: $0) }
      arrays = events.indices.map { cpu in
        (0..<UInt32(size.lengthInWords)).map { $0 &* 0x9E37_79B9 ^ UInt32(cpu) }
      }
    }

    static func accounting(
      rate: UInt32, size: CollectionSize = .bytes1024, compresses: Bool = true
    ) -> EventAccounting {
      EventAccounting(
        configuredRate: EventRate(eventsPer256Bits: rate), resolution: .high, size: size,
        compressesContinuously: compresses)
    }

    var waiting: [UInt32] { cpus.map { $0.events.count } }

    func availableBits(oversamplingBits: UInt32) -> UInt32 {
      let countable = waiting.map { accounting.countableEvents(waiting: $0, pool: hash) }.reduce(0, +)
      return accounting.availableBits(
        ofCountableEvents: countable, oversamplingBits: oversamplingBits, hash: hash)
    }

    mutating func harvest(requestedBits: UInt32, oversamplingBits: UInt32 = 0, slotLength: Int = 32) -> Harvest {
      var harvest = EventHarvest(
        requestedBits: requestedBits, oversamplingBits: oversamplingBits, accounting: accounting, hash: hash)
      var taken: [(used: UInt32, unused: UInt32)] = []
      for (cpu, array) in zip(cpus, arrays) {
        taken.append(harvest.take(from: &cpu.pool, counting: cpu.events, array: array.span))
      }
      var slot = [UInt8](repeating: 0xAA, count: slotLength)
      var span = slot.mutableSpan
      let entropy = harvest.finish(into: &span)
      return (slot, entropy, taken.map(\.used), taken.map(\.unused))
    }

    mutating func compress(cpu: Int) {
      let array = arrays[cpu]
      cpus[cpu].pool.compress(array.span)
    }

    mutating func count(_ events: Int, cpu: Int) {
      for _ in 0..<events { cpus[cpu].events.countOne() }
    }

    mutating func discard(cpu: Int) {
      var memory = arrays[cpu]
      var span = memory.mutableSpan
      cpus[cpu].pool.discard(counting: cpus[cpu].events, array: &span)
      arrays[cpu] = memory
    }

    private final class Processor {
      var pool: EventPool
      let events: UnusedEvents

      init(_ hash: HashAlgorithm, events: UInt32) {
        pool = EventPool(hash)
        self.events = UnusedEvents(counted: events)
      }
    }
  }
}
