// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CAccelerated
import LRNGCore
import Testing

private typealias KeyStream =
  @Sendable (UnsafePointer<UInt32>, UInt32, UnsafePointer<UInt32>, UnsafeMutablePointer<UInt8>, Int) -> Void

private let variants: [Variant<KeyStream>] = {
  #if arch(x86_64)
    [
      Variant("AVX2", needs: LRNG_CPU_AVX2) { lrng_chacha20_avx2($0, $1, $2, $3, $4) },
      Variant("AVX-512", needs: LRNG_CPU_AVX512) { lrng_chacha20_avx512($0, $1, $2, $3, $4) },
    ].available()
  #else
    []
  #endif
}()

@Suite("ChaCha20 by vector instructions", .enabled(if: !variants.isEmpty, "the processor has none for it"))
struct ChaCha20VectorTests {
  /// Words 12 to 15 of the state are counter and nonce.
  @Test(
    "RFC 8439, section 2.3.2 and appendix A.1: alone, and as any of eighteen blocks",
    arguments: [
      (
        [UInt8](0..<32), [1, 0x0900_0000, 0x4a00_0000, 0],
        "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
          + "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e"
      ),
      (
        [UInt8](repeating: 0, count: 32), [0, 0, 0, 0],
        "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
          + "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"
      ),
      (
        [UInt8](repeating: 0, count: 32), [1, 0, 0, 0],
        "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
          + "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f"
      ),
    ] as [([UInt8], [UInt32], String)])
  func rfc8439(key: [UInt8], start: [UInt32], block: String) {
    for variant in variants {
      for place in 0..<18 {
        for count in (place + 1)...18 {
          let output = keyStream(
            variant, key: words(key), counter: start[0] &- UInt32(place), nonce: Array(start[1...]), blocks: count)
          #expect(hexadecimal(output[(64 * place)...].prefix(64)) == block, "\(variant.name)")
        }
      }
    }
  }

  @Test("0 to 66 blocks are those of the portable code, wherever they go, and nothing beside them is touched")
  func everyLength() {
    var random = SplitMix64(state: 1)
    for blocks in 0...66 {
      let key = random.words(8), nonce = random.words(3), counter = UInt32(truncatingIfNeeded: random.next())
      let expected = portable(key: key, counter: counter, nonce: nonce, blocks: blocks)
      for variant in variants {
        for alignment in [0, 1, 16, Int(random.next() % 64)] {
          // Not compared in #expect, which would explain at length where the arrays differ.
          let made = keyStream(
            variant, key: key, counter: counter, nonce: nonce, blocks: blocks, alignment: alignment)
          let isRight = made == expected
          #expect(isRight, "\(variant.name), \(blocks) blocks")
        }
      }
    }
  }

  @Test("the counter starts over after 2^32 - 1, and the nonce does not see it", arguments: 0...17)
  func wrap(before: Int) {
    var random = SplitMix64(state: 2)
    for blocks in [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 24] {
      let key = random.words(8), nonce = random.words(3), counter = 0 &- UInt32(before)
      let expected = portable(key: key, counter: counter, nonce: nonce, blocks: blocks)
      for variant in variants {
        let isRight = keyStream(variant, key: key, counter: counter, nonce: nonce, blocks: blocks) == expected
        #expect(isRight, "\(variant.name), \(blocks) blocks")
      }
    }
  }

  @Test("each bit of key, counter and nonce changes each block", arguments: variants)
  private func sensitivity(variant: Variant<KeyStream>) {
    let zero = keyStream(variant, key: words(8, 0), counter: 0, nonce: words(3, 0), blocks: 15)
    for bit in 0..<384 {
      var input = [UInt32](repeating: 0, count: 12)
      input[bit / 32] = 1 << UInt32(bit % 32)
      let output = keyStream(
        variant, key: Array(input[0..<8]), counter: input[8], nonce: Array(input[9..<12]), blocks: 15)
      for block in 0..<15 {
        #expect(output[(64 * block)...].prefix(64) != zero[(64 * block)...].prefix(64))
      }
    }
  }

  /// Key stream by vectors, with a margin around it that must stay as it is.
  private func keyStream(
    _ variant: Variant<KeyStream>, key: [UInt32], counter: UInt32, nonce: [UInt32], blocks: Int, alignment: Int = 0
  ) -> [UInt8] {
    let margin = 64
    var output = [UInt8](repeating: 0xa5, count: margin + alignment + 64 * blocks + margin)
    output.withUnsafeMutableBufferPointer { output in
      guard let base = output.baseAddress else { return }
      variant.function(key, counter, nonce, base + margin + alignment, blocks)
    }
    #expect(output.prefix(margin + alignment).allSatisfy { $0 == 0xa5 })
    #expect(output.suffix(margin).allSatisfy { $0 == 0xa5 })
    return Array(output[(margin + alignment)...].dropLast(margin))
  }

  private func portable(key: [UInt32], counter: UInt32, nonce: [UInt32], blocks: Int) -> [UInt8] {
    var state = InlineArray<16, UInt32>(repeating: 0)
    for index in 0..<4 { state[index] = ChaCha20.constants[index] }
    for index in 0..<8 { state[4 + index] = key[index] }
    state[12] = counter
    for index in 0..<3 { state[13 + index] = nonce[index] }
    var output: [UInt8] = []
    var block = InlineArray<16, UInt32>(repeating: 0)
    for _ in 0..<blocks {
      ChaCha20.block(&state, into: &block)
      state[12] &+= 1
      for index in 0..<16 { withUnsafeBytes(of: block[index].littleEndian) { output += $0 } }
    }
    return output
  }

  private func words(_ count: Int, _ value: UInt32) -> [UInt32] { [UInt32](repeating: value, count: count) }

  private func words(_ bytes: [UInt8]) -> [UInt32] {
    (0..<bytes.count / 4).map { bytes.span.littleEndianWord(at: 4 * $0) }
  }
}
