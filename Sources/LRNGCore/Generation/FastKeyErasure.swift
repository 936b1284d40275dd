// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// Fast key erasure: the small generator that a processor or a thread has of its own.
//
//     key ──ChaCha20──► [ next key | batch ───────────► requests, erased as they are served ]
//
// (D. J. Bernstein, "Fast-key-erasure random-number generators", 2017.) Each key makes key stream once, from block 0 of an
// all-zero nonce: the first 32 bytes replace the key, before anything is served. So neither the key nor the batch tells
// what was served (backtracking resistance), and the price of a refill is shared by many requests.

/// Makes ChaCha20 key stream: portable code, or whatever is faster on this processor at this moment.
public protocol ChaCha20Expander {
  /// Fills whole blocks with the key stream from block 0 of an all-zero nonce.
  ///
  /// - Returns: Whether it did; `false` has written nothing, and the portable code steps in.
  static func expand(_ key: inout InlineArray<8, UInt32>, into output: inout MutableSpan<UInt8>) -> Bool
}

/// A generator that serves small requests from a batch.
///
/// | | |
/// |---|---|
/// | state | a 256-bit key, and up to 992 bytes of batch |
/// | security strength | 256 bits, if its seeds have that |
/// | seed | 32 bytes of a ``DRNGInstance``, XORed into the key; the batch is dropped |
/// | request | 1 … 256 bytes out of the batch; longer ones get a key of their own by ``takeKey(into:with:)`` |
///
/// It is no DRBG of SP 800-90A, and not used where that is asked for. It has no lock: its processor or thread alone uses it.
public struct FastKeyErasureGenerator: ~Copyable {
  /// The most bytes that a request gets out of the batch.
  public static let maximumRequestLengthInBytes = 256
  private static let keyLengthInBytes = 32
  private static let lengthInBytes = 1024
  private static let end = UInt(lengthInBytes)
  /// Without fast key stream a refill makes so little that the request does not wait for long: two blocks.
  private static let shortLengthInBytes = 128

  private var key = Secret(InlineArray<8, UInt32>(repeating: 0))
  private var stream = Secret(InlineArray<1024, UInt8>(repeating: 0))
  /// The first byte of the stream that was not served. Unsigned, so that one comparison bounds it.
  private var position = Self.end

  /// Requests since ``takeRequestCount()`` was called last.
  public private(set) var requests: UInt32 = 0
  /// The seed it has, as its parent counts them; 0 before the first one.
  public private(set) var epoch: UInt64 = 0

  /// A generator without a seed.
  public init() {}

  /// Mixes a key of the parent in, and drops the batch.
  public mutating func seed(_ material: borrowing Span<UInt8>, epoch: UInt64) {
    for word in 0..<8 where material.holds(4, at: 4 &* word) {
      key.value[word] ^= material.littleEndianWord(at: 4 &* word, as: UInt32.self)
    }
    stream.wipe()
    position = Self.end
    self.epoch = epoch
  }

  /// Hands over the count of ``requests``, which begins anew.
  public mutating func takeRequestCount() -> UInt32 {
    let count = requests
    requests = 0
    return count
  }

  /// Serves one word.
  @inline(__always)
  public mutating func next<Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable, E: ChaCha20Expander>(
    _ type: Word.Type, with expander: E.Type
  ) -> Word {
    let size = MemoryLayout<Word>.size
    if position > Self.end &- UInt(size) { refill(with: expander) }
    requests &+= 1
    return takeWord()
  }

  /// Fills the output, at most ``maximumRequestLengthInBytes``.
  @inline(__always)
  public mutating func fill<E: ChaCha20Expander>(_ output: inout MutableSpan<UInt8>, with expander: E.Type) {
    requests &+= 1
    var offset = 0
    while output.holds(8, at: offset) {
      if position > Self.end &- 8 { refill(with: expander) }
      output.storeLittleEndian(takeWord() as UInt64, at: offset)
      offset &+= 8
    }
    while output.holds(1, at: offset) {
      if position >= Self.end { refill(with: expander) }
      output.storeLittleEndian(takeWord() as UInt8, at: offset)
      offset &+= 1
    }
  }

  /// Hands out 32 bytes that serve as the key of one long request: see ``expand(_:into:with:)``.
  public mutating func takeKey<E: ChaCha20Expander>(into key: inout MutableSpan<UInt8>, with expander: E.Type) {
    fill(&key, with: expander)
  }

  /// Fills memory of any length from a key that is used for nothing else.
  ///
  /// The caller wipes the key. One key is good for 256 GiB; nobody asks for so much at a time.
  public static func expand<E: ChaCha20Expander>(
    _ key: inout InlineArray<8, UInt32>, into output: inout MutableSpan<UInt8>, with expander: E.Type
  ) {
    let wholeLength = output.count & ~63
    var offset = 0
    if wholeLength > 0, output.withPart(0..<wholeLength, { E.expand(&key, into: &$0) }) { offset = wholeLength }
    guard offset < output.count else { return }
    var state = Secret(initialState(of: key))
    state.value[12] = UInt32(truncatingIfNeeded: offset / 64)
    portableExpand(&state.value, into: &output, from: offset)
    state.wipe()
    wipeDeadStack()
  }

  /// Forgets everything, also that it was seeded.
  public mutating func wipe() {
    key.wipe()
    stream.wipe()
    position = Self.end
    epoch = 0
  }

  @inline(never)
  private mutating func refill<E: ChaCha20Expander>(with expander: E.Type) {
    var bytes = stream.value.mutableSpan
    var start = 0
    if !E.expand(&key.value, into: &bytes) {
      start = Self.lengthInBytes &- Self.shortLengthInBytes
      var state = Secret(Self.initialState(of: key.value))
      Self.portableExpand(&state.value, into: &bytes, from: start)
      state.wipe()
      wipeDeadStack()
    }
    for word in 0..<8 {
      key.value[word] = stream.value.span.littleEndianWord(at: start &+ 4 &* word, as: UInt32.self)
      bytes = stream.value.mutableSpan
      bytes.storeLittleEndian(0 as UInt32, at: start &+ 4 &* word)
    }
    position = UInt(truncatingIfNeeded: start &+ Self.keyLengthInBytes)
  }

  /// Takes a word out of the stream, and leaves zeroes. There must be one.
  @inline(__always)
  private mutating func takeWord<Word: FixedWidthInteger & BitwiseCopyable>() -> Word {
    // The position is below the length, which the compiler does not see.
    let place = Int(truncatingIfNeeded: min(position, Self.end &- UInt(MemoryLayout<Word>.size)))
    let word = stream.value.span.littleEndianWord(at: place, as: Word.self)
    var bytes = stream.value.mutableSpan
    bytes.storeLittleEndian(0 as Word, at: place)
    position = UInt(truncatingIfNeeded: place &+ MemoryLayout<Word>.size)
    return word
  }

  private static func initialState(of key: InlineArray<8, UInt32>) -> InlineArray<16, UInt32> {
    var state = InlineArray<16, UInt32>(repeating: 0)
    for word in 0..<4 { state[word] = ChaCha20.constants[word] }
    for word in 0..<8 { state[word &+ 4] = key[word] }
    return state
  }

  private static func portableExpand(
    _ state: inout InlineArray<16, UInt32>, into output: inout MutableSpan<UInt8>, from start: Int
  ) {
    var block = Secret(InlineArray<16, UInt32>(repeating: 0))
    var offset = start
    while output.holds(1, at: offset) {
      ChaCha20.block(&state, into: &block.value)
      state[12] &+= 1
      for word in 0..<16 {
        if output.holds(4, at: offset) {
          output.storeLittleEndian(block.value[word], at: offset)
        } else {
          var rest = block.value[word]
          for byte in 0..<4 where output.holds(1, at: offset &+ byte) {
            output.storeLittleEndian(UInt8(truncatingIfNeeded: rest), at: offset &+ byte)
            rest &>>= 8
          }
        }
        offset &+= 4
      }
    }
    block.wipe()
  }
}
