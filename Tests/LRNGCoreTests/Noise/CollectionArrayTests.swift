// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("Collection array: 8-bit slots packed into 32-bit words")
struct CollectionArrayTests {
  @Test("the first event lands in slot 1, and slot 0 is the lowest byte of word 0")
  func firstSlot() {
    var fixture = Fixture(.bytes32)
    fixture.addSlot(0xAB)
    #expect(fixture.words == [0x0000_AB00, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test("four slots fill a word from its lowest byte upwards")
  func fourSlots() {
    var fixture = Fixture(.bytes32)
    for value in UInt8(1)...7 { fixture.addSlot(value) }
    #expect(fixture.words[0] == 0x0302_0100)
    #expect(fixture.words[1] == 0x0706_0504)
  }

  @Test("64 values in 64 slots: each byte of the array holds the value that was put there")
  func sixtyFourValues() {
    var fixture = Fixture(.bytes64, filledWith: 0xFFFF_FFFF)
    for value in UInt8(0)..<64 { fixture.addSlot(value) }
    // Slot 0 is written last, after the end.
    #expect(fixture.bytes == [63] + Array(0..<63))
    #expect(fixture.array.position == 0)
  }

  @Test("a slot is cleared before it is written again")
  func overwriting() {
    var fixture = Fixture(.bytes32)
    for _ in 0..<32 { fixture.addSlot(0xFF) }
    for _ in 0..<32 { fixture.addSlot(0x10) }
    #expect(fixture.bytes.allSatisfy { $0 == 0x10 })
  }

  @Test(
    "the end is reached with the last slot, once per round",
    arguments: [
      CollectionSize.bytes32, .bytes64, .bytes256, .bytes512, .bytes1024, .bytes2048, .bytes4096, .bytes8192,
    ])
  func end(size: CollectionSize) {
    var fixture = Fixture(size)
    for round in 0..<3 {
      let slotsUntilEnd = Int(size.lengthInBytes) - (round == 0 ? 1 : 0)
      for _ in 1..<slotsUntilEnd {
        fixture.addSlot(1)
        #expect(!fixture.array.isAtEnd)
      }
      fixture.addSlot(1)
      #expect(fixture.array.isAtEnd)
    }
  }

  @Test("a word at the first slot of a word fills that word and clears the next")
  func alignedWord() {
    var fixture = Fixture(.bytes32, filledWith: 0xFFFF_FFFF)
    #expect(fixture.addWord(0x4433_2211) == false)
    #expect(Array(fixture.words.prefix(3)) == [0x4433_2211, 0, 0xFFFF_FFFF])
    #expect(fixture.array.position == 4)
  }

  @Test(
    "a word elsewhere fills the rest of the word with its upper bits, its lower bits overwrite the next word",
    arguments: [
      (1, 0x4433_2200, 0x0000_0011),
      (2, 0x4433_0100, 0x0000_2211),
      (3, 0x4402_0100, 0x0033_2211),
    ] as [(UInt8, UInt32, UInt32)])
  func unalignedWord(slots: UInt8, word0: UInt32, word1: UInt32) {
    var fixture = Fixture(.bytes32)
    for value in 0..<slots { fixture.addSlot(value + 1) }
    fixture.words[1] = 0xFFFF_FFFF
    #expect(fixture.addWord(0x4433_2211) == false)
    #expect(fixture.words[0] == word0)
    #expect(fixture.words[1] == word1)
    #expect(fixture.array.position == UInt32(slots) + 4)
  }

  @Test("words follow one another without a gap from any position", arguments: [0, 1, 2, 3])
  func consecutiveWords(slots: Int) {
    var fixture = Fixture(.bytes32)
    for _ in 0..<slots { fixture.addSlot(0) }
    for word: UInt32 in [0x1111_1111, 0x2222_2222, 0x3333_3333] { #expect(fixture.addWord(word) == false) }
    let written = fixture.bytes[slots..<slots + 12]
    for value: UInt8 in [0x11, 0x22, 0x33] {
      #expect(written.filter { $0 == value }.count == 4)
    }
  }

  @Test("a word that goes beyond the end says so, at the end it goes on in word 0", arguments: [0, 1, 2, 3])
  func wordBeyondEnd(slots: Int) {
    var fixture = Fixture(.bytes32)
    for _ in 0..<slots { fixture.addSlot(0) }
    for _ in 0..<7 { #expect(fixture.addWord(0xAAAA_AAAA) == false) }
    fixture.words[0] = 0xFFFF_FFFF
    #expect(fixture.addWord(0x4433_2211) == true)
    #expect(fixture.words[0] == [0, 0x11, 0x2211, 0x33_2211][slots])
    #expect(fixture.array.position == UInt32(slots))
  }

  @Test("words of zero clear the whole array")
  func zeroisation() {
    var fixture = Fixture(.bytes64, filledWith: 0xFFFF_FFFF)
    for _ in 0..<16 { _ = fixture.addWord(0) }
    #expect(fixture.words.allSatisfy { $0 == 0 })
  }

  @Test("memory that is shorter than the size loses data, and nothing else happens")
  func shortMemory() {
    var fixture = Fixture(.bytes1024)
    fixture.words.removeLast(200)
    for index in 0..<2048 { fixture.addSlot(UInt8(truncatingIfNeeded: index)) }
    for _ in 0..<512 { _ = fixture.addWord(0x0102_0304) }
    fixture.words.removeAll()
    fixture.addSlot(1)
    #expect(fixture.words.isEmpty)
  }

  @Test("the capacity in events is one per slot, or one per two words at low resolution")
  func capacity() {
    #expect(CollectionSize.bytes1024.capacityInEvents(at: .high) == 1024)
    #expect(CollectionSize.bytes1024.capacityInEvents(at: .low) == 128)
    #expect(CollectionSize.bytes1024.lengthInWords == 256)
  }

  private struct Fixture {
    var array: CollectionArray
    var words: [UInt32]

    init(_ size: CollectionSize, filledWith word: UInt32 = 0) {
      array = CollectionArray(size)
      words = Array(repeating: word, count: size.lengthInWords)
    }

    mutating func addSlot(_ value: UInt8) {
      var writer = array
      var span = words.mutableSpan
      writer.addSlot(value, to: &span)
      array = writer
    }

    mutating func addWord(_ value: UInt32) -> Bool {
      var writer = array
      var span = words.mutableSpan
      let wentBeyondEnd = writer.addWord(value, to: &span)
      array = writer
      return wentBeyondEnd
    }

    /// The slots in order.
    var bytes: [UInt8] {
      words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }
  }
}
