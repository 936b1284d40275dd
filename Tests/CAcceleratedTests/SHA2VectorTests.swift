// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CAccelerated
import Testing

@testable import LRNGCore

private typealias Compression<Word> = @Sendable (UnsafeMutablePointer<Word>, UnsafePointer<UInt8>, Int) -> Void

private let variants256: [Variant<Compression<UInt32>>] = {
  #if arch(x86_64)
    [Variant("SHA-NI", needs: LRNG_CPU_SHA) { lrng_sha256_shani($0, $1, $2) }].available()
  #else
    []
  #endif
}()

private let variants512: [Variant<Compression<UInt64>>] = {
  #if arch(x86_64)
    [
      Variant("AVX2", needs: LRNG_CPU_AVX2 | LRNG_CPU_BMI2) { lrng_sha512_avx2($0, $1, $2) },
      Variant("AVX-512", needs: LRNG_CPU_AVX512 | LRNG_CPU_BMI2) { lrng_sha512_avx512($0, $1, $2) },
    ].available()
  #else
    []
  #endif
}()

/// What the tests need to know of a hash function: its portable compression, and numbers of FIPS 180-4.
private protocol Portable {
  associatedtype Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable
  static var initialState: [Word] { get }
  static func compress(_ words: [Word], into state: inout [Word])
}

private enum Portable256: Portable {
  /// Section 5.3.3.
  static let initialState: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]

  static func compress(_ words: [UInt32], into state: inout [UInt32]) {
    var schedule = InlineArray<16, UInt32> { words[$0] }
    var values = InlineArray<8, UInt32> { state[$0] }
    SHA256.compress(&schedule, into: &values)
    for index in 0..<8 { state[index] = values[index] }
  }
}

private enum Portable512: Portable {
  /// Section 5.3.5.
  static let initialState: [UInt64] = [
    0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f, 0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179,
  ]

  static func compress(_ words: [UInt64], into state: inout [UInt64]) {
    var schedule = InlineArray<16, UInt64> { words[$0] }
    var values = InlineArray<8, UInt64> { state[$0] }
    SHA512.compress(&schedule, into: &values)
    for index in 0..<8 { state[index] = values[index] }
  }
}

extension Portable {
  static var wordLength: Int { MemoryLayout<Word>.size }
  static var blockLength: Int { 16 * wordLength }

  static func compress(_ data: [UInt8], into state: inout [Word]) {
    for start in stride(from: 0, to: data.count, by: blockLength) {
      compress((0..<16).map { data.span.bigEndianWord(at: start + wordLength * $0) }, into: &state)
    }
  }

  /// The blocks that end a message, of which the bytes after the last whole block are given: sections 5.1.1 and 5.1.2.
  static func padded(_ rest: [UInt8], of count: Int) -> [UInt8] {
    var padded = rest + [0x80]
    while padded.count % blockLength != blockLength - 2 * wordLength { padded.append(0) }
    padded += [UInt8](repeating: 0, count: 2 * wordLength - 8)
    return padded + (0..<8).map { UInt8(truncatingIfNeeded: (count * 8) >> (56 - 8 * $0)) }
  }

  static func bytes(_ state: [Word]) -> [UInt8] {
    state.flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } }
  }

  static func checkKnownAnswer(_ variant: Variant<Compression<Word>>, _ digest: String) {
    var state = initialState
    variant.function(&state, padded(Array("abc".utf8), of: 3), 1)
    #expect(hexadecimal(bytes(state)) == digest)
  }

  static func checkBlocks(_ variant: Variant<Compression<Word>>) {
    var random = SplitMix64(state: 10)
    for blocks in 0...70 {
      let start = (0..<8).map { _ in Word(truncatingIfNeeded: random.next()) }
      let data = random.bytes(blocks * blockLength)
      var expected = start
      compress(data, into: &expected)
      for alignment in [0, 1, Int(random.next() % 64)] {
        var state = start
        let memory = [UInt8](repeating: 0, count: alignment) + data + [0]
        memory.withUnsafeBufferPointer { memory in
          guard let base = memory.baseAddress else { return }
          variant.function(&state, base + alignment, blocks)
        }
        #expect(state == expected, "\(blocks) blocks")
      }
    }
  }

  static func checkSensitivity(_ variant: Variant<Compression<Word>>) {
    var zero = [Word](repeating: 0, count: 8)
    variant.function(&zero, [UInt8](repeating: 0, count: blockLength), 1)
    for bit in 0..<8 * blockLength {
      var data = [UInt8](repeating: 0, count: blockLength)
      data[bit / 8] = 1 << (bit % 8)
      var state = [Word](repeating: 0, count: 8)
      variant.function(&state, data, 1)
      #expect(zip(state, zero).allSatisfy { $0 != $1 }, "bit \(bit)")
    }
  }

  static func checkDigests<Hash: HashFunction & ~Copyable>(hash: consuming Hash) {
    var random = SplitMix64(state: 11)
    let message = random.bytes(4200)
    var state = initialState
    for length in 0...4200 {
      let whole = length / blockLength * blockLength
      if length == whole && length > 0 { compress(Array(message[(whole - blockLength)..<whole]), into: &state) }
      var expected = state
      compress(padded(Array(message[whole..<length]), of: length), into: &expected)

      let cut = Int(random.next() % UInt64(length + 1))
      hash.update(message.span.extracting(0..<cut))
      hash.update(message.span.extracting(cut..<length))
      var digest = [UInt8](repeating: 0, count: Hash.digestLengthInBytes)
      var output = digest.mutableSpan
      hash.finalize(into: &output)
      let isRight = digest == bytes(expected)
      #expect(isRight, "\(length) bytes, the first \(cut) alone")
    }
  }
}

@Suite("SHA-256 by its instructions")
struct SHA256InstructionTests {
  @Test("the digest of \"abc\" of FIPS 180-4", arguments: variants256)
  private func abc(variant: Variant<Compression<UInt32>>) {
    Portable256.checkKnownAnswer(variant, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test("0 to 70 blocks change the state as they do by the portable code, wherever they are", arguments: variants256)
  private func blocks(variant: Variant<Compression<UInt32>>) { Portable256.checkBlocks(variant) }

  @Test("each bit of a block changes each word of the state", arguments: variants256)
  private func sensitivity(variant: Variant<Compression<UInt32>>) { Portable256.checkSensitivity(variant) }

  @Test("messages of 0 to 4200 bytes, in two pieces, have the digests of the portable code")
  func digests() { Portable256.checkDigests(hash: SHA256()) }
}

@Suite("SHA-512 by vector instructions")
struct SHA512InstructionTests {
  @Test("the digest of \"abc\" of FIPS 180-4", arguments: variants512)
  private func abc(variant: Variant<Compression<UInt64>>) {
    Portable512.checkKnownAnswer(
      variant,
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")
  }

  @Test("0 to 70 blocks change the state as they do by the portable code, wherever they are", arguments: variants512)
  private func blocks(variant: Variant<Compression<UInt64>>) { Portable512.checkBlocks(variant) }

  @Test("each bit of a block changes each word of the state", arguments: variants512)
  private func sensitivity(variant: Variant<Compression<UInt64>>) { Portable512.checkSensitivity(variant) }

  @Test("messages of 0 to 4200 bytes, in two pieces, have the digests of the portable code")
  func digests() { Portable512.checkDigests(hash: SHA512()) }
}
