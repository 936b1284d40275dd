// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if CPUSource

  import LRNGCore
  import Testing

  @testable import LRNG

  /// A processor that counts how often it is asked, and delivers counters as far as it is told to.
  final class ScriptedProcessor: CPURandomInstructions {
    var hasSeed = true
    var hasRandom = true
    var seedCalls = 0
    var randomCalls = 0
    /// What an instruction gives at its n-th call, from 1.
    var seed: (Int) -> UInt64? = { UInt64($0) }
    var random: (Int) -> UInt64? = { UInt64($0) | 1 << 63 }

    func seedWord() -> UInt64? {
      seedCalls += 1
      return seed(seedCalls)
    }

    func randomWord() -> UInt64? {
      randomCalls += 1
      return random(randomCalls)
    }

    func pause() {}
  }

  @Suite("Entropy source: CPU")
  struct CPUEntropySourceTests {
    private typealias Outcome = CPUEntropySource<ScriptedProcessor>.Outcome

    /// Fills a slot of 48 bytes that were 0xee.
    private func fill(
      _ processor: ScriptedProcessor, bits: Int, multiplier: Int = 1, hash: HashAlgorithm = .sha256,
      oversampling: Int = 0
    ) -> (Outcome, [UInt8]) {
      var source = CPUEntropySource(processor, seedMultiplier: multiplier)
      var slot = [UInt8](repeating: 0xee, count: 48)
      var span = slot.mutableSpan
      let outcome = source.fill(&span, requestedBits: bits, hash: hash, oversamplingBits: oversampling)
      return (outcome, slot)
    }

    @Test(
      "each word gives all its eight bytes, and nothing beyond the request is written", arguments: [256, 384, 72, 8])
    func stride(bits: Int) {
      let processor = ScriptedProcessor()
      processor.seed = { call in 0x0101_0101_0101_0101 &* UInt64(call) }
      let (outcome, slot) = fill(processor, bits: bits)
      #expect(outcome == .delivered(bits: bits))
      #expect(processor.seedCalls == (bits + 63) / 64)
      for index in slot.indices {
        #expect(slot[index] == (index < bits / 8 ? UInt8(index / 8 + 1) : 0xee))
      }
    }

    @Test("more than the slot holds is not written", arguments: [1000, Int.max, -1, 0, 7])
    func hostileRequests(bits: Int) {
      let (outcome, slot) = fill(ScriptedProcessor(), bits: bits)
      #expect(outcome == .delivered(bits: bits < 8 ? 0 : 384))
      #expect(slot.count == 48)
    }

    @Test("without RDSEED, 512 blocks of RDRAND are hashed to one")
    func randomOnly() {
      let processor = ScriptedProcessor()
      processor.hasSeed = false
      let (outcome, slot) = fill(processor, bits: 256)
      #expect(outcome == .delivered(bits: 256))
      #expect(processor.seedCalls == 0)
      #expect(processor.randomCalls == 512 * 256 / 64)

      var hash = SHA256()
      for call in 1...(512 * 4) {
        let word = (UInt64(call) | 1 << 63).littleEndian
        let bytes = withUnsafeBytes(of: word) { Array($0) }
        hash.update(bytes.span)
      }
      var digest = [UInt8](repeating: 0, count: 32)
      var span = digest.mutableSpan
      hash.finalize(into: &span)
      #expect(Array(slot[..<32]) == digest)
      #expect(slot[32...].allSatisfy { $0 == 0xee })
    }

    @Test(
      "a multiplier of 123 pulls 123 times what it writes, with 64 bits more each for full entropy",
      arguments: [
        (256, HashAlgorithm.sha256, 0, 256, 256), (256, .sha256, 64, 256, 320), (384, .sha512, 64, 384, 448),
        (384, .sha256, 64, 256, 320),
      ])
    func multiplier(bits: Int, hash: HashAlgorithm, oversampling: Int, delivered: Int, perBlock: Int) {
      let processor = ScriptedProcessor()
      let (outcome, _) = fill(processor, bits: bits, multiplier: 123, hash: hash, oversampling: oversampling)
      #expect(outcome == .delivered(bits: delivered))
      // Blocks of 64 bytes are filled with words; a last shorter block may end within a word.
      #expect(processor.seedCalls == (123 * perBlock + 63) / 64)
    }

    @Test("a multiplier beyond all measure is an error, not a trap")
    func absurdMultiplier() {
      let (outcome, _) = fill(ScriptedProcessor(), bits: 256, multiplier: .max)
      #expect(outcome == .unavailable(.instructionFails))
      let (sane, _) = fill(ScriptedProcessor(), bits: 256, multiplier: -5)
      #expect(sane == .delivered(bits: 256))
    }

    @Test("a failure of RDSEED that passes costs retries, not the source")
    func transientFailure() {
      let processor = ScriptedProcessor()
      processor.seed = { $0 % 50 == 0 ? UInt64($0) : nil }
      let (outcome, _) = fill(processor, bits: 256)
      #expect(outcome == .delivered(bits: 256))
      #expect(processor.randomCalls == 0)
    }

    @Test("a failure of RDSEED that lasts leads to RDRAND for this seed, and not for the next")
    func fallback() {
      let processor = ScriptedProcessor()
      var isDrained = true
      processor.seed = { isDrained ? nil : UInt64($0) }
      var source = CPUEntropySource(processor)
      var slot = [UInt8](repeating: 0, count: 32)
      var span = slot.mutableSpan
      #expect(source.multiplier == 1)
      let first = source.fill(&span, requestedBits: 256, hash: .sha256)
      #expect(first == .delivered(bits: 256))
      #expect(processor.seedCalls == 100)
      #expect(processor.randomCalls == 2048)

      isDrained = false
      let second = source.fill(&span, requestedBits: 256, hash: .sha256)
      #expect(second == .delivered(bits: 256))
      #expect(processor.seedCalls == 104)
      #expect(processor.randomCalls == 2048)
    }

    @Test("RDRAND that fails ten times in a row gives nothing, and leaves nothing behind")
    func broken() {
      let processor = ScriptedProcessor()
      processor.hasSeed = false
      processor.random = { $0 <= 3 ? UInt64($0) : nil }
      let (outcome, slot) = fill(processor, bits: 256)
      #expect(outcome == .unavailable(.instructionFails))
      #expect(processor.randomCalls == 13)
      #expect(slot.allSatisfy { $0 == 0xee })
    }

    @Test("an instruction that repeats itself is stuck", arguments: [0, UInt64.max, 42])
    func stuck(word: UInt64) {
      let processor = ScriptedProcessor()
      processor.seed = { _ in word }
      processor.random = { _ in word }
      let (outcome, slot) = fill(processor, bits: 256)
      #expect(outcome == .unavailable(.instructionStuck))
      #expect(slot.allSatisfy { $0 == 0xee })
    }

    @Test("no instruction, no data")
    func missing() {
      let processor = ScriptedProcessor()
      (processor.hasSeed, processor.hasRandom) = (false, false)
      let (outcome, _) = fill(processor, bits: 256)
      #expect(outcome == .unavailable(.instructionMissing))
      #expect(processor.seedCalls + processor.randomCalls == 0)
    }

    @Test(
      "this processor delivers different seeds",
      .enabled(if: CPUEntropySource(NativeRandomInstructions()).unavailability == nil, "no RDSEED, RDRAND or RNDR here")
    )
    func native() {
      var source = CPUEntropySource(NativeRandomInstructions())
      var seeds = Set<[UInt8]>()
      for _ in 0..<16 {
        var slot = [UInt8](repeating: 0, count: 32)
        var span = slot.mutableSpan
        let outcome = source.fill(&span, requestedBits: 256, hash: .sha512)
        #expect(outcome == .delivered(bits: 256))
        seeds.insert(slot)
      }
      #expect(seeds.count == 16)
    }
  }

#endif
