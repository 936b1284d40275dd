// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("SP 800-90A table 3: CTR_DRBG with a shorter counter")
struct CTRDRBGCounterTests {
  @Test("the counter has 4 to 128 bits; what is beyond counts as the nearest")
  func lengths() {
    for (asked, expected) in [(-1, 4), (0, 4), (3, 4), (4, 4), (5, 5), (127, 127), (128, 128), (129, 128)] {
      let mechanism = CTRDRBG<AES256>(counterLengthInBits: asked)
      let length = mechanism.counterLengthInBits
      #expect(length == expected)
    }
  }

  @Test("a request has at most 2^ctr_len - 4 blocks, and 2^19 bits")
  func requestLimit() throws {
    for length in 4...128 {
      let blocks = length < 13 ? (1 << length) - 4 : 1 << 12
      let drbg = Instance(CTRDRBG<AES256>(counterLengthInBits: length))
      #expect(drbg.limits.requestLengthInBytes == min(16 * blocks, 65_536))
      try drbg.instantiate()
      #expect(throws: DRBGError.requestTooLong) { try drbg.generate(drbg.limits.requestLengthInBytes + 1) }
      if length <= 8 || length == 12 {
        #expect(try drbg.generate(drbg.limits.requestLengthInBytes).count == 16 * blocks)
      }
    }
  }

  @Test("no block of key stream comes twice before the key changes, not even in the longest request")
  func noRepetition() throws {
    for length in 4...8 {
      var mechanism = CTRDRBG<AES256>(usesDerivationFunction: false, counterLengthInBits: length)
      mechanism.instantiate(entropyInput: [UInt8].counting(48).span, nonce: Span(), personalization: Span())
      let (high, low) = (mechanism.v.value[0], mechanism.v.value[1])
      var cipher = AES256()
      copyKey(of: &mechanism, to: &cipher)
      let output = generate(mechanism.maximumRequestLengthInBytes, from: &mechanism)
      var blocks = Set(stride(from: 0, to: output.count, by: 16).map { Array(output[$0..<$0 + 16]) })
      #expect(blocks.count == (1 << length) - 4)
      // The three blocks that make the next key and V.
      for step in (1 << length) - 3..<1 << length {
        blocks.insert(encrypt(counter(high, low, plus: step, lengthInBits: length), with: cipher))
      }
      #expect(blocks.count == (1 << length) - 1)
      let next = encrypt(counter(high, low, plus: (1 << length) - 1, lengthInBits: length), with: cipher)
      let isAsExpected = mechanism.isEqual(to: WorkingState(v: next))
      #expect(isAsExpected)
    }
  }

  @Test("the counter wraps at its length, and leaves the bits above alone", arguments: 4...128)
  func wrap(length: Int) {
    var mechanism = CTRDRBG<AES256>(usesDerivationFunction: false, counterLengthInBits: length)
    mechanism.instantiate(entropyInput: [UInt8].counting(48).span, nonce: Span(), personalization: Span())
    var cipher = AES256()
    copyKey(of: &mechanism, to: &cipher)
    // A V whose counter is three before its end, below bits that must stay.
    let ones = lowBits(length)
    let high: UInt64 = 0x5A5A_5A5A_5A5A_5A5A | ones.high
    let low: UInt64 = (0xA5A5_A5A5_A5A5_A5A5 | ones.low) - 2
    mechanism.v.value[0] = high
    mechanism.v.value[1] = low
    let output = generate(8 * 16, from: &mechanism)
    for block in 0..<8 {
      let expected = encrypt(counter(high, low, plus: block + 1, lengthInBits: length), with: cipher)
      #expect(Array(output[16 * block..<16 * block + 16]) == expected)
    }
  }

  /// The counter after some steps, its bytes in their order, computed bit by bit.
  private func counter(_ high: UInt64, _ low: UInt64, plus steps: Int, lengthInBits: Int) -> [UInt8] {
    var bits = (0..<128).map { index in (index < 64 ? low >> UInt64(index) : high >> UInt64(index - 64)) & 1 == 1 }
    for _ in 0..<steps {
      for index in 0..<lengthInBits {
        bits[index].toggle()
        if bits[index] { break }
      }
    }
    return (0..<16).map { byte in
      (0..<8).reduce(0) { value, bit in value | (bits[127 - 8 * byte - 7 + bit] ? 1 << UInt8(bit) : 0) }
    }
  }

  private func lowBits(_ length: Int) -> (high: UInt64, low: UInt64) {
    let bits = (0..<128).map { $0 < length }
    func word(_ bits: ArraySlice<Bool>) -> UInt64 { bits.reversed().reduce(0) { $0 << 1 | ($1 ? 1 : 0) } }
    return (word(bits[64...]), word(bits[..<64]))
  }

  /// The key after instantiation: with Key = 0 and V = 0, the blocks of 1, 2 and 3, plus the seed.
  private func copyKey(of mechanism: inout CTRDRBG<AES256>, to cipher: inout AES256) {
    var zero = AES256()
    zero.setKey([UInt8](repeating: 0, count: 32).span)
    let stream = (1...2).flatMap { encrypt([UInt8](repeating: 0, count: 15) + [UInt8($0)], with: zero) }
    let key = zip(stream, [UInt8].counting(48)).map { $0 ^ $1 }
    let isItsKey = mechanism.isEqual(to: WorkingState(key: key))
    #expect(isItsKey)
    cipher.setKey(key.span)
  }

  private func generate(_ count: Int, from mechanism: inout CTRDRBG<AES256>) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: count)
    var bytes = output.mutableSpan
    mechanism.generate(into: &bytes, additionalInput: Span(), reseedCounter: 1)
    return output
  }
}

/// One block under a cipher.
func encrypt(_ block: [UInt8], with cipher: borrowing AES256) -> [UInt8] {
  var blocks = InlineArray<8, UInt64>(repeating: 0)
  for half in 0..<2 { blocks[half] = block.span.littleEndianWord(at: 8 * half) }
  cipher.encrypt(&blocks)
  return (0..<16).map { UInt8(truncatingIfNeeded: blocks[$0 / 8] >> (8 * UInt64($0 % 8))) }
}

@Suite("SP 800-90A 10.3.2: Block_Cipher_df")
struct BlockCipherDerivationTests {
  @Test("equals the standard's description for every length of input over three blocks")
  func definition() {
    var derivation = BlockCipherDerivation<AES256>()
    for length in 0...50 {
      let input = [UInt8].counting(length)
      var output = InlineArray<48, UInt8>(repeating: 0)
      derivation.derive(input.span, Span(), Span(), into: &output)
      #expect(output.indices.map { output[$0] } == reference(input), "\(length) bytes")
    }
  }

  @Test("its inputs count as one string, wherever it is cut")
  func concatenation() {
    let input = [UInt8].counting(50)
    for (first, second) in [(0, 0), (1, 2), (7, 8), (8, 24), (16, 17), (25, 49), (50, 50)] {
      var derivation = BlockCipherDerivation<AES256>()
      var output = InlineArray<48, UInt8>(repeating: 0)
      let (a, b, c) = (Array(input[..<first]), Array(input[first..<second]), Array(input[second...]))
      derivation.derive(a.span, b.span, c.span, into: &output)
      #expect(output.indices.map { output[$0] } == reference(input))
    }
  }

  /// The steps of 10.3.2 and of 10.3.3, one block at a time.
  private func reference(_ input: [UInt8]) -> [UInt8] {
    var s = [0, 0, 0, UInt8(input.count), 0, 0, 0, 48] + input + [0x80]
    while !s.count.isMultiple(of: 16) { s.append(0) }
    var cipher = AES256()
    cipher.setKey([UInt8](0..<32).span)
    var temp: [UInt8] = []
    for i in 0..<3 {
      let data = [0, 0, 0, UInt8(i)] + [UInt8](repeating: 0, count: 12) + s
      var chain = [UInt8](repeating: 0, count: 16)
      for start in stride(from: 0, to: data.count, by: 16) {
        chain = encrypt(zip(chain, data[start..<start + 16]).map { $0 ^ $1 }, with: cipher)
      }
      temp += chain
    }
    cipher.setKey(Array(temp[..<32]).span)
    var x = Array(temp[32...])
    var output: [UInt8] = []
    for _ in 0..<3 {
      x = encrypt(x, with: cipher)
      output += x
    }
    return output
  }
}

@Suite("SP 800-90A 10.1.1: the arithmetic of Hash_DRBG")
struct HashDRBGTests {
  @Test("the sums wrap at seedlen, also for the largest V, C and reseed counter")
  func sums() {
    check(SHA256.self, seedLength: 55)
    check(SHA512.self, seedLength: 111)
  }

  private func check<Hash: HashFunction & ~Copyable>(_: Hash.Type, seedLength: Int) {
    let largest = [UInt8](repeating: 0xFF, count: seedLength)
    for (v, c) in [(largest, largest), (largest, .counting(seedLength)), (.counting(seedLength), largest)] {
      for counter in [1, 255, 256, 1 << 32, 1 << 48] as [UInt64] {
        for additionalInput: [UInt8] in [[], [1, 2, 3]] {
          var mechanism = HashDRBG<Hash>()
          for index in 0..<seedLength {
            mechanism.v.value[index] = v[index]
            mechanism.c.value[index] = c[index]
          }
          var output = [UInt8](repeating: 0, count: 2 * Hash.digestLengthInBytes)
          var bytes = output.mutableSpan
          mechanism.generate(into: &bytes, additionalInput: additionalInput.span, reseedCounter: counter)

          var start = v
          if !additionalInput.isEmpty { start = sum(v, digest([2] + v + additionalInput, Hash.self)) }
          #expect(output == digest(start, Hash.self) + digest(sum(start, [1]), Hash.self))
          let counterBytes = (0..<8).map { UInt8(truncatingIfNeeded: counter >> (56 - 8 * $0)) }
          let next = sum(sum(sum(start, digest([3] + start, Hash.self)), c), counterBytes)
          let isAsExpected = mechanism.isEqual(to: WorkingState(v: next, c: c))
          #expect(isAsExpected)
        }
      }
    }
  }

  /// a + b modulo 256 to the power of the length of a, most significant byte first.
  private func sum(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
    let addend = [UInt8](repeating: 0, count: max(0, a.count - b.count)) + b.suffix(a.count)
    var (result, carry) = (a, 0)
    for index in a.indices.reversed() {
      let digit = Int(a[index]) + Int(addend[index]) + carry
      result[index] = UInt8(digit & 255)
      carry = digit >> 8
    }
    return result
  }
}
