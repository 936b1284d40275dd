// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Testing

/// The seam in the core: what a generator makes does not depend on who computes its primitives.
@Suite("Generators with accelerated primitives")
struct GeneratorTests {
  @Test("CTR_DRBG: 0 to 4200 bytes, and what follows, are those of the portable cipher", arguments: [false, true])
  func ctrDRBG(usesDerivationFunction: Bool) {
    var random = SplitMix64(state: 8)
    for blocks in 0...262 {
      let seed = random.bytes(48), nonce = usesDerivationFunction ? random.bytes(16) : []
      var portable = CTRDRBG<PortableAES256>(usesDerivationFunction: usesDerivationFunction)
      portable.instantiate(entropyInput: seed.span, nonce: nonce.span, personalization: Span())
      let expected = generate(16 * (blocks + 1), from: &portable) + generate(40, from: &portable)
      // Lengths with as many blocks, of which the last is not always whole.
      for length in [16 * blocks + 1, 16 * blocks + 1 + Int(random.next() % 15), 16 * blocks + 16] {
        var drbg = CTRDRBG<AES256>(usesDerivationFunction: usesDerivationFunction)
        drbg.instantiate(entropyInput: seed.span, nonce: nonce.span, personalization: Span())
        let made = generate(length, from: &drbg)
        let isRight = made == Array(expected.prefix(length)) && generate(40, from: &drbg) == Array(expected.suffix(40))
        #expect(isRight, "\(length) bytes")
      }
    }
  }

  @Test("ChaCha20 DRNG: 0 to 4200 bytes, and what follows, are made of the block function")
  func chaCha20() throws {
    let seed = [UInt8](0..<32)
    var reference = ReferenceDRNG()
    reference.seed(seed)
    for length in 0...4200 {
      var drng = ChaCha20DRNG()
      try drng.seed(seed.span)
      var output = [UInt8](repeating: 0, count: length + 16)
      var bytes = output.mutableSpan
      try bytes.withPart(0..<length) { (part) throws(DRNGError) in try drng.generate(into: &part) }
      try bytes.withPart(length..<length + 16) { (part) throws(DRNGError) in try drng.generate(into: &part) }
      let isRight = output == reference.output(length, then: 16)
      #expect(isRight, "\(length) bytes")
    }
  }

  private func generate<Mechanism: DRBGMechanism & ~Copyable>(_ count: Int, from mechanism: inout Mechanism) -> [UInt8]
  {
    var output = [UInt8](repeating: 0, count: count)
    var bytes = output.mutableSpan
    mechanism.generate(into: &bytes, additionalInput: Span(), reseedCounter: 1)
    return output
  }
}

/// The ChaCha20 DRNG in as few words as it takes: blocks of key stream, then key XOR what follows in the last block, or,
/// where eight words of it went out, in the next.
private struct ReferenceDRNG {
  private var state: [UInt32] =
    [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574] + [UInt32](repeating: 0, count: 12)
  /// The blocks that it makes from its state, as far as anybody asked, as bytes.
  private var stream: [UInt8] = []

  mutating func seed(_ material: [UInt8]) {
    for index in 0..<8 { state[4 + index] ^= material.span.littleEndianWord(at: 4 * index, as: UInt32.self) }
    update(after: 0)
  }

  /// The bytes of two requests, one after the other. The state stays as it is.
  mutating func output(_ count: Int, then next: Int) -> [UInt8] {
    extend(to: count)
    var following = self
    following.update(after: count)
    following.extend(to: next)
    return Array(stream.prefix(count) + following.stream.prefix(next))
  }

  private mutating func update(after count: Int) {
    var start = (count + 3) / 4 * 4
    if start % 64 == 0 || start % 64 > 32 { start = (start + 63) / 64 * 64 }
    extend(to: start + 32)
    for index in 0..<8 { state[4 + index] ^= stream.span.littleEndianWord(at: start + 4 * index, as: UInt32.self) }
    state[12] &+= UInt32(start / 64 + 1)
    for index in 13..<16 {
      state[index] &+= 1
      if state[index] != 0 { break }
    }
    stream = []
  }

  private mutating func extend(to count: Int) {
    while stream.count < count {
      var words = InlineArray<16, UInt32> { state[$0] }
      words[12] &+= UInt32(stream.count / 64)
      var block = InlineArray<16, UInt32>(repeating: 0)
      ChaCha20.block(&words, into: &block)
      for index in 0..<16 { withUnsafeBytes(of: block[index].littleEndian) { stream += $0 } }
    }
  }
}
