// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CAccelerated
import LRNGCore
import Testing

private typealias FourBlocks = @Sendable (UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>) -> Void
private typealias CounterStream =
  @Sendable (UnsafePointer<UInt8>, UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<UInt8>, Int) -> Void

private let ciphers: [Variant<FourBlocks>] = {
  #if arch(x86_64)
    [Variant("AES-NI, four blocks", needs: LRNG_CPU_AES) { lrng_aes256_four_aesni($0, $1) }].available()
  #else
    []
  #endif
}()

private let streams: [Variant<CounterStream>] = {
  #if arch(x86_64)
    [
      Variant("AES-NI", needs: LRNG_CPU_AES) { lrng_aes256_ctr_aesni($0, $1, $2, $3) },
      Variant("VAES-256", needs: LRNG_CPU_VAES | LRNG_CPU_AVX2) { lrng_aes256_ctr_vaes256($0, $1, $2, $3) },
      Variant("VAES-512", needs: LRNG_CPU_VAES | LRNG_CPU_AVX512) { lrng_aes256_ctr_vaes512($0, $1, $2, $3) },
    ].available()
  #else
    []
  #endif
}()

@Suite("AES-256 by its instructions", .enabled(if: !ciphers.isEmpty, "the processor has none for it"))
struct AES256VectorTests {
  @Test("FIPS 197, appendix C.3, as each of four blocks", arguments: ciphers)
  private func fips197(cipher: Variant<FourBlocks>) {
    let plaintext = (0..<16).map { UInt8($0 * 0x11) }
    for place in 0..<4 {
      var blocks = [UInt8](repeating: 0xc3, count: 64)
      blocks.replaceSubrange(16 * place..<16 * place + 16, with: plaintext)
      cipher.function([UInt8](0..<32), &blocks)
      #expect(hexadecimal(blocks[(16 * place)...].prefix(16)) == "8ea2b7ca516745bfeafc49904b496089")
    }
  }

  @Test("SP 800-38A, section F.5.5: counter mode, with one block to four", arguments: streams)
  private func sp800_38a(stream: Variant<CounterStream>) {
    let key: [UInt8] = [
      0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe, 0x2b, 0x73, 0xae, 0xf0, 0x85, 0x7d, 0x77, 0x81,
      0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61, 0x08, 0xd7, 0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf, 0xf4,
    ]
    // The output blocks; the first counter is f0f1…feff.
    let expected = [
      "0bdf7df1591716335e9a8b15c860c502", "5a6e699d536119065433863c8f657b94",
      "1bc12c9c01610d5d0d8bd6a3378eca62", "2956e1c8693536b1bee99c73a31576b6",
    ]
    for blocks in 1...4 {
      var counter: [UInt64] = [0xf0f1_f2f3_f4f5_f6f7, 0xf8f9_fafb_fcfd_fefe]
      let output = make(stream, key: key, counter: &counter, blocks: blocks, alignment: 0)
      #expect(hexadecimal(output) == expected.prefix(blocks).joined())
    }
  }

  @Test("four blocks of any kind are those of the portable code", arguments: ciphers)
  private func fourBlocks(cipher: Variant<FourBlocks>) {
    var random = SplitMix64(state: 5)
    for round in 0..<1000 {
      let key = random.bytes(32)
      var blocks = random.bytes(64)
      let expected = portable(key, blocks)
      let alignment = round % 16
      var memory = [UInt8](repeating: 0xa5, count: alignment) + blocks + [0xa5]
      memory.withUnsafeMutableBufferPointer { memory in
        guard let base = memory.baseAddress else { return }
        cipher.function(key, base + alignment)
      }
      blocks = Array(memory[alignment...].prefix(64))
      #expect(blocks == expected)
      #expect(memory.prefix(alignment).allSatisfy { $0 == 0xa5 } && memory.last == 0xa5)
    }
  }

  @Test(
    "0 to 263 blocks (4208 bytes) are those of the portable code, wherever they go, and the counter is the last block's"
  )
  func everyLength() {
    var random = SplitMix64(state: 6)
    for blocks in 0...263 {
      let key = random.bytes(32), start = [random.next(), random.next()]
      let (expected, end) = portableStream(key: key, counter: start, blocks: blocks)
      for stream in streams {
        for alignment in [0, 1 + Int(random.next() % 63)] {
          var counter = start
          let isRight =
            make(stream, key: key, counter: &counter, blocks: blocks, alignment: alignment) == expected
            && counter == end
          #expect(isRight, "\(stream.name), \(blocks) blocks")
        }
      }
    }
  }

  @Test("the carry goes from the lower half into the higher one, and out of that", arguments: 0...34)
  func carry(before: UInt64) {
    var random = SplitMix64(state: 7)
    let key = random.bytes(32)
    for high in [0, random.next(), .max] {
      let start = [high, 0 &- before]
      for blocks in [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 70] {
        let (expected, end) = portableStream(key: key, counter: start, blocks: blocks)
        for stream in streams {
          var counter = start
          let isRight =
            make(stream, key: key, counter: &counter, blocks: blocks, alignment: 0) == expected && counter == end
          #expect(isRight, "\(stream.name), \(blocks) blocks from \(start)")
        }
      }
    }
  }

  /// Key stream, with a margin around it that must stay as it is.
  private func make(
    _ stream: Variant<CounterStream>, key: [UInt8], counter: inout [UInt64], blocks: Int, alignment: Int
  ) -> [UInt8] {
    let margin = 64
    var output = [UInt8](repeating: 0xa5, count: margin + alignment + 16 * blocks + margin)
    output.withUnsafeMutableBufferPointer { output in
      guard let base = output.baseAddress else { return }
      stream.function(key, &counter, base + margin + alignment, blocks)
    }
    #expect(output.prefix(margin + alignment).allSatisfy { $0 == 0xa5 })
    #expect(output.suffix(margin).allSatisfy { $0 == 0xa5 })
    return Array(output[(margin + alignment)...].dropLast(margin))
  }

  private func portable(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    var cipher = PortableAES256()
    cipher.setKey(key.span)
    var words = InlineArray<8, UInt64> { message.span.littleEndianWord(at: 8 * $0) }
    cipher.encrypt(&words)
    return words.indices.flatMap { index in withUnsafeBytes(of: words[index].littleEndian) { Array($0) } }
  }

  private func portableStream(key: [UInt8], counter: [UInt64], blocks: Int) -> (stream: [UInt8], end: [UInt64]) {
    var cipher = PortableAES256()
    cipher.setKey(key.span)
    var stream: [UInt8] = []
    var number = UInt128(counter[0]) << 64 | UInt128(counter[1])
    let end = number &+ UInt128(blocks)
    while stream.count < 16 * blocks {
      var words = InlineArray<8, UInt64>(repeating: 0)
      for block in 0..<4 {
        number &+= 1
        words[2 * block] = UInt64(truncatingIfNeeded: number >> 64).byteSwapped
        words[2 * block + 1] = UInt64(truncatingIfNeeded: number).byteSwapped
      }
      cipher.encrypt(&words)
      for index in 0..<8 { withUnsafeBytes(of: words[index].littleEndian) { stream += $0 } }
    }
    return (
      Array(stream.prefix(16 * blocks)), [UInt64(truncatingIfNeeded: end >> 64), UInt64(truncatingIfNeeded: end)]
    )
  }
}
