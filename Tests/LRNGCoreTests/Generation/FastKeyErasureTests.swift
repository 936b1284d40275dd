// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

/// No fast key stream: the portable code has to do.
private enum Unavailable: ChaCha20Expander {
  static func expand(_ key: inout InlineArray<8, UInt32>, into output: inout MutableSpan<UInt8>) -> Bool { false }
}

/// What vector code would do, from the block function.
private enum Available: ChaCha20Expander {
  static func expand(_ key: inout InlineArray<8, UInt32>, into output: inout MutableSpan<UInt8>) -> Bool {
    let bytes = portableKeyStream((0..<8).map { key[$0] }, count: output.count)
    for index in 0..<output.count { output[index] = bytes[index] }
    return true
  }
}

private let seed = (0..<32).map { UInt8($0) }

private func seeded(_ epoch: UInt64 = 1) -> FastKeyErasureGenerator {
  var generator = FastKeyErasureGenerator()
  generator.seed(seed.span, epoch: epoch)
  return generator
}

extension FastKeyErasureGenerator {
  fileprivate mutating func bytes<E: ChaCha20Expander>(_ count: Int, with expander: E.Type) -> [UInt8] {
    var output = [UInt8](repeating: 0xAA, count: count)
    var span = output.mutableSpan
    fill(&span, with: expander)
    return output
  }
}

@Suite("Fast key erasure: the generator of a processor or thread")
struct FastKeyErasureTests {
  @Test("RFC 8439 A.1: with a zero key the batch is the test vector's key stream, after the 32 bytes of the next key")
  func vector() {
    var generator = FastKeyErasureGenerator()
    generator.seed([UInt8](repeating: 0, count: 32).span, epoch: 1)
    // Test vector 1 of RFC 8439, A.1: bytes 32 … 63 of the block.
    let expected: [UInt8] = [
      0xda, 0x41, 0x59, 0x7c, 0x51, 0x57, 0x48, 0x8d, 0x77, 0x24, 0xe0, 0x3f, 0xb8, 0xd8, 0x4a, 0x37,
      0x6a, 0x43, 0xb8, 0xf4, 0x15, 0x18, 0xa1, 0x1c, 0xc3, 0x87, 0xb6, 0x69, 0xb2, 0xee, 0x65, 0x86,
    ]
    #expect(generator.bytes(32, with: Available.self) == expected)
  }

  @Test("the key is replaced by the first 32 bytes of its stream, and the rest is served in order, 992 bytes of 1024")
  func order() {
    var generator = seeded()
    let first = portableKeyStream(littleEndianWords(seed), count: 1024)
    let second = portableKeyStream(littleEndianWords(first.prefix(32)), count: 1024)
    let expected = Array(first.dropFirst(32) + second.dropFirst(32))
    var output: [UInt8] = []
    while output.count < 1984 { output += generator.bytes(min(248, 1984 - output.count), with: Available.self) }
    #expect(output == expected)
  }

  @Test("without fast key stream a refill makes two blocks, 96 bytes of them to serve")
  func shortRefill() {
    var generator = seeded()
    let first = portableKeyStream(littleEndianWords(seed), count: 128)
    let second = portableKeyStream(littleEndianWords(first.prefix(32)), count: 128)
    let output = generator.bytes(192, with: Unavailable.self)
    #expect(output == Array(first.dropFirst(32) + second.dropFirst(32)))
  }

  @Test("fast and portable refills may follow one another")
  func mixture() {
    var generator = seeded()
    let first = portableKeyStream(littleEndianWords(seed), count: 128)
    #expect(generator.bytes(96, with: Unavailable.self) == Array(first.dropFirst(32)))
    let second = portableKeyStream(littleEndianWords(first.prefix(32)), count: 1024)
    #expect(generator.bytes(40, with: Available.self) == Array(second[32..<72]))
  }

  @Test(
    "what was served is gone from the generator's memory, and so is the key that made it", arguments: [1, 16, 31, 256])
  func erasure(count: Int) {
    var generator = seeded()
    var output: [UInt8] = []
    while output.count < 64 { output += generator.bytes(count, with: Available.self) }
    let size = MemoryLayout<FastKeyErasureGenerator>.size
    let memory = withUnsafeBytes(of: &generator) { Array($0.prefix(size)) }
    func holds(_ part: ArraySlice<UInt8>) -> Bool {
      memory.indices.contains { $0 + part.count <= memory.count && memory[$0..<$0 + part.count].elementsEqual(part) }
    }
    #expect(!holds(seed[...]), "the key")
    for start in stride(from: 0, to: output.count - 16, by: 8) {
      #expect(!holds(output[start..<start + 16]), "output from \(start) on")
    }
  }

  @Test("words of all sizes are the next bytes of the batch, least significant first")
  func integers() {
    var generator = seeded()
    let stream = Array(portableKeyStream(littleEndianWords(seed), count: 1024).dropFirst(32))
    #expect(generator.next(UInt8.self, with: Available.self) == stream[0])
    #expect(generator.next(UInt16.self, with: Available.self) == UInt16(stream[1]) | UInt16(stream[2]) << 8)
    let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(stream[3 + $1]) << (8 * $1) }
    #expect(generator.next(UInt32.self, with: Available.self) == word)
    let long = (0..<8).reduce(UInt64(0)) { $0 | UInt64(stream[7 + $1]) << (8 * $1) }
    #expect(generator.next(UInt64.self, with: Available.self) == long)
  }

  @Test("a seed changes the key, drops the batch and sets the epoch")
  func reseed() {
    var generator = seeded()
    _ = generator.bytes(16, with: Available.self)
    let nextKey = portableKeyStream(littleEndianWords(seed), count: 32)
    let second = (0..<32).map { UInt8(255 - $0) }
    generator.seed(second.span, epoch: 7)
    #expect(generator.epoch == 7)
    let key = littleEndianWords(zip(nextKey, second).map { $0 ^ $1 })
    #expect(generator.bytes(16, with: Available.self) == Array(portableKeyStream(key, count: 48).dropFirst(32)))
  }

  @Test("wiped, it counts as never seeded")
  func wiping() {
    var generator = seeded()
    _ = generator.bytes(16, with: Available.self)
    generator.wipe()
    #expect(generator.epoch == 0)
    let size = MemoryLayout<FastKeyErasureGenerator>.size
    let memory = withUnsafeBytes(of: &generator) { Array($0.prefix(size)) }
    #expect(memory.filter { $0 != 0 }.count <= 8, "nothing but position and counters")
  }

  @Test("each request counts once, however long")
  func requests() {
    var generator = seeded()
    _ = generator.bytes(256, with: Available.self)
    _ = generator.next(UInt64.self, with: Available.self)
    #expect(generator.takeRequestCount() == 2)
    #expect(generator.takeRequestCount() == 0)
  }

  @Test("a key expands to its stream, at every length")
  func expansion() {
    let expected = portableKeyStream(littleEndianWords(seed), count: 400)
    for length in 0...400 {
      for isFast in [false, true] {
        var key = InlineArray<8, UInt32>(repeating: 0)
        for (index, word) in littleEndianWords(seed).enumerated() { key[index] = word }
        var output = [UInt8](repeating: 0xAA, count: length)
        var span = output.mutableSpan
        if isFast {
          FastKeyErasureGenerator.expand(&key, into: &span, with: Available.self)
        } else {
          FastKeyErasureGenerator.expand(&key, into: &span, with: Unavailable.self)
        }
        #expect(output == Array(expected.prefix(length)), "\(length) bytes")
      }
    }
  }
}
