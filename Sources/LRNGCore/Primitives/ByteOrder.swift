// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// Words from bytes and bytes from words.
//
// The only unsafe memory accesses of the primitives, apart from wiping, are in this file. Each function checks its
// range once. A loop whose condition is `holds` makes that check redundant, and the optimiser drops it.

extension Span where Element == UInt8 {
  /// Whether there are `byteCount` bytes from `offset` on. Neither is negative in a sensible question.
  @inlinable
  @inline(__always)
  public func holds(_ byteCount: Int, at offset: Int) -> Bool {
    offset >= 0 && byteCount <= count &- offset
  }

  /// The word whose bytes begin at `offset`, least significant byte first.
  @inlinable
  @inline(__always)
  public func littleEndianWord<Word: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Word.Type = Word.self
  ) -> Word {
    precondition(holds(MemoryLayout<Word>.size, at: offset))
    return unsafe Word(littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: Word.self))
  }

  /// The word whose bytes begin at `offset`, most significant byte first.
  @inlinable
  @inline(__always)
  public func bigEndianWord<Word: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Word.Type = Word.self
  ) -> Word {
    littleEndianWord(at: offset, as: type).byteSwapped
  }
}

extension MutableSpan where Element == UInt8 {
  /// Whether there are `byteCount` bytes from `offset` on. Neither is negative in a sensible question.
  @inlinable
  @inline(__always)
  public func holds(_ byteCount: Int, at offset: Int) -> Bool {
    offset >= 0 && byteCount <= count &- offset
  }

  /// Writes the bytes of `word` from `offset` on, least significant byte first.
  @inlinable
  @inline(__always)
  public mutating func storeLittleEndian<Word: FixedWidthInteger & BitwiseCopyable>(_ word: Word, at offset: Int) {
    precondition(holds(MemoryLayout<Word>.size, at: offset))
    var bytes = unsafe mutableBytes
    unsafe bytes.storeBytes(of: word.littleEndian, toUncheckedByteOffset: offset, as: Word.self)
  }

  /// Writes the bytes of two words from `offset` on, each least significant byte first.
  @inlinable
  @inline(__always)
  public mutating func storeLittleEndian(_ words: (UInt64, UInt64), at offset: Int) {
    precondition(holds(16, at: offset))
    var bytes = unsafe mutableBytes
    unsafe bytes.storeBytes(of: words.0.littleEndian, toUncheckedByteOffset: offset, as: UInt64.self)
    unsafe bytes.storeBytes(of: words.1.littleEndian, toUncheckedByteOffset: offset &+ 8, as: UInt64.self)
  }

  /// Writes the bytes of `word` from `offset` on, most significant byte first.
  @inlinable
  @inline(__always)
  public mutating func storeBigEndian<Word: FixedWidthInteger & BitwiseCopyable>(_ word: Word, at offset: Int) {
    storeLittleEndian(word.byteSwapped, at: offset)
  }

  /// Fills the span with zeroes from `offset` on.
  @inlinable
  @inline(__always)
  public mutating func clear(from offset: Int) {
    guard offset >= 0, offset < count else { return }
    unsafe withUnsafeMutableBytes { bytes in
      // It holds at least one byte.
      guard let base = bytes.baseAddress else { return }
      unsafe (base + offset).initializeMemory(as: UInt8.self, repeating: 0, count: bytes.count &- offset)
    }
  }

  /// Copies bytes of `source`, from `sourceOffset` on, to `offset`: `byteCount` of them, or as many as both sides hold.
  ///
  /// - Returns: how many bytes were copied.
  @inlinable
  @inline(__always)
  @discardableResult
  public mutating func copy(
    _ byteCount: Int = .max, from source: Span<UInt8>, at sourceOffset: Int, to offset: Int
  ) -> Int {
    guard sourceOffset >= 0, offset >= 0 else { return 0 }
    let copied = min(byteCount, min(source.count &- sourceOffset, count &- offset))
    guard copied > 0 else { return 0 }
    unsafe source.withUnsafeBytes { from in
      unsafe withUnsafeMutableBytes { to in
        // Neither base is nil: both sides hold at least one byte.
        guard let from = from.baseAddress, let to = to.baseAddress else { return }
        unsafe (to + offset).copyMemory(from: from + sourceOffset, byteCount: copied)
      }
    }
    return copied
  }
}

extension InlineArray where Element: FixedWidthInteger & BitwiseCopyable {
  /// Fills the array with the words whose bytes begin at `offset`, each most significant byte first.
  @inlinable
  @inline(__always)
  public mutating func loadBigEndian(from bytes: Span<UInt8>, at offset: Int) {
    precondition(bytes.holds(count &* MemoryLayout<Element>.size, at: offset))
    for index in indices {
      let offset = offset &+ index &* MemoryLayout<Element>.size
      unsafe self[unchecked: index] = Element(
        bigEndian: bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: Element.self))
    }
  }
}
