// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Testing

/// A message and its digests in two lengths.
struct BitMessage: CustomTestStringConvertible, Sendable {
  let bytes: [UInt8]
  let trailingBits: UInt8
  let count: Int
  let digest256: String
  let digest512: String

  var testDescription: String { "\(bytes.count * 8 + count) bits" }
}

@Suite("FIPS 180-4 and FIPS 202: messages that end within a byte")
struct BitMessageTests {
  // RFC 6234, section 8.5: tests 7 and 9.
  @Test(
    "SHA-2: 5 bits, and some more",
    arguments: [
      BitMessage(
        bytes: [], trailingBits: 0x68, count: 5,
        digest256: "d6d3e02a31a84a8caa9718ed6c2057be09db45e7823eb5079ce7a573a3760f95", digest512: ""),
      BitMessage(
        bytes: [0xBE, 0x27, 0x46, 0xC6, 0xDB, 0x52, 0x76, 0x5F, 0xDB, 0x2F, 0x88, 0x70, 0x0F, 0x9A, 0x73],
        trailingBits: 0x60, count: 3,
        digest256: "77ec1dc89c821ff2a1279089fa091b35b8cd960bcaf7de01c6a7680756beb972", digest512: ""),
      BitMessage(
        bytes: [], trailingBits: 0xB0, count: 5, digest256: "",
        digest512: """
          d4ee29a9e90985446b913cf1d1376c836f4be2c1cf3cada0720a6bf4857d886a\
          7ecb3c4e4c0fa8c7f95214e41dc1b0d21b22a84cc03bf8ce4845f34dd5bdbad4
          """),
      BitMessage(
        bytes: [0x08, 0xEC, 0xB5, 0x2E, 0xBA, 0xE1, 0xF7, 0x42, 0x2D, 0xB6, 0x2B, 0xCD, 0x54, 0x26, 0x70],
        trailingBits: 0x80, count: 3, digest256: "",
        digest512: """
          ed8dc78e8b01b69750053dbb7a0a9eda0fb9e9d292b1ed715e80a7fe290a4e16\
          664fd913e85854400c5af05e6dad316b7359b43e64f8bec3c1f237119986bbb6
          """),
    ])
  func sha2(_ message: BitMessage) throws { try check(message, SHA256.self, SHA512.self) }

  // NIST, Cryptographic Standards and Guidelines, example values of SHA3-256 and SHA3-512: Msg5, Msg30, Msg1605, Msg1630.
  // FIPS 202, B.1: the bits 11001 are the byte 0x13.
  @Test(
    "SHA-3: 5, 30, 1605 and 1630 bits",
    arguments: [
      BitMessage(
        bytes: [], trailingBits: 0x13, count: 5,
        digest256: "7b0047cf5a456882363cbf0fb05322cf65f4b7059a46365e830132e3b5d957af",
        digest512: """
          a13e01494114c09800622a70288c432121ce70039d753cadd2e006e4d961cb27\
          544c1481e5814bdceb53be6733d5e099795e5e81918addb058e22a9f24883f37
          """),
      BitMessage(
        bytes: [0x53, 0x58, 0x7B], trailingBits: 0x19, count: 6,
        digest256: "c8242fef409e5ae9d1f1c857ae4dc624b92b19809f62aa8c07411c54a078b1d0",
        digest512: """
          9834c05a11e1c5d3da9c740e1c106d9e590a0e530b6f6aaa7830525d075ca5db\
          1bd8a6aa981a28613ac334934a01823cd45f45e49b6d7e6917f2f16778067bab
          """),
      BitMessage(
        bytes: [UInt8](repeating: 0xA3, count: 200), trailingBits: 0xA3, count: 5,
        digest256: "81ee769bed0950862b1ddded2e84aaa6ab7bfdd3ceaa471be31163d40336363c",
        digest512: """
          fc4a167ccb31a937d698fde82b04348c9539b28f0c9d3b4505709c03812350e4\
          990e9622974f6e575c47861c0d2e638ccfc2023c365bb60a93f528550698786b
          """),
      BitMessage(
        bytes: [UInt8](repeating: 0xA3, count: 203), trailingBits: 0xA3, count: 6,
        digest256: "52860aa301214c610d922a6b6cab981ccd06012e54ef689d744021e738b9ed20",
        digest512: """
          cf9a30ac1f1f6ac0916f9fef1919c595debe2ee80c85421210fdf05f1c6af73a\
          a9cac881d0f91db6d034a2bbadc1cf7fbcb2ecfa9d191d3a5016fb3fad8709c9
          """),
    ])
  func sha3(_ message: BitMessage) throws { try check(message, SHA3_256.self, SHA3_512.self) }

  private func check<Hash256: HashFunction & ~Copyable, Hash512: HashFunction & ~Copyable>(
    _ message: BitMessage, _: Hash256.Type, _: Hash512.Type
  ) throws {
    let (bytes, bits, count) = (message.bytes, message.trailingBits, message.count)
    if !message.digest256.isEmpty {
      #expect(digest(bytes, bits, count, Hash256.self) == (try [UInt8](hex: message.digest256)))
    }
    if !message.digest512.isEmpty {
      #expect(digest(bytes, bits, count, Hash512.self) == (try [UInt8](hex: message.digest512)))
    }
  }

  @Test("no trailing bits are the message of whole bytes, whatever the byte holds")
  func none() {
    checkNone(SHA256.self)
    checkNone(SHA512.self)
    checkNone(SHA3_256.self)
    checkNone(SHA3_512.self)
  }

  private func checkNone<Hash: HashFunction & ~Copyable>(_: Hash.Type) {
    for length in [0, 1, 63, 64, 100, 200] {
      let message = [UInt8].counting(length)
      for count in [0, 8, -8, 64, .max - 7, .min] {
        #expect(digest(message, 0xA5, count, Hash.self) == digest(message, Hash.self))
      }
    }
  }

  @Test("bits beyond the count, and a count beyond 7, change nothing")
  func masking() {
    checkMasking(SHA256.self)
    checkMasking(SHA512.self)
    checkMasking(SHA3_256.self)
    checkMasking(SHA3_512.self)
  }

  private func checkMasking<Hash: HashFunction & ~Copyable>(_: Hash.Type) {
    let message = [UInt8].counting(70)
    for count in 1...7 {
      let unused: UInt8 = Hash.bitOrder == .mostSignificantFirst ? 0xFF >> count : 0xFF << count
      let expected = digest(message, 0x5A & ~unused, count, Hash.self)
      #expect(digest(message, 0x5A | unused, count, Hash.self) == expected)
      #expect(digest(message, 0x5A, count + 8, Hash.self) == expected)
      #expect(digest(message, 0x5A, count - 16, Hash.self) == expected)
      #expect(digest(message, 0x5A & ~unused, count - 1, Hash.self) != expected)
    }
  }

  /// The digest of the digests of all messages from 0 bytes to a block and 20 bytes, with 1 to 7 bits of 0xB6 more each.
  /// The expected value is from a model in Python that has strings of bits, pads them by hand as section 5.1 says, and was
  /// compared with hashlib and the vectors above.
  @Test("SHA-2 pads at every place of a block")
  func sha2Padding() throws {
    try checkPadding(SHA256.self, "225c762c61691dd185d2bf49d551cd760d20493beab035d0580fcca63c207ad2")
    try checkPadding(
      SHA512.self,
      """
      93b38fb279939cdb0bf2c4b3b11f5131994c096918593dfafc5b4d4c894a766f\
      82b3d48ce9eeaa79b7f8c88af8005bf7a810845cc98ad2b1cfd254866fc79f47
      """)
  }

  private func checkPadding<Hash: HashFunction & ~Copyable>(_: Hash.Type, _ expected: String) throws {
    var all: [UInt8] = []
    for length in 0...Hash.blockLengthInBytes + 20 {
      for count in 1...7 { all += digest([UInt8].counting(length), 0xB6, count, Hash.self) }
    }
    #expect(digest(all, Hash.self) == (try [UInt8](hex: expected)))
  }

  /// Compared with a sponge that gets whole blocks, padded bit by bit.
  @Test("SHA-3 pads at every place of a block")
  func sha3Padding() {
    checkSponge(SHA3_256.self)
    checkSponge(SHA3_512.self)
  }

  private func checkSponge<Hash: HashFunction & ~Copyable>(_: Hash.Type) {
    let rateInBits = Hash.blockLengthInBytes * 8
    for length in 0...Hash.blockLengthInBytes + 20 {
      for count in 0...7 {
        let message = [UInt8].counting(length)
        var bits = (message + [0xB6]).flatMap { byte in (0..<8).map { byte >> $0 & 1 } }.prefix(length * 8 + count)
        // M || 01 of section 6.1, and pad10*1 of section 5.1.
        bits += [0, 1, 1]
        while bits.count % rateInBits != rateInBits - 1 { bits.append(0) }
        bits.append(1)
        var lanes = InlineArray<25, UInt64>(repeating: 0)
        for (index, bit) in bits.enumerated() {
          let place = index % rateInBits
          lanes[place / 64] ^= UInt64(bit) << (place % 64)
          if place == rateInBits - 1 { Keccak.permute(&lanes) }
        }
        let expected = (0..<Hash.digestLengthInBytes).map { UInt8(truncatingIfNeeded: lanes[$0 / 8] >> ($0 % 8 * 8)) }
        #expect(digest(message, 0xB6, count, Hash.self) == expected, "\(length) bytes and \(count) bits")
      }
    }
  }
}

@Suite("FIPS 198-1: HMAC of keys and messages that end within a byte")
struct BitHMACTests {
  @Test("equals H(K0 xor opad, H(K0 xor ipad, message)) for key lengths around the block")
  func definition() {
    checkDefinition(SHA256.self)
    checkDefinition(SHA512.self)
    checkDefinition(SHA3_256.self)
    checkDefinition(SHA3_512.self)
  }

  private func checkDefinition<Hash: HashFunction & ~Copyable>(_: Hash.Type) {
    let message = [UInt8].counting(70)
    let block = Hash.blockLengthInBytes
    for length in [0, 1, 31, block - 1, block, block + 1] {
      for count in 0...7 {
        let key = [UInt8].counting(length)
        // Steps 1 to 3 of table 1: the first bits of 0x5A follow the bytes, then zeroes.
        let ones: UInt8 = Hash.bitOrder == .mostSignificantFirst ? ~(0xFF >> count) : ~(0xFF << count)
        var padded = length * 8 + count > block * 8 ? digest(key, 0x5A, count, Hash.self) : key + [0x5A & ones]
        padded = Array((padded + [UInt8](repeating: 0, count: block)).prefix(block))
        let inner = digest(padded.map { $0 ^ 0x36 } + message, 0xB6, 7 - count, Hash.self)

        var hmac = HMAC<Hash>()
        hmac.rekey(key.span, trailingBits: 0x5A, count: count)
        for _ in 0..<2 {
          hmac.update(message.span)
          var tag = [UInt8](repeating: 0, count: Hash.digestLengthInBytes)
          var span = tag.mutableSpan
          hmac.finalize(trailingBits: 0xB6, count: 7 - count, into: &span)
          #expect(tag == digest(padded.map { $0 ^ 0x5C } + inner, Hash.self), "\(length) bytes and \(count) bits")
        }
      }
    }
  }
}

/// The digest of a message that ends with some bits of a byte.
private func digest<Hash: HashFunction & ~Copyable>(
  _ message: [UInt8], _ trailingBits: UInt8, _ count: Int, _: Hash.Type
) -> [UInt8] {
  var hash = Hash()
  hash.update(message.span)
  var output = [UInt8](repeating: 0, count: Hash.digestLengthInBytes)
  var span = output.mutableSpan
  hash.finalize(trailingBits: trailingBits, count: count, into: &span)
  return output
}
