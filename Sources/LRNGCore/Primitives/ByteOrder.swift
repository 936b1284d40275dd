// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// Words from bytes and bytes from words.
//
// The only unsafe memory accesses of the primitives, apart from wiping, are in this file. Each function checks its
// range once, so that the loops behind it need no check.

extension Span where Element == UInt8 {
  /// The word whose bytes begin at `offset`, least significant byte first.
  @inline(__always)
  public func littleEndianWord<Word: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Word.Type = Word.self
  ) -> Word {
    precondition(offset >= 0 && MemoryLayout<Word>.size <= count &- offset)
    return unsafe withUnsafeBytes { unsafe Word(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Word.self)) }
  }

  /// The word whose bytes begin at `offset`, most significant byte first.
  @inline(__always)
  public func bigEndianWord<Word: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Word.Type = Word.self
  ) -> Word {
    littleEndianWord(at: offset, as: type).byteSwapped
  }
}

extension MutableSpan where Element == UInt8 {
  /// Writes the bytes of `word` from `offset` on, least significant byte first.
  @inline(__always)
  public mutating func storeLittleEndian<Word: FixedWidthInteger & BitwiseCopyable>(_ word: Word, at offset: Int) {
    precondition(offset >= 0 && MemoryLayout<Word>.size <= count &- offset)
    unsafe withUnsafeMutableBytes { unsafe $0.storeBytes(of: word.littleEndian, toByteOffset: offset, as: Word.self) }
  }

  /// Writes the bytes of `word` from `offset` on, most significant byte first.
  @inline(__always)
  public mutating func storeBigEndian<Word: FixedWidthInteger & BitwiseCopyable>(_ word: Word, at offset: Int) {
    storeLittleEndian(word.byteSwapped, at: offset)
  }

  /// Copies `byteCount` bytes of `source`, from `sourceOffset` on, to `offset`.
  @inline(__always)
  public mutating func copy(_ byteCount: Int, from source: Span<UInt8>, at sourceOffset: Int, to offset: Int) {
    precondition(byteCount >= 0 && sourceOffset >= 0 && offset >= 0)
    precondition(byteCount <= source.count &- sourceOffset && byteCount <= count &- offset)
    unsafe source.withUnsafeBytes { from in
      unsafe withUnsafeMutableBytes { to in
        guard let from = from.baseAddress, let to = to.baseAddress else { return }
        unsafe (to + offset).copyMemory(from: from + sourceOffset, byteCount: byteCount)
      }
    }
  }
}

extension InlineArray where Element: FixedWidthInteger & BitwiseCopyable {
  /// Fills the array with the words whose bytes begin at `offset`, each most significant byte first.
  @inline(__always)
  public mutating func loadBigEndian(from bytes: Span<UInt8>, at offset: Int) {
    precondition(offset >= 0 && count &* MemoryLayout<Element>.size <= bytes.count &- offset)
    for index in indices {
      unsafe self[unchecked: index] = bytes.withUnsafeBytes {
        unsafe Element(
          bigEndian: $0.loadUnaligned(
            fromByteOffset: offset &+ index &* MemoryLayout<Element>.size, as: Element.self))
      }
    }
  }
}
