// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("The life of an LRNG: reseeds, loss, nodes, failing sources")
struct LifeTests {
  @Test("nothing leaves the LRNG before the self tests passed, or after one failed")
  func selfTests() throws {
    let lrng = SimulatedLRNG(selfTestsPassed: false)
    lrng.sources[.jitter] = SimulatedSource(.data(bitsPer256Bits: 256))
    lrng.seedByForce()
    #expect(throws: GenerationError.selfTestFailed) { try lrng.read(1, .available) }
    lrng.levels.recordSelfTests(failed: 0)
    lrng.seedByForce()
    #expect(try lrng.read(16).count == 16)
    lrng.levels.recordSelfTests(failed: 4)
    lrng.levels.recordSelfTests(failed: 0)
    let failed = lrng.levels.failedSelfTests
    #expect(failed == 4, "a later success does not lift a failure")
    #expect(throws: GenerationError.selfTestFailed) { try lrng.read(1) }
    #expect(throws: GenerationError.selfTestFailed) { try lrng.read(1, .available) }
    #expect(throws: GenerationError.selfTestFailed) { try lrng.readWithPredictionResistance(1) }
    var buffer = [UInt8](repeating: 0, count: 500)
    #expect(throws: RawSeedError.selfTestFailed) {
      var span = buffer.mutableSpan
      return try lrng.rawSeed(into: &span, isReseed: true)
    }
    #expect(buffer[16...].allSatisfy { $0 == 0 })
  }

  @Test("a self test that fails while the sources are read ends prediction resistance and raw seeds as well")
  func selfTestFailsDuringCollection() throws {
    let lrng = seeded()
    lrng.duringCollection = { $0.levels.recordSelfTests(failed: 4) }
    #expect(throws: GenerationError.selfTestFailed) { try lrng.readWithPredictionResistance(1) }
    let other = seeded()
    other.duringCollection = { $0.levels.recordSelfTests(failed: 4) }
    var buffer = [UInt8](repeating: 0, count: 500)
    #expect(throws: RawSeedError.selfTestFailed) {
      var span = buffer.mutableSpan
      return try other.rawSeed(into: &span, isReseed: true)
    }
    #expect(buffer[16...].allSatisfy { $0 == 0 })
  }

  @Test("a low limit of requests without a full seed makes reseeds due in time, and never stops a good LRNG")
  func lowRequestLimit() throws {
    let lrng = SimulatedLRNG(policy: SeedingPolicy(maximumRequestsWithoutReseed: 10))
    lrng.sources[.jitter] = SimulatedSource(.data(bitsPer256Bits: 256))
    lrng.seedByForce()
    for _ in 0..<100 { #expect(try lrng.read(1).count == 1) }
    #expect(!lrng.events.contains(.nonOperational))
  }

  @Test("a reseed is due after 2^20 requests")
  func requestLimit() throws {
    let lrng = seeded()
    let seeds = lrng.generator(.initial) { $0.seedCount }
    lrng.generator(.initial) { $0.requestsUntilReseed = 2 }
    _ = try lrng.read(4096)
    _ = try lrng.read(1)
    #expect(lrng.generator(.initial) { $0.seedCount } == seeds)
    _ = try lrng.read(1)
    #expect(lrng.generator(.initial) { $0.seedCount } == seeds + 1)
    #expect(lrng.generator(.initial) { $0.requestsUntilReseed } == (1 << 20) - 1)
  }

  @Test("a request does not wait for a reseed that somebody else was asked to do, but for all others")
  func reseedElsewhere() throws {
    let lrng = seeded()
    let seeds = lrng.generator(.initial) { $0.seedCount }
    lrng.generator(.initial) { $0.requestsUntilReseed = 0 }
    _ = try lrng.read(1, dueReseed: .elsewhere)
    #expect(lrng.generator(.initial) { $0.seedCount } == seeds)
    lrng.generator(.initial) { $0.forceReseed() }
    _ = try lrng.read(1, dueReseed: .elsewhere)
    #expect(lrng.generator(.initial) { $0.seedCount } == seeds + 1)
    lrng.clockInMilliseconds += 600_001
    _ = try lrng.read(1, dueReseed: .elsewhere)
    #expect(lrng.generator(.initial) { $0.seedCount } == seeds + 2)
  }

  @Test("long reads count as one request for each 4096 bytes")
  func chunks() throws {
    let lrng = seeded()
    let before = lrng.generator(.initial) { $0.requestsUntilReseed }
    #expect(try lrng.read(3 * 4096 + 1).count == 3 * 4096 + 1)
    #expect(lrng.generator(.initial) { $0.requestsUntilReseed } == before - 4)
  }

  @Test("a reseed never blocks the caller: while one thread seeds, others are served and try again later")
  func reseedInProgress() throws {
    let lrng = seeded()
    lrng.sources[.interrupt] = SimulatedSource(.events(eventsPer256Bits: 256, digestInBits: 512), unused: 256)
    lrng.forceReseed()
    var served: [UInt8] = []
    lrng.duringCollection = { lrng in served = (try? lrng.read(32)) ?? [] }
    _ = try lrng.read(32)
    #expect(served.count == 32)
    lrng.duringCollection = nil
    let seeds = lrng.generator(.initial) { $0.seedCount }
    _ = try lrng.read(32)
    #expect(lrng.generator(.initial) { $0.seedCount } == seeds, "the seeding served the request that was put off")
  }

  @Test("at 2^30 requests without a full seed the LRNG stops to be operational, and insecure reads go on")
  func wornOut() throws {
    let lrng = seeded()
    lrng.sources[.jitter]?.isWorking = false
    lrng.generator(.initial) { $0.requestsSinceFullySeeded = (1 << 30) - 1 }
    #expect(try lrng.read(16).count == 16)
    #expect(throws: GenerationError.notFullySeeded) { try lrng.read(16) }
    #expect(!lrng.isOperational)
    #expect(lrng.level == .unseeded)
    #expect(lrng.events.contains(.nonOperational))
    #expect(try lrng.read(16, .available).count == 16)

    lrng.sources[.jitter]?.isWorking = true
    lrng.seedByForce()
    #expect(lrng.isOperational)
    #expect(try lrng.read(16).count == 16)
  }

  @Test("an insecure read that finds the seed worn out tells so, and those who wait get a new one")
  func wornOutUnderInsecureReads() throws {
    let lrng = seeded()
    lrng.sources[.jitter]?.isWorking = false
    lrng.generator(.initial) { $0.requestsSinceFullySeeded = 1 << 30 }
    #expect(try lrng.read(16, .available).count == 16)
    #expect(!lrng.isOperational)
    #expect(!lrng.areAllNodesFullySeeded)
    #expect(lrng.events.contains(.nonOperational))
    #expect(throws: GenerationError.notFullySeeded) { try lrng.read(16) }

    lrng.sources[.jitter]?.isWorking = true
    lrng.seedByForce()
    #expect(lrng.isOperational)
    #expect(try lrng.read(16).count == 16)
  }

  @Test("a seed that is lost while its seeding ends: the LRNG knows it, and gets another")
  func lossBeforeConclusion() throws {
    let lrng = SimulatedLRNG()
    lrng.sources[.jitter] = SimulatedSource(.data(bitsPer256Bits: 256))
    // The trace is the moment between the generator's lock and the conclusion.
    lrng.duringTrace = { lrng, event in
      guard case .generatorFullySeeded = event else { return }
      lrng.duringTrace = nil
      lrng.sourceDidFail(.jitter, isPermanent: false)
    }
    lrng.seedByForce()
    #expect(!lrng.isFullySeeded(.initial))
    #expect(!lrng.isOperational)
    #expect(!lrng.areAllNodesFullySeeded)
    lrng.seedByForce()
    #expect(lrng.isOperational)
    #expect(try lrng.read(16).count == 16)
  }

  @Test("a long read that wears the seed out comes back short")
  func shortRead() throws {
    let lrng = seeded()
    lrng.sources[.jitter]?.isWorking = false
    lrng.generator(.initial) { $0.requestsSinceFullySeeded = (1 << 30) - 2 }
    #expect(try lrng.read(5 * 4096).count == 2 * 4096)
  }

  @Test("long before 2^30 a reseed takes whatever there is, in rounds, and renews the seed")
  func wearing() throws {
    let lrng = SimulatedLRNG.withReferenceRates()
    lrng.seedByForce()
    #expect(lrng.isOperational)
    lrng.generator(.initial) {
      $0.requestsSinceFullySeeded = 1 << 28
      $0.forceReseed()
    }
    _ = try lrng.read(1)
    #expect(lrng.lastSkip != nil, "24 bits are not worth a reseed while the seed is young")
    lrng.generator(.initial) {
      $0.requestsSinceFullySeeded = 1 << 29
      $0.forceReseed()
    }
    _ = try lrng.read(1)
    #expect(lrng.generator(.initial) { $0.requestsSinceFullySeeded } == 1)
  }

  @Test("8 nodes with 160 processors: seeded in order, served by node 0 meanwhile, reseeded 100 s apart")
  func nodes() throws {
    let lrng = SimulatedLRNG(nodeCount: 8)
    // Each of 160 processors has a pool of its own that gives at most a digest of 256 bits.
    lrng.sources[.interrupt] = SimulatedSource(
      .events(eventsPer256Bits: 256, digestInBits: 160 * 256), unused: 0)
    var order: [Int] = []
    for _ in 0..<8 {
      lrng.sources[.interrupt]?.unused = 256
      lrng.entropyArrived()
      order += (0..<8).filter { lrng.isFullySeeded(.node($0)) && !order.contains($0) }
      for node in 0..<8 { #expect(try lrng.read(8, node: node).count == 8) }
      let busy = (0..<8).filter { node in lrng.generator(.node(node)) { $0.requestsWithoutFullSeed } > 0 }
      #expect(busy == Array(0..<order.count), "only fully seeded nodes serve")
    }
    #expect(order == Array(0..<8))
    #expect(lrng.areAllNodesFullySeeded)
    for node in 0..<8 {
      let due = lrng.generator(.node(node)) { instance in
        (0...2000).first { seconds in
          instance.isReseedDue(
            now: MonotonicInstant(milliseconds: 1000 + UInt64(seconds) * 1000 + 1), intervalInSeconds: 600)
        }
      }
      #expect(due == 600 + 100 * node)
    }
    #expect(try lrng.read(8, node: 99).count == 8, "an unknown node is served by node 0")
  }

  @Test("the seed of another node is lost: its callers fall back to node 0, the LRNG stays operational")
  func nodeLoss() throws {
    let lrng = seeded(nodeCount: 2)
    lrng.seedByForce()
    #expect(lrng.areAllNodesFullySeeded)
    lrng.sources[.jitter]?.isWorking = false
    lrng.generator(.node(1)) { $0.requestsSinceFullySeeded = 1 << 30 }
    #expect(try lrng.read(8, node: 1).count == 8)
    #expect(!lrng.isFullySeeded(.node(1)))
    #expect(lrng.isOperational)
    #expect(!lrng.areAllNodesFullySeeded)
    lrng.sources[.jitter]?.isWorking = true
    lrng.entropyArrived()
    #expect(lrng.isFullySeeded(.node(1)))
    #expect(lrng.areAllNodesFullySeeded)
  }

  @Test("the source that carried the seed dies: the seed counts no more, what is left of the sources makes a new one")
  func carryingSourceDies() throws {
    let lrng = SimulatedLRNG()
    lrng.sources[.jitter] = SimulatedSource(.data(bitsPer256Bits: 250))
    lrng.sources[.auxiliary] = SimulatedSource(.pool(digestInBits: 256), unused: 10)
    lrng.seedByForce()
    #expect(lrng.isOperational)
    lrng.sources[.jitter]?.isWorking = false
    lrng.sourceDidFail(.jitter, isPermanent: true)
    #expect(!lrng.isOperational)
    #expect(lrng.events.contains(.healthFailure(.jitter, isPermanent: true)))
    #expect(throws: GenerationError.notFullySeeded) { try lrng.read(1) }
    lrng.sources[.auxiliary]?.unused = 256
    lrng.entropyArrived()
    #expect(lrng.isOperational)
  }

  @Test("a source dies after it was read, before its seed is mixed in: that seed counts for nothing")
  func sourceDiesDuringSeeding() throws {
    let lrng = SimulatedLRNG()
    lrng.sources[.jitter] = SimulatedSource(.data(bitsPer256Bits: 256))
    lrng.duringTrace = { lrng, event in
      guard case .seeding = event else { return }
      lrng.duringTrace = nil
      lrng.sources[.jitter]?.isWorking = false
      lrng.sourceDidFail(.jitter, isPermanent: true)
    }
    lrng.seedByForce()
    #expect(!lrng.isFullySeeded(.initial))
    #expect(!lrng.isOperational)
    #expect(throws: GenerationError.notFullySeeded) { try lrng.read(1) }
  }

  @Test("a source dies that the seed does not need: nothing stops")
  func spareSourceDies() throws {
    let lrng = SimulatedLRNG()
    lrng.sources[.jitter] = SimulatedSource(.data(bitsPer256Bits: 256))
    lrng.sources[.interrupt] = SimulatedSource(.events(eventsPer256Bits: 256, digestInBits: 256), unused: 256)
    lrng.seedByForce()
    lrng.sources[.interrupt]?.isWorking = false
    lrng.sourceDidFail(.interrupt, isPermanent: false)
    #expect(lrng.isOperational)
    #expect(try lrng.read(1).count == 1)
    // The other one dies too.
    lrng.sources[.jitter]?.isWorking = false
    lrng.sourceDidFail(.jitter, isPermanent: false)
    #expect(!lrng.isOperational)
  }

  @Test("under NTG.1 the loss of one of two sources ends the first seed")
  func ntg1SourceDies() {
    let lrng = SimulatedLRNG(policy: SeedingPolicy(ntg1: .version2024))
    lrng.sources[.jitter] = SimulatedSource(.data(bitsPer256Bits: 256))
    lrng.sources[.cpu] = SimulatedSource(.data(bitsPer256Bits: 256))
    lrng.seedByForce()
    #expect(lrng.isOperational)
    lrng.sources[.cpu]?.isWorking = false
    lrng.sourceDidFail(.cpu, isPermanent: false)
    #expect(!lrng.isOperational)
  }

  @Test(
    "prediction resistance: at most 32 bytes a seed, never more bytes than fresh entropy, short reads, none below 8 bits"
  )
  func predictionResistance() throws {
    let lrng = seeded()
    var collections = try #require(lrng.sources[.jitter]?.collections)
    #expect(try lrng.readWithPredictionResistance(100).count == 100)
    #expect(try #require(lrng.sources[.jitter]?.collections) == collections + 4)
    collections += 4
    #expect(!lrng.isFullySeeded(.predictionResistant))

    lrng.sources = [.auxiliary: SimulatedSource(.pool(digestInBits: 256), unused: 40)]
    #expect(try lrng.readWithPredictionResistance(32).count == 5)
    #expect(try lrng.readWithPredictionResistance(32).isEmpty)
    lrng.sources[.auxiliary]?.unused = 7
    #expect(try lrng.readWithPredictionResistance(32).isEmpty, "7 bits are no byte")
    #expect(try lrng.read(32).count == 32, "other readers do not mind")
  }

  @Test("prediction resistance needs a fully seeded LRNG")
  func predictionResistanceBeforeSeed() {
    let lrng = SimulatedLRNG()
    #expect(throws: GenerationError.notFullySeeded) { try lrng.readWithPredictionResistance(1) }
  }

  @Test("a forced reseed shows in the next output, not later, and only once")
  func forcedReseed() throws {
    let lrng = seeded(nodeCount: 2)
    lrng.seedByForce()
    for node in 0..<2 { #expect(lrng.generator(.node(node)) { $0.isReseedForced } == false) }
    let epoch = lrng.levels.seedEpoch
    lrng.forceReseed()
    _ = try lrng.read(1, node: 1)
    _ = try lrng.read(1, node: 0)
    _ = try lrng.read(1, node: 0)
    // The wish, and a seed for each node.
    let later = lrng.levels.seedEpoch
    #expect(later == epoch + 3)
  }

  @Test("a reseed that is asked for while the sources are being read comes after this one")
  func forcedReseedDuringSeeding() throws {
    let lrng = seeded()
    lrng.duringCollection = { lrng in
      lrng.duringCollection = nil
      lrng.forceReseed()
    }
    lrng.forceReseed()
    _ = try lrng.read(1)
    #expect(lrng.generator(.initial) { $0.isReseedForced }, "its seed does not hold the data written meanwhile")
    let seeds = lrng.generator(.initial) { $0.seedCount }
    _ = try lrng.read(1)
    #expect(lrng.generator(.initial) { $0.seedCount } == seeds + 1)
    #expect(lrng.generator(.initial) { $0.isReseedForced } == false)
  }

  @Test("due reseeds have the first claim: whoever takes seeds for himself does them first")
  func firstClaim() throws {
    let lrng = seeded(nodeCount: 2)
    lrng.seedByForce()
    lrng.forceReseed()
    #expect(try lrng.readWithPredictionResistance(32).count == 32)
    for node in 0..<2 { #expect(lrng.generator(.node(node)) { $0.isReseedForced } == false) }

    lrng.forceReseed()
    var buffer = [UInt8](repeating: 0, count: 500)
    var span = buffer.mutableSpan
    _ = try lrng.rawSeed(into: &span, isReseed: true)
    for node in 0..<2 { #expect(lrng.generator(.node(node)) { $0.isReseedForced } == false) }
  }

  private func seeded(nodeCount: Int = 1) -> SimulatedLRNG {
    let lrng = SimulatedLRNG(nodeCount: nodeCount)
    lrng.sources[.jitter] = SimulatedSource(.data(bitsPer256Bits: 256))
    lrng.seedByForce()
    #expect(lrng.isOperational)
    return lrng
  }
}
