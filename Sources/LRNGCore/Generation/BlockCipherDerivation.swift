// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Block_Cipher_df of SP 800-90A, section 10.3.2, with AES-256 and 384 bits of output: the derivation function of CTR_DRBG.
///
/// BCC is a CBC-MAC. The three chains that the output needs differ in their first block only, so they run side by side in
/// three of the cipher's four lanes, and the input passes once, however long it is.
struct BlockCipherDerivation<Cipher: BlockCipher & ~Copyable>: ~Copyable {
  static var outputLengthInBytes: Int { 48 }
  private static var blockLengthInBytes: Int { 16 }

  private var cipher = Cipher()
  /// The chaining values, one for each lane; the fourth idles.
  private var chains = Secret(InlineArray<8, UInt64>(repeating: 0))
  /// The begun block of S.
  private var block = Secret(InlineArray<16, UInt8>(repeating: 0))
  private var fill = 0

  /// Derives seed material from the concatenation of the inputs, together less than 2^32 bytes.
  mutating func derive(
    _ first: Span<UInt8>, _ second: Span<UInt8>, _ third: Span<UInt8>, into output: inout InlineArray<48, UInt8>
  ) {
    // Step 8: the fixed key 00 01 … 1f.
    cipher.setKey(InlineArray<32, UInt8> { UInt8(truncatingIfNeeded: $0) }.span)
    // Step 9.1: IV = i ‖ 0^96, i = 0, 1, 2 as 32 bits; it is the first block of each chain.
    for lane in 0..<3 {
      chains.value[2 &* lane] = UInt64(truncatingIfNeeded: lane).byteSwapped &>> 32
      chains.value[2 &* lane &+ 1] = 0
    }
    fill = 0
    cipher.encrypt(&chains.value)

    // Steps 2 to 4: S = L ‖ N ‖ input ‖ 80, filled with zeroes.
    var header = InlineArray<8, UInt8>(repeating: 0)
    var headerBytes = header.mutableSpan
    headerBytes.storeBigEndian(UInt32(truncatingIfNeeded: first.count &+ second.count &+ third.count), at: 0)
    headerBytes.storeBigEndian(UInt32(truncatingIfNeeded: Self.outputLengthInBytes), at: 4)
    absorb(header.span)
    absorb(first)
    absorb(second)
    absorb(third)
    let end: InlineArray<1, UInt8> = [0x80]
    absorb(end.span)
    if fill > 0 {
      for index in block.value.indices where index >= fill { block.value[index] = 0 }
      absorbBlock()
    }

    // Steps 10 to 15: K is the first 256 bits, X the next 128.
    var bytes = output.mutableSpan
    for word in 0..<4 { bytes.storeLittleEndian(chains.value[word], at: 8 &* word) }
    cipher.setKey(output.span.extracting(first: 32))
    chains.value[0] = chains.value[4]
    chains.value[1] = chains.value[5]
    for index in 0..<3 {
      cipher.encrypt(&chains.value)
      bytes = output.mutableSpan
      bytes.storeLittleEndian(chains.value[0], at: Self.blockLengthInBytes &* index)
      bytes.storeLittleEndian(chains.value[1], at: Self.blockLengthInBytes &* index &+ 8)
    }
    wipe()
  }

  mutating func wipe() {
    cipher.wipe()
    chains.wipe()
    block.wipe()
    fill = 0
  }

  private mutating func absorb(_ data: Span<UInt8>) {
    var offset = 0
    while data.holds(1, at: offset) {
      var bytes = block.value.mutableSpan
      let copied = bytes.copy(from: data, at: offset, to: fill)
      offset &+= copied
      fill &+= copied
      if fill == Self.blockLengthInBytes { absorbBlock() }
    }
  }

  private mutating func absorbBlock() {
    let low: UInt64 = block.value.span.littleEndianWord(at: 0)
    let high: UInt64 = block.value.span.littleEndianWord(at: 8)
    for lane in 0..<3 {
      chains.value[2 &* lane] ^= low
      chains.value[2 &* lane &+ 1] ^= high
    }
    cipher.encrypt(&chains.value)
    fill = 0
  }
}
