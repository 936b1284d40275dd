// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// CTR_DRBG with AES-256 of SP 800-90A, section 10.2.1.
///
/// | | with derivation function | without |
/// |---|---|---|
/// | highest strength | 256 bits | 256 bits |
/// | seedlen | 384 bits | 384 bits |
/// | entropy input | 256 bits or more | 384 bits, of full entropy |
/// | nonce | 128 bits or more, or 384 bits of entropy input | not used |
/// | personalization, additional input | any | at most 384 bits |
/// | request | 2^19 bits, or (2^ctr_len - 4) blocks if that is less | the same |
///
/// The state is the key, kept as the key schedule of the cipher, and V. A generate request of up to one block, with the
/// update that follows, takes one call of the cipher, which encrypts four blocks at a time.
public struct CTRDRBG<Cipher: BlockCipher & ~Copyable>: DRBGMechanism, ~Copyable {
  /// Key and block of AES-256.
  static var seedLengthInBytes: Int { 48 }
  private static var blockLengthInBytes: Int { 16 }

  /// Whether the entropy input passes Block_Cipher_df first. Without it the source must give full entropy.
  public let usesDerivationFunction: Bool
  /// ctr_len: how many bits of V count. The others stay as they are.
  public let counterLengthInBits: Int
  /// The same as bits of V.
  private let mask: InlineArray<2, UInt64>

  // Internal, so that tests can compare them with the vectors'.
  var cipher = Cipher()
  /// V as a number: its higher and its lower half.
  var v = Secret(InlineArray<2, UInt64>(repeating: 0))

  private var derivation = BlockCipherDerivation<Cipher>()
  /// Four blocks of key stream, and how many of them wait to be used.
  private var lanes = Secret(InlineArray<8, UInt64>(repeating: 0))
  private var unusedLanes = 0

  /// - Parameters:
  ///   - usesDerivationFunction: Whether entropy input may be less than full entropy.
  ///   - counterLengthInBits: 4 to 128 (table 3); values beyond count as the nearest.
  public init(usesDerivationFunction: Bool = true, counterLengthInBits: Int = 128) {
    self.usesDerivationFunction = usesDerivationFunction
    let length = min(max(counterLengthInBits, 4), 128)
    self.counterLengthInBits = length
    mask = [
      length <= 64 ? 0 : .max &>> UInt64(truncatingIfNeeded: 128 &- length),
      length >= 64 ? .max : .max &>> UInt64(truncatingIfNeeded: 64 &- length),
    ]
  }

  // MARK: - Limits

  public var minimumEntropyInputLengthInBytes: Int { usesDerivationFunction ? 32 : Self.seedLengthInBytes }
  public var maximumEntropyInputLengthInBytes: Int {
    usesDerivationFunction ? Self.inputLimitInBytes : Self.seedLengthInBytes
  }
  public var usesNonce: Bool { usesDerivationFunction }
  public var maximumInputLengthInBytes: Int { usesDerivationFunction ? Self.inputLimitInBytes : Self.seedLengthInBytes }

  public var maximumRequestLengthInBytes: Int {
    // Table 3: B = (2^ctr_len - 4) * blocklen, and 2^19 bits are 2^12 blocks.
    guard counterLengthInBits < 13 else { return Self.requestLimitInBytes }
    return min(((1 &<< counterLengthInBits) &- 4) &* Self.blockLengthInBytes, Self.requestLimitInBytes)
  }

  // MARK: - Algorithms

  /// 10.2.1.3.
  public mutating func instantiate(entropyInput: Span<UInt8>, nonce: Span<UInt8>, personalization: Span<UInt8>) {
    var seed = Secret(InlineArray<48, UInt8>(repeating: 0))
    makeSeed(entropyInput, nonce, personalization, into: &seed.value)
    cipher.setKey(InlineArray<32, UInt8>(repeating: 0).span)
    v.value = InlineArray(repeating: 0)
    unusedLanes = 0
    update(seed.value)
    seed.wipe()
  }

  /// 10.2.1.4.
  public mutating func reseed(entropyInput: Span<UInt8>, additionalInput: Span<UInt8>) {
    var seed = Secret(InlineArray<48, UInt8>(repeating: 0))
    makeSeed(entropyInput, Span(), additionalInput, into: &seed.value)
    update(seed.value)
    seed.wipe()
  }

  /// 10.2.1.5.
  public mutating func generate(
    into output: inout MutableSpan<UInt8>, additionalInput: Span<UInt8>, reseedCounter: UInt64
  ) {
    var input = Secret(InlineArray<48, UInt8>(repeating: 0))
    // Step 2.
    if !additionalInput.isEmpty {
      makeSeed(Span(), Span(), additionalInput, into: &input.value)
      update(input.value)
    }
    // Steps 3 to 5.
    var offset = streamBlocks(into: &output)
    while offset < output.count {
      let block = nextBlock()
      if output.holds(Self.blockLengthInBytes, at: offset) {
        output.storeLittleEndian(block, at: offset)
      } else {
        var bytes = Secret(InlineArray<16, UInt8>(repeating: 0))
        var span = bytes.value.mutableSpan
        span.storeLittleEndian(block, at: 0)
        output.copy(from: bytes.value.span, at: 0, to: offset)
        bytes.wipe()
      }
      offset &+= Self.blockLengthInBytes
    }
    // Step 6.
    update(input.value)
    input.wipe()
  }

  public mutating func wipe() {
    cipher.wipe()
    v.wipe()
    lanes.wipe()
    unusedLanes = 0
    derivation.wipe()
  }

  /// CTR_DRBG_Update of section 10.2.1.2.
  private mutating func update(_ data: borrowing InlineArray<48, UInt8>) {
    var temp = Secret(InlineArray<48, UInt8>(repeating: 0))
    var bytes = temp.value.mutableSpan
    for index in 0..<3 {
      let block = nextBlock()
      let offset = index &* Self.blockLengthInBytes
      bytes.storeLittleEndian(block.0 ^ data.span.littleEndianWord(at: offset), at: offset)
      bytes.storeLittleEndian(block.1 ^ data.span.littleEndianWord(at: offset &+ 8), at: offset &+ 8)
    }
    cipher.setKey(temp.value.span.extracting(first: 32))
    v.value[0] = temp.value.span.bigEndianWord(at: 32)
    v.value[1] = temp.value.span.bigEndianWord(at: 40)
    temp.wipe()
    lanes.wipe()
    unusedLanes = 0
  }

  /// Seed material of seedlen bits: Block_Cipher_df of all input, or the entropy input XOR the other, filled with zeroes.
  private mutating func makeSeed(
    _ entropyInput: Span<UInt8>, _ nonce: Span<UInt8>, _ other: Span<UInt8>,
    into seed: inout InlineArray<48, UInt8>
  ) {
    if usesDerivationFunction {
      derivation.derive(entropyInput, nonce, other, into: &seed)
      return
    }
    var bytes = seed.mutableSpan
    bytes.update(repeating: 0)
    bytes.copy(from: other, at: 0, to: 0)
    for index in seed.indices where entropyInput.indices.contains(index) { seed[index] ^= entropyInput[index] }
  }

  /// Makes all whole blocks at once, if they are so many that it pays, and the cipher can.
  ///
  /// - Returns: The number of bytes.
  private mutating func streamBlocks(into output: inout MutableSpan<UInt8>) -> Int {
    // Up to five blocks and the three of the update take the cipher two calls.
    let length = output.count & ~(Self.blockLengthInBytes &- 1)
    guard length > 5 &* Self.blockLengthInBytes, counterLengthInBits == 128, unusedLanes == 0 else { return 0 }
    return output.withPart(0..<length) { cipher.counterStream(from: &v.value, into: &$0) } ? length : 0
  }

  /// V = V + 1; the block is E(Key, V), as two words, least significant byte first.
  private mutating func nextBlock() -> (UInt64, UInt64) {
    if unusedLanes == 0 {
      var counter = v.value
      for lane in 0..<4 {
        Self.increment(&counter, mask)
        lanes.value[2 &* lane] = counter[0].byteSwapped
        lanes.value[2 &* lane &+ 1] = counter[1].byteSwapped
      }
      cipher.encrypt(&lanes.value)
      LRNGCore.wipe(&counter)
      unusedLanes = 4
    }
    Self.increment(&v.value, mask)
    let lane = (4 &- unusedLanes) & 3
    unusedLanes &-= 1
    return (lanes.value[2 &* lane], lanes.value[2 &* lane &+ 1])
  }

  /// Adds 1 to the rightmost ctr_len bits, modulo 2^ctr_len.
  @inline(__always)
  private static func increment(_ counter: inout InlineArray<2, UInt64>, _ mask: InlineArray<2, UInt64>) {
    let low = counter[1] &+ 1
    // The highest bit falls when the sum wraps, and only then. A comparison with 0 would become a branch.
    let carry = (counter[1] & ~low) &>> 63
    let high = counter[0] &+ carry
    counter[0] = (counter[0] & ~mask[0]) | (high & mask[0])
    counter[1] = (counter[1] & ~mask[1]) | (low & mask[1])
  }
}
