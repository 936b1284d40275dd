// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if DEBUG && JitterSource && KernelSource

  import LRNGCore
  import Testing

  @testable import LRNG

  @Suite("A source dies in the middle of the life of a generator")
  struct DyingSourceTests {
    private func generator(_ configuration: Configuration, _ lines: Lines = Lines()) throws -> RandomBitGenerator {
      RandomBitGenerator(try Engine(configuration, trace: { lines.append($0) }, selfTests: { .passed }))
    }

    /// Lets the processor's counter stand still during a reseed.
    private func stopClock(of generator: RandomBitGenerator) throws {
      let mock = MockKernel { $0 == .cycleCounter ? .success(1) : nil }
      try mock.answering {
        generator.reseed()
        // The request that finds the failure still has the seed that it began with.
        _ = try generator.bytes(count: 1, quality: .available)
      }
    }

    private func fillNow(_ generator: RandomBitGenerator) throws -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: 32)
      var span = bytes.mutableSpan
      _ = try generator.fill(&span, waiting: false)
      return bytes
    }

    // Time stamps from the processor only: with the clock stopped, a counting thread must not step in.
    private func jitter(_ others: EntropySourceKind...) -> Configuration {
      .only([.jitter] + others).with { $0.jitter.usesInternalTimer = false }
    }

    @Test(
      "it carried the seed: the output stops, the status says why, and other entropy brings it back",
      .timeLimit(.minutes(2)))
    func carrying() throws {
      let lines = Lines()
      let generator = try generator(jitter(), lines)
      let before = generator.status
      guard before.sources[EntropySourceKind.jitter.index].isAvailable else { return }
      #expect(before.isFullySeeded)
      #expect(try fillNow(generator).count == 32)

      try stopClock(of: generator)

      let status = generator.status
      let source = status.sources[EntropySourceKind.jitter.index]
      #expect(!status.isFullySeeded && !status.isMinimallySeeded)
      #expect(status.entropyLevelInBits == 0)
      #expect(!source.isAvailable && source.entropyInBits == 0)
      #expect(source.reason?.contains("permanent failure") == true)
      #expect(throws: LRNGError.notFullySeeded) { try fillNow(generator) }
      #expect(throws: LRNGError.notFullySeeded) { try generator.seed(waiting: false) }
      #expect(
        lines.all.contains("lrng_health: permanent SP800-90B health test failure for entropy source 2 (JitterRNG)"))
      #expect(lines.all.contains("lrng_es_mgr: LRNG set to non-operational"))

      // The clock runs again, the source stays off: its failure is for ever.
      #expect(!generator.waitUntilFullySeeded(timeoutInMilliseconds: 50))
      let secret = try RandomBitGenerator(.only(.kernel)).bytes(count: 32)
      try generator.insert(entropy: secret.span, bits: 256)
      #expect(generator.status.isFullySeeded)
      #expect(try fillNow(generator).contains { $0 != 0 })
      #expect(!generator.status.sources[EntropySourceKind.jitter.index].isAvailable)
    }

    @Test("another source carries enough: nothing stops", .timeLimit(.minutes(2)))
    func spare() throws {
      let generator = try generator(jitter(.kernel))
      guard generator.status.sources[EntropySourceKind.jitter.index].isAvailable else { return }
      try stopClock(of: generator)
      let status = generator.status
      #expect(!status.sources[EntropySourceKind.jitter.index].isAvailable)
      #expect(status.isFullySeeded)
      #expect(try fillNow(generator).contains { $0 != 0 })
    }

    @Test("a clock that never ran is found at the start, and nothing is credited")
    func deadFromTheStart() throws {
      let generator = try generator(jitter())
      let mock = MockKernel { $0 == .cycleCounter ? .success(1) : nil }
      let status = mock.answering { generator.status }
      let source = status.sources[EntropySourceKind.jitter.index]
      #expect(!source.isAvailable && source.reason?.contains("start-up test") == true)
      #expect(!status.isFullySeeded && status.entropyLevelInBits == 0)
    }
  }

#endif
