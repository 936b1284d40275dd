// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Hash_DRBG of SP 800-90A, section 10.1.1.
///
/// | hash | outlen | seedlen (table 2) | highest strength |
/// |---|---|---|---|
/// | SHA-256 | 256 | 440 bits | 256 |
/// | SHA-512 | 512 | 888 bits | 256 |
///
/// V and C are numbers of seedlen bits, most significant byte first, and all sums are taken modulo 2^seedlen.
public struct HashDRBG<Hash: HashFunction & ~Copyable>: DRBGMechanism, ~Copyable {
  /// Table 2: 440 bits for hashes of up to 256 bits, 888 bits for longer ones.
  static var seedLengthInBytes: Int { Hash.digestLengthInBytes <= 32 ? 440 / 8 : 888 / 8 }

  typealias Number = InlineArray<111, UInt8>

  // Internal, so that tests can compare them with the vectors'. Only the first seedlen bits are used.
  var v = Secret(Number(repeating: 0))
  var c = Secret(Number(repeating: 0))
  private var hash = Hash()

  public init() {}

  /// 10.1.1.2.
  public mutating func instantiate(entropyInput: Span<UInt8>, nonce: Span<UInt8>, personalization: Span<UInt8>) {
    Self.derive(&hash, Span(), entropyInput, nonce, personalization, into: &v.value)
    deriveConstant()
  }

  /// 10.1.1.3.
  public mutating func reseed(entropyInput: Span<UInt8>, additionalInput: Span<UInt8>) {
    let prefix: InlineArray<1, UInt8> = [0x01]
    var seed = Secret(Number(repeating: 0))
    Self.derive(
      &hash, prefix.span, v.value.span.extracting(first: Self.seedLengthInBytes), entropyInput, additionalInput,
      into: &seed.value)
    v.value = seed.value
    seed.wipe()
    deriveConstant()
  }

  /// 10.1.1.4.
  public mutating func generate(
    into output: inout MutableSpan<UInt8>, additionalInput: Span<UInt8>, reseedCounter: UInt64
  ) {
    var digest = Secret(InlineArray<64, UInt8>(repeating: 0))
    // Step 2.
    if !additionalInput.isEmpty {
      digestOfV(prefix: 0x02, additionalInput, into: &digest.value)
      add(digest.value.span.extracting(first: Hash.digestLengthInBytes))
    }
    // Step 3.
    generateFromHash(into: &output)
    // Steps 4 to 6.
    digestOfV(prefix: 0x03, Span(), into: &digest.value)
    add(digest.value.span.extracting(first: Hash.digestLengthInBytes))
    digest.wipe()
    Self.add(c.value.span.extracting(first: Self.seedLengthInBytes), to: &v.value)
    var counter = InlineArray<8, UInt8>(repeating: 0)
    var counterBytes = counter.mutableSpan
    counterBytes.storeBigEndian(reseedCounter, at: 0)
    add(counter.span)
  }

  public mutating func wipe() {
    v.wipe()
    c.wipe()
    hash.reset()
  }

  /// Hashgen: the digests of V, V + 1, V + 2 and so on.
  private mutating func generateFromHash(into output: inout MutableSpan<UInt8>) {
    var data = Secret(v.value)
    var block = Secret(InlineArray<64, UInt8>(repeating: 0))
    let one: InlineArray<8, UInt8> = [0, 0, 0, 0, 0, 0, 0, 1]
    var offset = 0
    while offset < output.count {
      hash.update(data.value.span.extracting(first: Self.seedLengthInBytes))
      var bytes = block.value.mutableSpan
      hash.finalize(into: &bytes)
      offset &+= output.copy(Hash.digestLengthInBytes, from: block.value.span, at: 0, to: offset)
      Self.add(one.span, to: &data.value)
    }
    data.wipe()
    block.wipe()
  }

  private mutating func digestOfV(
    prefix: UInt8, _ input: Span<UInt8>, into digest: inout InlineArray<64, UInt8>
  ) {
    hash.update(byte: prefix)
    hash.update(v.value.span.extracting(first: Self.seedLengthInBytes))
    hash.update(input)
    var bytes = digest.mutableSpan
    hash.finalize(into: &bytes)
  }

  /// C = Hash_df(00 ‖ V).
  private mutating func deriveConstant() {
    let prefix: InlineArray<1, UInt8> = [0x00]
    Self.derive(
      &hash, prefix.span, v.value.span.extracting(first: Self.seedLengthInBytes), Span(), Span(), into: &c.value)
  }

  /// Hash_df of section 10.3.1 over the concatenation of the inputs, with seedlen bits of output.
  private static func derive(
    _ hash: inout Hash, _ first: Span<UInt8>, _ second: Span<UInt8>, _ third: Span<UInt8>, _ fourth: Span<UInt8>,
    into number: inout Number
  ) {
    var block = Secret(InlineArray<64, UInt8>(repeating: 0))
    // The counter, and the length of the output in bits.
    var header = InlineArray<5, UInt8>(repeating: 0)
    var headerBytes = header.mutableSpan
    headerBytes.storeBigEndian(UInt32(truncatingIfNeeded: seedLengthInBytes &* 8), at: 1)
    var offset = 0
    while offset < seedLengthInBytes {
      header[0] &+= 1
      hash.update(header.span)
      hash.update(first)
      hash.update(second)
      hash.update(third)
      hash.update(fourth)
      var blockBytes = block.value.mutableSpan
      hash.finalize(into: &blockBytes)
      var bytes = number.mutableSpan
      let length = min(Hash.digestLengthInBytes, seedLengthInBytes &- offset)
      bytes.copy(length, from: block.value.span, at: 0, to: offset)
      offset &+= length
    }
    block.wipe()
  }

  private mutating func add(_ addend: Span<UInt8>) {
    Self.add(addend, to: &v.value)
  }

  /// Adds a number of at most seedlen bits modulo 2^seedlen. Both stand there most significant byte first.
  private static func add(_ addend: Span<UInt8>, to number: inout Number) {
    var end = seedLengthInBytes
    var endOfAddend = addend.count
    var carry: UInt64 = 0
    var bytes = number.mutableSpan
    // Eight digits at a time, as long as the addend has so many, or none.
    while end >= 8 && (endOfAddend >= 8 || endOfAddend <= 0) {
      end &-= 8
      endOfAddend &-= 8
      let old = bytes.span.bigEndianWord(at: end, as: UInt64.self)
      let digits: UInt64 = addend.holds(8, at: endOfAddend) ? addend.bigEndianWord(at: endOfAddend) : 0
      let new = old &+ digits &+ carry
      // The carry of the highest bit; a comparison of the sum would become a branch.
      carry = ((old & digits) | ((old | digits) & ~new)) &>> 63
      bytes.storeBigEndian(new, at: end)
    }
    while end > 0 {
      end &-= 1
      endOfAddend &-= 1
      carry &+= UInt64(number[end])
      if addend.indices.contains(endOfAddend) { carry &+= UInt64(addend[endOfAddend]) }
      number[end] = UInt8(truncatingIfNeeded: carry)
      carry &>>= 8
    }
  }
}

extension HashFunction where Self: ~Copyable {
  mutating func update(byte: UInt8) {
    let bytes: InlineArray<1, UInt8> = [byte]
    update(bytes.span)
  }
}
