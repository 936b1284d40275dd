// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

extension SelfTestReport {
  /// The known-answer tests of the primitives. They use about 2 KiB of stack and nothing else.
  public mutating func runPrimitives() {
    run(.sha256) { PrimitiveSelfTests.hashesABC(SHA256.self, to: PrimitiveSelfTests.sha256OfABC, corrupting: $0) }
    run(.sha512) { PrimitiveSelfTests.hashesABC(SHA512.self, to: PrimitiveSelfTests.sha512OfABC, corrupting: $0) }
    run(.sha3_256) { PrimitiveSelfTests.hashesABC(SHA3_256.self, to: PrimitiveSelfTests.sha3_256OfABC, corrupting: $0) }
    run(.sha3_512) { PrimitiveSelfTests.hashesABC(SHA3_512.self, to: PrimitiveSelfTests.sha3_512OfABC, corrupting: $0) }
    run(.hmacSHA256) { PrimitiveSelfTests.authenticates(SHA256.self, PrimitiveSelfTests.tagSHA256, corrupting: $0) }
    run(.hmacSHA512) { PrimitiveSelfTests.authenticates(SHA512.self, PrimitiveSelfTests.tagSHA512, corrupting: $0) }
    run(.chaCha20Block) { PrimitiveSelfTests.chaCha20Block(corrupting: $0) }
    run(.aes256) { PrimitiveSelfTests.aes256(corrupting: $0) }
  }
}

/// The known answers of the primitives and their tests.
enum PrimitiveSelfTests {
  // The digests of "abc": the one-block messages of FIPS 180-4's and FIPS 202's example files.

  fileprivate static let sha256OfABC: InlineArray<32, UInt8> = [
    0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
    0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
  ]

  fileprivate static let sha512OfABC: InlineArray<64, UInt8> = [
    0xdd, 0xaf, 0x35, 0xa1, 0x93, 0x61, 0x7a, 0xba, 0xcc, 0x41, 0x73, 0x49, 0xae, 0x20, 0x41, 0x31,
    0x12, 0xe6, 0xfa, 0x4e, 0x89, 0xa9, 0x7e, 0xa2, 0x0a, 0x9e, 0xee, 0xe6, 0x4b, 0x55, 0xd3, 0x9a,
    0x21, 0x92, 0x99, 0x2a, 0x27, 0x4f, 0xc1, 0xa8, 0x36, 0xba, 0x3c, 0x23, 0xa3, 0xfe, 0xeb, 0xbd,
    0x45, 0x4d, 0x44, 0x23, 0x64, 0x3c, 0xe8, 0x0e, 0x2a, 0x9a, 0xc9, 0x4f, 0xa5, 0x4c, 0xa4, 0x9f,
  ]

  fileprivate static let sha3_256OfABC: InlineArray<32, UInt8> = [
    0x3a, 0x98, 0x5d, 0xa7, 0x4f, 0xe2, 0x25, 0xb2, 0x04, 0x5c, 0x17, 0x2d, 0x6b, 0xd3, 0x90, 0xbd,
    0x85, 0x5f, 0x08, 0x6e, 0x3e, 0x9d, 0x52, 0x5b, 0x46, 0xbf, 0xe2, 0x45, 0x11, 0x43, 0x15, 0x32,
  ]

  fileprivate static let sha3_512OfABC: InlineArray<64, UInt8> = [
    0xb7, 0x51, 0x85, 0x0b, 0x1a, 0x57, 0x16, 0x8a, 0x56, 0x93, 0xcd, 0x92, 0x4b, 0x6b, 0x09, 0x6e,
    0x08, 0xf6, 0x21, 0x82, 0x74, 0x44, 0xf7, 0x0d, 0x88, 0x4f, 0x5d, 0x02, 0x40, 0xd2, 0x71, 0x2e,
    0x10, 0xe1, 0x16, 0xe9, 0x19, 0x2a, 0xf3, 0xc9, 0x1a, 0x7e, 0xc5, 0x76, 0x47, 0xe3, 0x93, 0x40,
    0x57, 0x34, 0x0b, 0x4c, 0xf4, 0x08, 0xd5, 0xa5, 0x65, 0x92, 0xf8, 0x27, 0x4e, 0xec, 0x53, 0xf0,
  ]

  // RFC 4231, test case 2: key "Jefe".

  fileprivate static let tagSHA256: InlineArray<32, UInt8> = [
    0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7,
    0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43,
  ]

  fileprivate static let tagSHA512: InlineArray<64, UInt8> = [
    0x16, 0x4b, 0x7a, 0x7b, 0xfc, 0xf8, 0x19, 0xe2, 0xe3, 0x95, 0xfb, 0xe7, 0x3b, 0x56, 0xe0, 0xa3,
    0x87, 0xbd, 0x64, 0x22, 0x2e, 0x83, 0x1f, 0xd6, 0x10, 0x27, 0x0c, 0xd7, 0xea, 0x25, 0x05, 0x54,
    0x97, 0x58, 0xbf, 0x75, 0xc0, 0x5a, 0x99, 0x4a, 0x6d, 0x03, 0x4f, 0x65, 0xf8, 0xf0, 0xe6, 0xfd,
    0xca, 0xea, 0xb1, 0xa3, 0x4d, 0x4a, 0x6b, 0x4b, 0x63, 0x6e, 0x07, 0x0a, 0x38, 0xbc, 0xe7, 0x37,
  ]

  /// RFC 8439, section 2.3.2: the state at the end of the block function.
  private static let keyStreamBlock: InlineArray<16, UInt32> = [
    0xe4e7_f110, 0x1559_3bd1, 0x1fdd_0f50, 0xc471_20a3,
    0xc7f4_d1c7, 0x0368_c033, 0x9aaa_2204, 0x4e6c_d4c3,
    0x4664_82d2, 0x09aa_9f07, 0x05d7_c214, 0xa202_8bd9,
    0xd19c_12b5, 0xb94e_16de, 0xe883_d0cb, 0x4e3c_50a2,
  ]

  fileprivate static func hashesABC<Hash: HashFunction & ~Copyable, let length: Int>(
    _: Hash.Type, to answer: InlineArray<length, UInt8>, corrupting: Bool
  ) -> Bool {
    var message: InlineArray<3, UInt8> = [0x61, 0x62, 0x63]
    if corrupting { message[2] ^= 1 }
    var hash = Hash()
    hash.update(message.span)
    var digest = InlineArray<length, UInt8>(repeating: 0)
    var bytes = digest.mutableSpan
    hash.finalize(into: &bytes)
    return constantTimeEqual(digest.span, answer.span)
  }

  fileprivate static func authenticates<Hash: HashFunction & ~Copyable, let length: Int>(
    _: Hash.Type, _ answer: InlineArray<length, UInt8>, corrupting: Bool
  ) -> Bool {
    var key: InlineArray<4, UInt8> = [0x4a, 0x65, 0x66, 0x65]
    // "what do ya want for nothing?"
    let message: InlineArray<28, UInt8> = [
      0x77, 0x68, 0x61, 0x74, 0x20, 0x64, 0x6f, 0x20, 0x79, 0x61, 0x20, 0x77, 0x61, 0x6e,
      0x74, 0x20, 0x66, 0x6f, 0x72, 0x20, 0x6e, 0x6f, 0x74, 0x68, 0x69, 0x6e, 0x67, 0x3f,
    ]
    if corrupting { key[0] ^= 1 }
    var hmac = HMAC<Hash>()
    hmac.rekey(key.span)
    hmac.update(message.span)
    var tag = InlineArray<length, UInt8>(repeating: 0)
    var bytes = tag.mutableSpan
    hmac.finalize(into: &bytes)
    return constantTimeEqual(tag.span, answer.span)
  }

  fileprivate static func chaCha20Block(corrupting: Bool) -> Bool {
    // Key 00 01 … 1f, block counter 1, nonce 00 00 00 09 00 00 00 4a 00 00 00 00.
    var state: InlineArray<16, UInt32> = [
      0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574,
      0x0302_0100, 0x0706_0504, 0x0b0a_0908, 0x0f0e_0d0c,
      0x1312_1110, 0x1716_1514, 0x1b1a_1918, 0x1f1e_1d1c,
      0x0000_0001, 0x0900_0000, 0x4a00_0000, 0x0000_0000,
    ]
    if corrupting { state[12] ^= 1 }
    var block = InlineArray<16, UInt32>(repeating: 0)
    ChaCha20.block(&state, into: &block)
    var difference: UInt32 = 0
    for index in block.indices {
      difference |= block[index] ^ keyStreamBlock[index]
    }
    #if !hasFeature(Embedded)
      // And as each of the blocks that vectors make at a time.
      for count in 2...18 where count & 1 == 0 {
        for place in 0..<count { difference |= differenceInStream(of: count, at: place, state) }
      }
    #endif
    return difference == 0
  }

  #if !hasFeature(Embedded)
    private static func differenceInStream(of count: Int, at place: Int, _ state: InlineArray<16, UInt32>) -> UInt32 {
      var state = state
      state[12] &-= UInt32(truncatingIfNeeded: place)
      var stream = InlineArray<1152, UInt8>(repeating: 0)
      var bytes = stream.mutableSpan
      bytes.withPart(0..<ChaCha20.blockLengthInBytes &* count) { ChaCha20.keyStream(&state, into: &$0) }
      var difference: UInt32 = 0
      for index in 0..<16 {
        let word: UInt32 = stream.span.littleEndianWord(at: ChaCha20.blockLengthInBytes &* place &+ 4 &* index)
        difference |= word ^ keyStreamBlock[index]
      }
      return difference
    }
  #endif

  /// FIPS 197, appendix C.3, in all four lanes: key 00 01 … 1f, plaintext 00 11 … ff.
  fileprivate static func aes256(corrupting: Bool) -> Bool {
    var key = InlineArray<32, UInt8> { UInt8(truncatingIfNeeded: $0) }
    if corrupting { key[31] ^= 1 }
    let plaintext: InlineArray<2, UInt64> = [0x7766_5544_3322_1100, 0xffee_ddcc_bbaa_9988]
    let ciphertext: InlineArray<2, UInt64> = [0xbf45_6751_cab7_a28e, 0x8960_494b_9049_fcea]
    var cipher = AES256()
    cipher.setKey(key.span)
    var blocks = InlineArray<8, UInt64> { plaintext[$0 & 1] }
    var difference: UInt64 = 0
    cipher.encrypt(&blocks)
    for index in blocks.indices { difference |= blocks[index] ^ ciphertext[index & 1] }
    cipher.decrypt(&blocks)
    for index in blocks.indices { difference |= blocks[index] ^ plaintext[index & 1] }
    #if !hasFeature(Embedded) || HostInstructions
      // And as each of the numbers that are encrypted at a time.
      for place in 0..<36 {
        var counter: InlineArray<2, UInt64> = [plaintext[0].byteSwapped, plaintext[1].byteSwapped &- 1]
        counter[1] &-= UInt64(truncatingIfNeeded: place)
        var stream = InlineArray<576, UInt8>(repeating: 0)
        var bytes = stream.mutableSpan
        guard cipher.counterStream(from: &counter, into: &bytes) else { break }
        let offset = AES256.blockLengthInBytes &* place
        for half in 0..<2 {
          difference |= stream.span.littleEndianWord(at: offset &+ 8 &* half) ^ ciphertext[half]
        }
      }
    #endif
    return difference == 0
  }
}
