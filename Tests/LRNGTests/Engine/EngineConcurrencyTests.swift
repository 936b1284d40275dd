// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Synchronization
import Testing

@testable import LRNG

@Suite("Threads that share a generator")
struct EngineConcurrencyTests {
  @Test(
    "the first calls may come from many threads at once, and none is served by a generator without seed",
    .timeLimit(.minutes(1)), arguments: [QualityOfService.fullySeeded, .available])
  func firstUse(quality: QualityOfService) throws {
    let collector = BlockCollector()
    for _ in 0..<20 {
      let generator = try RandomBitGenerator(.only(.kernel))
      let arrived = Atomic<Int>(0)
      withThreads(8) {
        arrived.add(1, ordering: .acquiringAndReleasing)
        while arrived.load(ordering: .acquiring) < 8 {}
        collector.add { try generator.bytes(count: 64, quality: quality) }
      }
    }
    collector.expectNoRepetition()
  }

  /// One call of each kind, by turns.
  private static func call(_ turn: Int, _ generator: RandomBitGenerator, _ collector: BlockCollector) {
    switch turn % 10 {
    case 0: collector.add { try generator.bytes(count: 16 * (1 + turn % 7)) }
    case 1: collector.add { try generator.bytes(count: 4112) }
    case 2: collector.add { try generator.bytes(count: 48, quality: .predictionResistant) }
    case 3: collector.add { try generator.bytes(count: 32, quality: .available) }
    case 4: generator.reseed()
    case 5:
      let data = (0..<40).map { UInt8(truncatingIfNeeded: $0 * turn) }
      collector.add {
        try generator.insert(entropy: data.span, bits: turn % 20 == 5 ? 0 : 100)
        return []
      }
    case 6:
      let status = generator.status
      if !status.isFullySeeded { collector.add(LRNGError.notFullySeeded) }
    // The slot of the kernel.
    case 7: collector.add { Array(try generator.seed(isReseed: true).bytes[16 + 4 * 32..<16 + 5 * 32]) }
    case 8: if !generator.waitUntilFullySeeded(timeoutInMilliseconds: 1000) { collector.add(LRNGError.notFullySeeded) }
    default: if turn % 40 == 9 && !generator.runSelfTests().allPassed { collector.add(LRNGError.generatorFailed) }
    }
  }

  @Test(
    "threads that generate, write, reseed and look at the status get distinct bytes, and nobody waits for ever",
    .timeLimit(.minutes(2)), arguments: [2, 8, 64])
  func everything(threads: Int) throws {
    let generator = try RandomBitGenerator(.only(.kernel, .cpu))
    let collector = BlockCollector()
    let ticket = Atomic<Int>(0)
    withThreads(threads) {
      // Each thread begins with another kind of call.
      let first = ticket.wrappingAdd(1, ordering: .relaxed).oldValue
      for turn in 0..<max(20, 480 / threads) { Self.call(first + turn, generator, collector) }
    }
    collector.expectNoRepetition()
    #expect(collector.blockCount > 5000)
    #expect(generator.status.isFullySeeded)
  }

  @Test("a reseed before each request, from all threads at once", .timeLimit(.minutes(1)))
  func constantReseeds() throws {
    let generator = try RandomBitGenerator(.only(.kernel, .cpu).with { $0.reseedIntervalInSeconds = 0 })
    let collector = BlockCollector()
    withThreads(8) {
      for _ in 0..<40 { collector.add { try generator.bytes(count: 32) } }
    }
    collector.expectNoRepetition()
    // How many of the threads found somebody seeding already is up to the scheduler; alone, each request reseeds.
    let seeds = generator.engine.seedCount
    #expect(seeds > 1)
    for _ in 0..<10 { _ = try generator.bytes(count: 32) }
    let moreSeeds = generator.engine.seedCount
    #expect(moreSeeds == seeds + 10)
  }

  @Test("the trace may come from several threads, one seeding at a time", .timeLimit(.minutes(1)))
  func traces() throws {
    let lines = Lines()
    let generator = try RandomBitGenerator(
      .only(.kernel).with { $0.reseedIntervalInSeconds = 0 }, trace: { lines.append($0) })
    withThreads(4) {
      for _ in 0..<20 { _ = try? generator.bytes(count: 1) }
    }
    // Between two seedings each source reports once.
    var sources: [Substring] = []
    for line in lines.all where line.contains(" obtained ") || line.contains("seeding regular") {
      if line.contains("seeding regular") {
        #expect(sources == ["lrng_es_krng", "lrng_es_aux"])
        sources = []
      } else {
        sources.append(line.prefix { $0 != ":" })
      }
    }
  }

  @Test("tasks that hop between threads", .timeLimit(.minutes(1)))
  func tasks() async throws {
    let generator = try RandomBitGenerator(.only(.kernel, .cpu))
    let collector = BlockCollector()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<64 {
        group.addTask {
          for turn in 0..<8 {
            collector.add(try await generator.bytes(count: 64))
            await Task.yield()
            if (task + turn) % 8 == 0 { generator.reseed() }
            if (task + turn) % 8 == 1 { _ = generator.status }
            if (task + turn) % 8 == 2 {
              collector.add(try await generator.bytes(count: 32, quality: .predictionResistant))
            }
            if (task + turn) % 8 == 3 { try await generator.waitUntilFullySeeded() }
          }
        }
      }
      try await group.waitForAll()
    }
    collector.expectNoRepetition()
    #expect(collector.blockCount > 64 * 8 * 4)
  }

  @Test("the facade is shared by threads", .timeLimit(.minutes(1)))
  func facade() throws {
    let generator = LinuxRandomNumberGenerator(generator: try RandomBitGenerator(.only(.kernel)))
    let collector = BlockCollector()
    withThreads(8) {
      var own = generator
      for _ in 0..<50 { collector.add((0..<2).flatMap { _ in withUnsafeBytes(of: own.next()) { Array($0) } }) }
    }
    collector.expectNoRepetition()
  }

  @Test("writers wake readers that wait for a seed", .timeLimit(.minutes(1)))
  func waiters() throws {
    let generator = try RandomBitGenerator(.only([]))
    let secret = try RandomBitGenerator(.only(.kernel)).bytes(count: 32)
    let collector = BlockCollector()
    let readers = Thread {
      withThreads(16) { collector.add { try generator.bytes(count: 32) } }
    }
    // In pieces, none of which is enough.
    for _ in 0..<4 {
      pause()
      #expect(throws: Never.self) { try generator.insert(entropy: secret.span, bits: 64) }
    }
    // What the readers took by force before does not count: they drew output from it.
    while !generator.status.isFullySeeded {
      #expect(throws: Never.self) { try generator.insert(entropy: secret.span, bits: 256) }
      pause()
    }
    readers.join()
    collector.expectNoRepetition()
  }

  @Test("generators come and go on all threads", .timeLimit(.minutes(1)))
  func lifetimes() {
    let collector = BlockCollector()
    withThreads(4) {
      for _ in 0..<10 {
        collector.add { try RandomBitGenerator(.only(.kernel)).bytes(count: 32) }
      }
    }
    collector.expectNoRepetition()
  }
}
