// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("A one-time key makes the key stream that its name says")
struct OneTimeKeyTests {
  private static func generator() -> FastKeyErasureGenerator {
    var generator = FastKeyErasureGenerator()
    generator.seed([UInt8](repeating: 7, count: 32).span, epoch: 1)
    return generator
  }

  /// The generator's next key with a word added to it.
  private static func key(of generator: inout FastKeyErasureGenerator, fresh: UInt64) -> [UInt8] {
    var key = [UInt8](repeating: 0, count: 32)
    var bytes = key.mutableSpan
    generator.takeKey(into: &bytes, with: AcceleratedExpander.self)
    for index in 0..<8 { key[index] ^= UInt8(truncatingIfNeeded: fresh >> (8 * UInt64(index))) }
    return key
  }

  /// The encrypted numbers 1, 2, 3 …, by the portable code.
  private static func aesStream(_ key: [UInt8], count: Int) -> [UInt8] {
    var cipher = PortableAES256()
    cipher.setKey(key.span)
    var stream: [UInt8] = []
    var number: UInt64 = 0
    while stream.count < count {
      var blocks = InlineArray<8, UInt64>(repeating: 0)
      for lane in 0..<4 {
        number += 1
        blocks[2 * lane + 1] = number.byteSwapped
      }
      cipher.encrypt(&blocks)
      for index in blocks.indices {
        for byte in 0..<8 { stream.append(UInt8(truncatingIfNeeded: blocks[index] >> (8 * UInt64(byte)))) }
      }
    }
    return Array(stream.prefix(count))
  }

  @Test("for any length, and for each key another")
  func stream() {
    var generator = Self.generator()
    var twin = Self.generator()
    for length in Array(1...300) + [1023, 1024, 1025, 2048, 4095, 4096, 4097, 65_535, 65_536] {
      let fresh = UInt64(length) &* 0x9E37_79B9_7F4A_7C15
      var key = OneTimeKey()
      key.fetch(from: &generator, fresh: fresh)
      var output = [UInt8](repeating: 0, count: length)
      var bytes = output.mutableSpan
      key.expand(into: &bytes)
      let bare = Self.key(of: &twin, fresh: fresh)
      let isAES = "\(OneTimeKey.name)" == "AES-256-CTR"
      let expected =
        isAES
        ? Self.aesStream(bare, count: length) : portableKeyStream(littleEndianWords(bare), count: length)
      #expect(output == expected, "\(length) bytes of \(OneTimeKey.name)")
    }
  }

  @Test("the word that makes a difference between copies of a machine does")
  func fresh() {
    var outputs = Set<[UInt8]>()
    for fresh in [UInt64(0), 1, 1 << 63] {
      var generator = Self.generator()
      var key = OneTimeKey()
      key.fetch(from: &generator, fresh: fresh)
      var output = [UInt8](repeating: 0, count: 16)
      var bytes = output.mutableSpan
      key.expand(into: &bytes)
      outputs.insert(output)
    }
    #expect(outputs.count == 3)
  }
}
