// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Testing

@Suite("FIPS 197: AES-256 against third-party vectors")
struct AES256VectorTests {
  @Test("the example of FIPS 197, appendix C.3")
  func example() throws {
    let key = try [UInt8](hex: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
    let plaintext = try [UInt8](hex: "00112233445566778899aabbccddeeff")
    let ciphertext = try [UInt8](hex: "8ea2b7ca516745bfeafc49904b496089")
    #expect(transform(plaintext, .encrypt, key: key) == ciphertext)
    #expect(transform(ciphertext, .decrypt, key: key) == plaintext)
  }

  @Test(
    "NIST's known answers, and its messages of one to ten blocks, both ways",
    arguments: [("GFSbox", 5), ("KeySbox", 16), ("VarKey", 256), ("VarTxt", 128), ("MMT", 10)])
  func knownAnswers(name: String, count: Int) throws {
    for direction in [Direction.encrypt, .decrypt] {
      let file = try VectorFile("pyca/ciphers/AES/ECB/ECB\(name)256.rsp", section: direction.rawValue)
      let records = file.records(with: "key", "plaintext", "ciphertext")
      #expect(records.count == count)
      for record in records {
        let output = transform(try record.bytes(direction.input), direction, key: try record.bytes("key"))
        #expect(output == (try record.bytes(direction.output)), "\(direction) \(record["count"] ?? "")")
      }
    }
  }

  /// AESVS 6.4.1: 1000 blocks to a checkpoint, each made of the one before; the last two change the next key.
  @Test("the Monte Carlo chain of 100000 blocks, both ways", arguments: [Direction.encrypt, .decrypt])
  fileprivate func monteCarlo(direction: Direction) throws {
    let file = try VectorFile("nist_aes_mct/ECBMCT256.rsp", section: direction.rawValue)
    let records = file.records(with: "key", "plaintext", "ciphertext")
    #expect(records.count == 100)
    var key = try #require(records.first).bytes("key")
    var blocks = words(try #require(records.first).bytes(direction.input))
    for record in records {
      #expect(key == (try record.bytes("key")))
      var cipher = AES256()
      cipher.setKey(key.span)
      for _ in 0..<999 { direction.transform(&blocks, with: cipher) }
      let beforeLast = bytes(blocks).prefix(16)
      direction.transform(&blocks, with: cipher)
      let last = bytes(blocks).prefix(16)
      #expect(Array(last) == (try record.bytes(direction.output)))
      key = zip(key, beforeLast + last).map { $0 ^ $1 }
    }
  }
}

@Suite("AES-256: what holds for every key and block")
struct AES256Properties {
  private let key = [UInt8].counting(32).map { $0 &* 7 ^ 0x5A }

  @Test("each of four blocks comes out as it does alone, in whatever lane it is")
  func lanes() {
    let blocks = (0..<4).map { lane in [UInt8].counting(16).map { $0 &* 11 &+ UInt8(lane) &* 53 } }
    let alone = blocks.map { transform($0, .encrypt, key: key) }
    #expect(Set(alone).count == 4)
    for first in 0..<4 {
      let order = (0..<4).map { ($0 + first) % 4 }
      let together = transform(order.flatMap { blocks[$0] }, .encrypt, key: key)
      #expect(together == order.flatMap { alone[$0] })
    }
  }

  @Test("a bit of one block changes that block's output and no other, and about half of it", arguments: 0..<4)
  func independence(lane: Int) {
    let message = [UInt8].counting(64)
    let before = transform(message, .encrypt, key: key)
    for bit in 0..<128 {
      var changed = message
      changed[16 * lane + bit / 8] ^= 1 << (bit % 8)
      let difference = zip(before, transform(changed, .encrypt, key: key)).map { ($0 ^ $1).nonzeroBitCount }
      let inLane = difference[16 * lane..<16 * lane + 16].reduce(0, +)
      // 64 of 128 bits are expected, with a standard deviation below 6.
      #expect((28...100).contains(inLane) && difference.reduce(0, +) == inLane, "bit \(bit)")
    }
  }

  @Test("decryption inverts encryption, and encryption decryption")
  func inverse() {
    var message = [UInt8].counting(64)
    for round in 0..<50 {
      let key = [UInt8].counting(32).map { $0 &* 5 &+ UInt8(round) }
      let encrypted = transform(message, .encrypt, key: key)
      #expect(transform(encrypted, .decrypt, key: key) == message)
      #expect(transform(transform(message, .decrypt, key: key), .encrypt, key: key) == message)
      message = encrypted
    }
  }

  @Test("a short key counts as filled up with zeroes, of a long one the first 32 bytes count", arguments: 0...40)
  func keyLength(length: Int) {
    let long = [UInt8].counting(40).map { $0 ^ 0xC3 }
    let given = Array(long.prefix(length))
    let effective = Array((given + [UInt8](repeating: 0, count: 32)).prefix(32))
    let message = [UInt8].counting(16)
    #expect(transform(message, .encrypt, key: given) == transform(message, .encrypt, key: effective))
  }

  @Test("a new key leaves nothing of the old one, a wiped cipher is like one without a key")
  func keyChange() {
    let message = [UInt8].counting(64)
    var cipher = AES256()
    cipher.setKey([UInt8](repeating: 0xFF, count: 32).span)
    cipher.setKey(key.span)
    var blocks = words(message)
    cipher.encrypt(&blocks)
    #expect(bytes(blocks) == transform(message, .encrypt, key: key))

    cipher.wipe()
    blocks = words(message)
    cipher.encrypt(&blocks)
    var withoutKey = words(message)
    AES256().encrypt(&withoutKey)
    #expect(bytes(blocks) == bytes(withoutKey))
  }
}

/// The raw value is the section's name in NIST's files.
private enum Direction: String {
  case encrypt = "ENCRYPT"
  case decrypt = "DECRYPT"

  var input: String { self == .encrypt ? "plaintext" : "ciphertext" }
  var output: String { self == .encrypt ? "ciphertext" : "plaintext" }

  func transform(_ blocks: inout InlineArray<8, UInt64>, with cipher: borrowing AES256) {
    switch self {
    case .encrypt: cipher.encrypt(&blocks)
    case .decrypt: cipher.decrypt(&blocks)
    }
  }
}

/// A message of whole blocks in ECB mode, four blocks at a time. What is missing in the last four is zeroes.
private func transform(_ message: [UInt8], _ direction: Direction, key: [UInt8]) -> [UInt8] {
  var cipher = AES256()
  cipher.setKey(key.span)
  var output: [UInt8] = []
  for start in stride(from: 0, to: message.count, by: 64) {
    var blocks = words(Array(message[start..<min(start + 64, message.count)]))
    direction.transform(&blocks, with: cipher)
    output += bytes(blocks)
  }
  return Array(output.prefix(message.count))
}

private func words(_ bytes: [UInt8]) -> InlineArray<8, UInt64> {
  let padded = bytes + [UInt8](repeating: 0, count: 64 - bytes.count)
  return InlineArray { padded.span.littleEndianWord(at: 8 * $0) }
}

private func bytes(_ words: InlineArray<8, UInt64>) -> [UInt8] {
  words.indices.flatMap { index in (0..<8).map { UInt8(truncatingIfNeeded: words[index] >> (8 * $0)) } }
}
