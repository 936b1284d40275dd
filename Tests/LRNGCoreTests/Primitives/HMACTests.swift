// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Testing

@Suite("FIPS 198-1: HMAC")
struct HMACTests {
  @Test("RFC 4231 with SHA-256")
  func sha256() throws { try check("pyca/HMAC/rfc-4231-sha256.txt", SHA256.self) }

  @Test("RFC 4231 with SHA-512")
  func sha512() throws { try check("pyca/HMAC/rfc-4231-sha512.txt", SHA512.self) }

  private func check<Hash: HashFunction & ~Copyable>(_ file: String, _: Hash.Type) throws {
    let records = try VectorFile(file).records(with: "key", "msg", "md")
    #expect(records.count == 6)
    for record in records {
      #expect(tag(try record.bytes("msg"), key: try record.bytes("key"), Hash.self) == (try record.bytes("md")))
    }
  }

  @Test("equals H(K xor opad, H(K xor ipad, message)) for key lengths around the block")
  func definition() {
    checkDefinition(SHA256.self)
    checkDefinition(SHA512.self)
    checkDefinition(SHA3_256.self)
    checkDefinition(SHA3_512.self)
  }

  private func checkDefinition<Hash: HashFunction & ~Copyable>(_: Hash.Type) {
    let message = [UInt8].counting(70)
    for length in 0...Hash.blockLengthInBytes + 3 {
      let key = [UInt8].counting(length)
      var block = length > Hash.blockLengthInBytes ? digest(key, Hash.self) : key
      block += [UInt8](repeating: 0, count: Hash.blockLengthInBytes - block.count)
      let inner = digest(block.map { $0 ^ 0x36 } + message, Hash.self)
      #expect(tag(message, key: key, Hash.self) == digest(block.map { $0 ^ 0x5C } + inner, Hash.self))
    }
  }

  @Test("one object gives the same tags as fresh ones: after finalize, reset and another key")
  func reuse() {
    let (keyA, keyB, message) = ([UInt8].counting(20), [UInt8].counting(200), [UInt8].counting(300))
    var hmac = HMAC<SHA512>()
    hmac.rekey(keyA.span)
    for _ in 0..<3 {
      hmac.update(message.span)
      #expect(finalize(&hmac) == tag(message, key: keyA, SHA512.self))
    }
    hmac.update([1, 2, 3].span)
    hmac.reset()
    hmac.update(message.span)
    #expect(finalize(&hmac) == tag(message, key: keyA, SHA512.self))
    hmac.update([1, 2, 3].span)
    hmac.rekey(keyB.span)
    hmac.update(message.span)
    #expect(finalize(&hmac) == tag(message, key: keyB, SHA512.self))
    hmac.wipe()
    #expect(finalize(&hmac) == tag([], key: [], SHA512.self))
  }

  @Test("a changed bit of the key changes the tag")
  func sensitivity() {
    var key = [UInt8].counting(32)
    let before = tag([1], key: key, SHA256.self)
    key[31] ^= 1
    #expect(tag([1], key: key, SHA256.self) != before)
  }

  private func tag<Hash: HashFunction & ~Copyable>(_ message: [UInt8], key: [UInt8], _: Hash.Type) -> [UInt8] {
    var hmac = HMAC<Hash>()
    hmac.rekey(key.span)
    hmac.update(message.span)
    return finalize(&hmac)
  }

  private func finalize<Hash: HashFunction & ~Copyable>(_ hmac: inout HMAC<Hash>) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: HMAC<Hash>.tagLengthInBytes)
    var span = output.mutableSpan
    hmac.finalize(into: &span)
    return output
  }
}
