// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Testing

@Suite("Bytes: order, copies, comparison, wiping")
struct MemoryTests {
  @Test("words are loaded and stored in the order their names say, at any alignment")
  func byteOrder() {
    let bytes = [UInt8].counting(16)
    #expect(bytes.span.littleEndianWord(at: 1, as: UInt32.self) == 0x0403_0201)
    #expect(bytes.span.bigEndianWord(at: 3, as: UInt64.self) == 0x0304_0506_0708_090a)
    var words = InlineArray<2, UInt32>(repeating: 0)
    words.loadBigEndian(from: bytes.span, at: 5)
    #expect(words[0] == 0x0506_0708 && words[1] == 0x090a_0b0c)

    var output = [UInt8](repeating: 0, count: 13)
    var span = output.mutableSpan
    span.storeLittleEndian(0x0403_0201 as UInt32, at: 0)
    span.storeBigEndian(0x0506_0708_090a_0b0c as UInt64, at: 5)
    #expect(output == [1, 2, 3, 4, 0, 5, 6, 7, 8, 9, 10, 11, 12])
  }

  @Test("a copy takes as many bytes as both sides hold")
  func copies() {
    let source = [UInt8].counting(10)
    for count in [-1, 0, 1, 5, 10, 11, .max] {
      for from in -1...11 {
        for to in -1...7 {
          var target = [UInt8](repeating: 0xEE, count: 6)
          var span = target.mutableSpan
          let copied = span.copy(count, from: source.span, at: from, to: to)
          let possible = from < 0 || to < 0 ? 0 : max(0, min(count, 10 - from, 6 - to))
          #expect(copied == possible)
          if possible > 0 { #expect(target[to..<to + copied] == source[from..<from + copied]) }
          #expect(target.count { $0 == 0xEE } == 6 - copied)
        }
      }
    }
  }

  @Test("constant-time comparison finds every single difference")
  func comparison() {
    let bytes = [UInt8].counting(40)
    #expect(areEqual(bytes, bytes))
    #expect(areEqual([], []))
    #expect(!areEqual(bytes, Array(bytes.dropLast())))
    for bit in 0..<320 {
      var other = bytes
      other[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(!areEqual(bytes, other))
    }
  }

  private func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool { constantTimeEqual(a.span, b.span) }

  @Test("wiping leaves zeroes")
  func wiping() {
    var words = InlineArray<4, UInt64>(repeating: 7)
    wipe(&words)
    #expect(words.indices.allSatisfy { words[$0] == 0 })

    var bytes = [UInt8].counting(9)
    var span = bytes.mutableSpan
    span.wipe()
    #expect(bytes.allSatisfy { $0 == 0 })
    var empty = MutableSpan<UInt8>()
    empty.wipe()

    var secret = Secret(words)
    secret.value[2] = 9
    secret.wipe()
    #expect(secret.value[2] == 0)
  }
}
