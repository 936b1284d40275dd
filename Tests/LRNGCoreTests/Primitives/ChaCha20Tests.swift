// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Testing

@Suite("RFC 8439, section 2.3: the ChaCha20 block function")
struct ChaCha20Tests {
  @Test("RFC 7539, appendix A.2")
  func rfc7539() throws {
    let records = try VectorFile("pyca/ChaCha20/rfc7539.txt").records(with: "key", "ciphertext")
    #expect(records.count == 3)
    for record in records {
      let start = try littleEndian(UInt32(record.integer("initial_block_counter"))) + record.bytes("nonce")
      #expect(
        crypt(try record.bytes("plaintext"), key: try record.bytes("key"), start: start)
          == (try record.bytes("ciphertext")))
    }
  }

  @Test("OpenSSL's vectors, IV = 32-bit counter and 96-bit nonce")
  func openSSL() throws {
    let records = try VectorFile("chacha20/openssl_evpciph_chacha.txt").records(with: "cipher", "iv")
      .filter { $0["cipher"]?.lowercased() == "chacha20" }
    #expect(records.count == 19)
    for record in records {
      #expect(
        crypt(try record.bytes("plaintext"), key: try record.bytes("key"), start: try record.bytes("iv"))
          == (try record.bytes("ciphertext")))
    }
  }

  @Test("Mbed TLS's vectors")
  func mbedTLS() throws {
    // chacha20_crypt:"key":"nonce":counter:"input":"output"
    let cases = try VectorFile.lines(of: "chacha20/mbedtls_test_suite_chacha20.data")
      .filter { $0.hasPrefix("chacha20_crypt:") }
      .map { $0.split(separator: ":").map { $0.filter { $0 != "\"" } } }
    #expect(cases.count == 8)
    for fields in cases {
      try #require(fields.count == 6)
      let start = littleEndian(try #require(UInt32(fields[3]))) + (try [UInt8](hex: fields[2]))
      let output = crypt(try [UInt8](hex: fields[4]), key: try [UInt8](hex: fields[1]), start: start)
      #expect(output == (try [UInt8](hex: fields[5])))
    }
  }

  @Test("Botan's vectors with 256-bit keys: 64-bit counter and nonce, or 32-bit counter and 96-bit nonce, with seeks")
  func botan() throws {
    let records = try VectorFile("chacha20/botan_chacha.vec", section: "ChaCha(20)").records(
      with: "key", "nonce", "out"
    )
    // The other lengths are 128-bit keys and the 192-bit nonces of XChaCha20.
    .filter { $0["key"]?.count == 64 && [16, 24].contains($0["nonce"]?.count) }
    #expect(records.count == 82)
    for record in records {
      let seekInBytes = record["seek"] == nil ? 0 : try record.integer("seek")
      let nonce = try record.bytes("nonce")
      let block = UInt64(seekInBytes / ChaCha20.blockLengthInBytes)
      let start =
        littleEndian(UInt32(truncatingIfNeeded: block))
        + (nonce.count == 8 ? littleEndian(UInt32(truncatingIfNeeded: block >> 32)) : []) + nonce
      let skipped = seekInBytes % ChaCha20.blockLengthInBytes
      let expected = try record.bytes("out")
      let zeroes = [UInt8](repeating: 0, count: skipped + expected.count)
      let output = crypt(zeroes, key: try record.bytes("key"), start: start, has64BitCounter: nonce.count == 8)
      #expect(Array(output.dropFirst(skipped)) == expected)
    }
  }

  @Test("each input bit of key, counter and nonce changes the block")
  func sensitivity() {
    var state = InlineArray<16, UInt32>(repeating: 0)
    var zero = InlineArray<16, UInt32>(repeating: 0)
    ChaCha20.block(&state, into: &zero)
    for bit in 0..<512 {
      state[bit / 32] ^= 1 << UInt32(bit % 32)
      var block = InlineArray<16, UInt32>(repeating: 0)
      ChaCha20.block(&state, into: &block)
      #expect(block.indices.contains { block[$0] != zero[$0] })
      state[bit / 32] ^= 1 << UInt32(bit % 32)
    }
  }

  /// Input xor key stream. `start` is words 12 to 15 of the state.
  private func crypt(_ input: [UInt8], key: [UInt8], start: [UInt8], has64BitCounter: Bool = false) -> [UInt8] {
    var state = InlineArray<16, UInt32>(repeating: 0)
    for index in 0..<4 {
      state[index] = ChaCha20.constants[index]
      state[12 + index] = start.span.littleEndianWord(at: 4 * index)
    }
    for index in 0..<8 { state[4 + index] = key.span.littleEndianWord(at: 4 * index) }

    var output = input
    var block = InlineArray<16, UInt32>(repeating: 0)
    for index in input.indices {
      let position = index % ChaCha20.blockLengthInBytes
      if position == 0 {
        ChaCha20.block(&state, into: &block)
        state[12] &+= 1
        if has64BitCounter && state[12] == 0 { state[13] &+= 1 }
      }
      output[index] ^= UInt8(truncatingIfNeeded: block[position / 4] >> UInt32(position % 4 * 8))
    }
    return output
  }

  private func littleEndian(_ word: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
  }
}
