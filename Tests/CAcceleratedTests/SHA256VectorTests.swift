// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if arch(x86_64)
  import CAccelerated
  import LRNGCore
  import Testing

  @Suite(
    "Eight SHA-256 by vector instructions", .enabled(if: lrng_processor_has(LRNG_CPU_AVX2), "the processor has no AVX2")
  )
  struct SHA256VectorTests {
    /// FIPS 180-4, section 5.3.3.
    private static let initialState: [UInt32] = [
      0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]

    @Test("the digest of \"abc\" of FIPS 180-4, in each lane", arguments: 0..<8)
    func abc(lane: Int) {
      var messages = [[UInt8]](repeating: [], count: 8)
      messages[lane] = Array("abc".utf8)
      for (index, digest) in digests(of: messages).enumerated() {
        #expect(
          hexadecimal(digest)
            == (index == lane
              ? "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
              : "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
      }
    }

    @Test("messages of 0 to 4200 bytes have the digests of the portable code")
    func everyLength() {
      // Each lane has a message that grows by eight bytes; the eight lengths are consecutive, and have as many blocks.
      var random = SplitMix64(state: 3)
      let streams = (0..<8).map { _ in random.bytes(4216) }
      let expected = (0..<8).map { lane in
        portable(streams[lane], lengths: stride(from: lane, to: 4216, by: 8))
      }
      for step in 0..<527 {
        let messages = (0..<8).map { Array(streams[$0].prefix(8 * step + $0)) }
        // Not compared in #expect, which would explain at length where the arrays differ.
        let isRight = digests(of: messages) == expected.map { $0[step] }
        #expect(isRight, "\(8 * step) bytes and more")
      }
    }

    @Test("no blocks leave the state as it is")
    func noBlocks() {
      var random = SplitMix64(state: 4)
      let before = random.words(64)
      #expect(compress(before, []) == before)
    }

    @Test("each bit of a lane's block and state changes this lane's state, and no other's")
    func sensitivity() {
      let zero = compress([UInt32](repeating: 0, count: 64), [UInt32](repeating: 0, count: 128))
      for bit in stride(from: 0, to: 192 * 32, by: 1) {
        var input = [UInt32](repeating: 0, count: 192)
        input[bit / 32] = 1 << UInt32(bit % 32)
        let output = compress(Array(input[..<64]), Array(input[64...]))
        let changed = Set((0..<64).filter { output[$0] != zero[$0] }.map { $0 % 8 })
        #expect(changed == [bit / 32 % 8])
      }
    }

    private typealias Lanes = (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32)

    /// The state after as many blocks as there are words for. Both go word by word, eight lanes each.
    private func compress(_ state: [UInt32], _ words: [UInt32]) -> [UInt32] {
      var state = state
      // An empty array may have no address.
      let words = words + [0]
      state.withUnsafeMutableBytes { state in
        words.withUnsafeBytes { bytes in
          guard let state = state.baseAddress, let base = bytes.baseAddress else { return }
          lrng_sha256x8_avx2(
            state.assumingMemoryBound(to: Lanes.self), base.assumingMemoryBound(to: Lanes.self), words.count / 128)
        }
      }
      return state
    }

    /// The digests of eight messages that have the same number of blocks.
    private func digests(of messages: [[UInt8]]) -> [[UInt8]] {
      let padded = messages.map(padded)
      var words: [UInt32] = []
      for word in 0..<padded[0].count / 4 {
        for message in padded { words.append(message.span.bigEndianWord(at: 4 * word)) }
      }
      let state = compress(Self.initialState.flatMap { [UInt32](repeating: $0, count: 8) }, words)
      return (0..<8).map { lane in
        (0..<8).flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: state[8 * word + lane] >> (24 - 8 * $0)) } }
      }
    }

    /// Section 5.1.1.
    private func padded(_ message: [UInt8]) -> [UInt8] {
      var padded = message + [0x80]
      while padded.count % 64 != 56 { padded.append(0) }
      return padded + (0..<8).map { UInt8(truncatingIfNeeded: (message.count * 8) >> (56 - 8 * $0)) }
    }

    /// The digests of the beginnings of a message that have these lengths, which grow.
    private func portable(_ message: [UInt8], lengths: StrideTo<Int>) -> [[UInt8]] {
      var begun = SHA256()
      var length = 0
      return lengths.map { next in
        begun.update(message.span.extracting(length..<next))
        length = next
        var hash = SHA256()
        hash.copyState(of: begun)
        var digest = [UInt8](repeating: 0, count: SHA256.digestLengthInBytes)
        var output = digest.mutableSpan
        hash.finalize(into: &output)
        return digest
      }
    }
  }
#endif
