// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The writing end of a collection array: a ring of 8-bit slots, four to a 32-bit word.
///
/// Slot 0 is the least significant byte of word 0. The memory belongs to the host, which passes it to each call; only
/// the position is kept here. Storing is a few instructions, without a branch on the data, because an interrupt waits.
///
/// The position is the slot that was written last, so that the first event lands in slot 1. Two kinds of data are
/// stored, each advancing the position by as many slots as it fills:
///
///     slot 5 after slot 4:            … [ 4 ] [ 5 ]                       position 4 → 5
///     word after position 4:          … [ w0 ] [ w1 ] [ w2 ] [ w3 ]       position 4 → 8, slot 8 and its word cleared
///     word after position 5:          … [ w1 ] [ w2 ] [ w3 ] | [ w0 ]     position 5 → 9, the rest of slot 9's word cleared
///
/// A word therefore begins at the position itself: words follow one another without a gap, and the first word after
/// slots replaces the last slot. ``EventCollector`` only stores words while no slot counts: before the first one, after
/// a failure that has made all of them worthless, or always.
struct CollectionArray: Sendable {
  /// The number of slots less 1: their number is a power of two.
  private let mask: UInt32

  /// The slot that was written last.
  private(set) var position: UInt32 = 0

  init(_ size: CollectionSize) {
    mask = size.lengthInBytes &- 1
  }

  /// Whether the last slot was written: the next one begins the array anew.
  var isAtEnd: Bool { position == mask }

  /// Stores 8 bits in the next slot.
  @inline(__always)
  mutating func addSlot(_ value: UInt8, to words: inout MutableSpan<UInt32>) {
    let position = advance()
    let shift = Self.shift(position)
    Self.replace(0xFF &<< shift, by: UInt32(value) &<< shift, inWordOf: position, of: &words)
  }

  /// Goes on to the next slot.
  @inline(__always)
  mutating func advance() -> UInt32 {
    position = (position &+ 1) & mask
    return position
  }

  /// Stores 32 bits in four slots, the lowest ones in the next word if the position is not the first slot of its word.
  ///
  /// - Returns: Whether this went beyond the end: the first slots were written again.
  @inline(__always)
  mutating func addWord(_ value: UInt32, to words: inout MutableSpan<UInt32>) -> Bool {
    let start = position
    position = (position &+ 4) & mask
    let lowBits: UInt32 = (1 &<< Self.shift(start)) &- 1
    Self.replace(~lowBits, by: value & ~lowBits, inWordOf: start, of: &words)
    Self.replace(.max, by: value & lowBits, inWordOf: position, of: &words)
    return position < start
  }

  private static func shift(_ slot: UInt32) -> UInt32 { (slot & 3) &* 8 }

  @inline(__always)
  private static func replace(
    _ mask: UInt32, by bits: UInt32, inWordOf slot: UInt32, of words: inout MutableSpan<UInt32>
  ) {
    let index = Int(truncatingIfNeeded: slot / 4)
    // A host that lends less memory than the size says loses events, not the machine.
    guard index < words.count else { return }
    words[index] = (words[index] & ~mask) | bits
  }
}
