// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Synchronization
import Testing

@testable import LRNG
@testable import LRNGCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("Waiting for entropy that trickles in")
struct WaitingTests {
  @Test("whoever waits does not spend the entropy that gathers: 32, 128 and 256 bits are reached in turn")
  func trickle() throws {
    var configuration = Configuration.library
    configuration.jitter.isEnabled = false
    configuration.cpu.isEnabled = false
    configuration.kernel.isEnabled = false
    configuration.auxiliary.readsHardwareGenerator = false
    let generator = try RandomBitGenerator(configuration)
    var insertedBits = 0
    while insertedBits < 32 + 128 + 256 {
      #expect(!generator.waitUntilFullySeeded(timeoutInMilliseconds: 0), "\(insertedBits) bits")
      try generator.insert(entropy: [UInt8](repeating: UInt8(insertedBits & 0xFF), count: 8).span, bits: 16)
      insertedBits += 16
    }
    #expect(generator.waitUntilFullySeeded(timeoutInMilliseconds: 0))
    #expect(try generator.bytes(count: 16).count == 16)
  }

  @Test("who waits already when the loss of the seed is told asks the sources in rounds, too")
  func lateNews() throws {
    let engine = try Engine(.only(.kernel).with { $0.kernel.rate = 24 })
    let identity = engine.enter()
    let wasSeeded = engine.levels.isOperational
    #expect(wasSeeded)
    // The first half of a loss, see `LRNGHost.serve`. The second one comes when the other thread waits.
    engine.withGenerator(.initial) { instance in
      instance.unsetFullySeeded()
      engine.lowerLevels(.initial)
    }
    let outcome = Outcome()
    let waiter = Thread {
      outcome.isSeeded.store(
        engine.waitForSeed(identity: identity, timeoutInMilliseconds: 10_000), ordering: .releasing)
    }
    usleep(200_000)
    engine.didLoseSeed(.initial)
    waiter.join()
    let isSeeded = outcome.isSeeded.load(ordering: .acquiring)
    #expect(isSeeded)
  }

  private final class Outcome: Sendable {
    let isSeeded = Atomic<Bool>(false)
  }

  #if DEBUG && KernelSource
    @Test("a source that had nothing at first is asked again: the kernel's generator becomes seeded")
    func recovery() throws {
      var configuration = Configuration.library
      configuration.jitter.isEnabled = false
      configuration.cpu.isEnabled = false
      configuration.auxiliary.readsHardwareGenerator = false
      configuration.kernel.rate = 256
      let generator = try RandomBitGenerator(configuration)
      let unseededKernel = MockKernel { $0 == .getRandom ? .failure(.wouldBlock) : nil }
      let isSeededEarly = unseededKernel.answering { generator.waitUntilFullySeeded(timeoutInMilliseconds: 0) }
      #expect(!isSeededEarly)
      #expect(generator.waitUntilFullySeeded(timeoutInMilliseconds: 1000))
    }
  #endif
}
