// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The ChaCha20 DRNG: the LRNG's default generator.
///
/// | | |
/// |---|---|
/// | state | the 16 words of RFC 8439: 256-bit key, 32-bit block counter, 96-bit nonce |
/// | security strength | 256 bits |
/// | seed | any length; XORed into the key in pieces of 32 bytes, with a state update after each |
/// | request | any length; a state update follows, so that the key which made the output is gone |
///
/// It is not an SP 800-90A DRBG. Seeding never loses entropy: XOR into the key is a bijection, and the update that
/// follows is keyed by the result. The block counter is never reset, the nonce counts the updates.
public struct ChaCha20DRNG: DRNG, ~Copyable {
  private var state: Secret<InlineArray<16, UInt32>>

  private static let key = 4
  private static let keyLengthInWords = 8
  private static let keyLengthInBytes = 32
  private static let counter = 12
  private static let nonce = 13
  private static let blockLengthInBytes = 64
  /// Three blocks, which with one of the update are four.
  private static let longestEnd = 192

  /// A generator without any seed: all words but the constants of RFC 8439 are zero.
  public init() {
    state = Secret(InlineArray(repeating: 0))
    resetToConstants()
  }

  public mutating func seed(_ material: Span<UInt8>) throws(DRNGError) {
    // A piece of the seed as key words in little-endian order, as RFC 8439 section 2.3 loads them; the rest is zero.
    var piece = InlineArray<8, UInt32>(repeating: 0)
    var position = 0
    for index in material.indices {
      piece[position / 4] ^= UInt32(material[index]) &<< UInt32(truncatingIfNeeded: 8 &* (position & 3))
      position = (position &+ 1) & (Self.keyLengthInBytes &- 1)
      if position == 0 { absorb(&piece) }
    }
    if position > 0 { absorb(&piece) }
  }

  private mutating func absorb(_ piece: inout InlineArray<8, UInt32>) {
    for word in 0..<Self.keyLengthInWords { state.value[Self.key &+ word] ^= piece[word] }
    LRNGCore.wipe(&piece)
    var output = MutableSpan<UInt8>()
    finish(&output)
  }

  /// - Parameter additionalInput: Not used: this generator knows no input but its seed.
  public mutating func generate(
    into output: inout MutableSpan<UInt8>, additionalInput: Span<UInt8> = Span()
  ) throws(DRNGError) {
    // Vectors make a few blocks in the time of one, so those of a short request are made together with the update's.
    guard output.count > Self.longestEnd else {
      finish(&output)
      return
    }
    let wholeLength = output.count & ~(Self.blockLengthInBytes &- 1)
    output.withPart(0..<wholeLength) { ChaCha20.keyStream(&state.value, into: &$0) }
    output.withPart(wholeLength..<output.count) { finish(&$0) }
  }

  public mutating func wipe() {
    state.wipe()
    resetToConstants()
  }

  /// Makes the last bytes, at most ``longestEnd``, and replaces the key by key XOR key stream, so that nobody can go back
  /// from this state to the one before.
  ///
  /// That key stream is the rest of the last block where eight words of it did not go out, which saves a block.
  private mutating func finish(_ output: inout MutableSpan<UInt8>) {
    var blocks = Secret(InlineArray<256, UInt8>(repeating: 0))
    let mask = Self.blockLengthInBytes &- 1
    var start = (min(output.count, Self.longestEnd) &+ 3) & ~3
    let used = start & mask
    if used == 0 || used > Self.blockLengthInBytes &- Self.keyLengthInBytes { start = (start &+ mask) & ~mask }
    // So it is, which the compiler does not see.
    start = min(max(start, 0), Self.longestEnd)
    let length = (start & ~mask) &+ Self.blockLengthInBytes
    var bytes = blocks.value.mutableSpan
    bytes.withPart(0..<length) { ChaCha20.keyStream(&state.value, into: &$0) }
    output.copy(from: blocks.value.span, at: 0, to: 0)
    for word in 0..<Self.keyLengthInWords {
      state.value[Self.key &+ word] ^= blocks.value.span.littleEndianWord(at: start &+ 4 &* word, as: UInt32.self)
    }
    blocks.wipe()
    for word in Self.nonce..<16 {
      state.value[word] &+= 1
      if state.value[word] != 0 { break }
    }
  }

  private mutating func resetToConstants() {
    // "expand 32-byte k", RFC 8439 section 2.3.
    state.value[0] = 0x6170_7865
    state.value[1] = 0x3320_646e
    state.value[2] = 0x7962_2d32
    state.value[3] = 0x6b20_6574
  }
}
