// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CMemory

/// SHA-256 of FIPS 180-4, section 6.2: a 256 bit digest with 128 bits of collision resistance.
public struct SHA256: HashFunction, ~Copyable {
  public static let digestLengthInBytes = 32
  public static let blockLengthInBytes = 64
  public static let bitOrder = BitOrder.mostSignificantFirst

  /// H(0) of section 5.3: the first 32 bits of the fractional parts of the square roots of the first eight primes (5.3.3).
  private static let initialState: InlineArray<8, UInt32> = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  ]

  /// K of section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let roundConstants: InlineArray<64, UInt32> = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
  ]

  private var state: Secret<InlineArray<8, UInt32>>

  /// The begun block. Only the first `messageLengthInBytes` mod 64 bytes are meaningful.
  private var block: Secret<InlineArray<64, UInt8>>

  private var messageLengthInBytes: UInt64

  public init() {
    state = Secret(Self.initialState)
    block = Secret(InlineArray(repeating: 0))
    messageLengthInBytes = 0
  }

  /// Bytes in the begun block.
  @inline(__always)
  private var fill: Int { Int(truncatingIfNeeded: messageLengthInBytes % 64) }

  public mutating func update(_ data: Span<UInt8>) {
    let fill = fill
    messageLengthInBytes &+= UInt64(truncatingIfNeeded: data.count)

    var offset = 0
    if fill > 0 {
      var bytes = block.value.mutableSpan
      offset = bytes.copy(from: data, at: 0, to: fill)
      if fill &+ offset < 64 { return }
      compressBlock()
    }
    offset &+= Acceleration.sha256(&state.value, data, from: offset)
    if data.holds(64, at: offset) {
      var schedule = InlineArray<16, UInt32>(repeating: 0)
      while data.holds(64, at: offset) {
        schedule.loadBigEndian(from: data, at: offset)
        Self.compress(&schedule, into: &state.value)
        offset &+= 64
      }
      wipe(&schedule)
    }
    var bytes = block.value.mutableSpan
    bytes.copy(from: data, at: offset, to: 0)
  }

  public mutating func finalize(trailingBits: UInt8, count: Int, into output: inout MutableSpan<UInt8>) {
    // Section 5.1.1: a one bit, zero bits, and the length in bits as a 64 bit number in the last 8 bytes.
    // The one bit follows the last bit of the message at once.
    let count = count & 7
    var fill = fill
    block.value[fill] = Self.bitOrder.first(count, of: trailingBits) | 0x80 &>> UInt8(truncatingIfNeeded: count)
    fill &+= 1
    if fill > 64 &- 8 {
      var bytes = block.value.mutableSpan
      bytes.clear(from: fill)
      compressBlock()
      fill = 0
    }
    var bytes = block.value.mutableSpan
    bytes.clear(from: fill)
    bytes.storeBigEndian(messageLengthInBytes &<< 3 | UInt64(truncatingIfNeeded: count), at: 56)
    compressBlock()

    // The block is free now: it takes the digest, of which the caller gets as much as there is room for.
    var digest = block.value.mutableSpan
    for index in 0..<8 {
      digest.storeBigEndian(state.value[index], at: index &* 4)
    }
    output.copy(Self.digestLengthInBytes, from: block.value.span, at: 0, to: 0)
    reset()
  }

  public mutating func reset() {
    block.wipe()
    state.wipe()
    state.value = Self.initialState
    messageLengthInBytes = 0
  }

  public mutating func copyState(of other: borrowing Self) {
    state.value = other.state.value
    block.value = other.block.value
    messageLengthInBytes = other.messageLengthInBytes
  }

  // MARK: - Blocks

  private mutating func compressBlock() {
    guard Acceleration.sha256(&state.value, block.value.span, from: 0) == 0 else { return }
    var schedule = InlineArray<16, UInt32>(repeating: 0)
    schedule.loadBigEndian(from: block.value.span, at: 0)
    Self.compress(&schedule, into: &state.value)
    wipe(&schedule)
  }

  // MARK: - Compression

  /// Section 6.2.2, steps 1 to 4, for one block. Of the message schedule W only the last 16 words are kept, in place of the
  /// block; the caller wipes them.
  ///
  /// It is the portable one; `Acceleration` is asked first.
  static func compress(_ w: inout InlineArray<16, UInt32>, into state: inout InlineArray<8, UInt32>) {
    var a = state[0]
    var b = state[1]
    var c = state[2]
    var d = state[3]
    var e = state[4]
    var f = state[5]
    var g = state[6]
    var h = state[7]
    var difference = b ^ c

    // Eight rounds rename the variables once around, so no round has to move them. Sixteen use each word of W once.
    for t in stride(from: 0, to: 64, by: 16) {
      if t > 0 { extend(&w) }
      round(a, b, &d, e, f, g, &h, &difference, roundConstants[t], w[0])
      round(h, a, &c, d, e, f, &g, &difference, roundConstants[t &+ 1], w[1])
      round(g, h, &b, c, d, e, &f, &difference, roundConstants[t &+ 2], w[2])
      round(f, g, &a, b, c, d, &e, &difference, roundConstants[t &+ 3], w[3])
      round(e, f, &h, a, b, c, &d, &difference, roundConstants[t &+ 4], w[4])
      round(d, e, &g, h, a, b, &c, &difference, roundConstants[t &+ 5], w[5])
      round(c, d, &f, g, h, a, &b, &difference, roundConstants[t &+ 6], w[6])
      round(b, c, &e, f, g, h, &a, &difference, roundConstants[t &+ 7], w[7])
      round(a, b, &d, e, f, g, &h, &difference, roundConstants[t &+ 8], w[8])
      round(h, a, &c, d, e, f, &g, &difference, roundConstants[t &+ 9], w[9])
      round(g, h, &b, c, d, e, &f, &difference, roundConstants[t &+ 10], w[10])
      round(f, g, &a, b, c, d, &e, &difference, roundConstants[t &+ 11], w[11])
      round(e, f, &h, a, b, c, &d, &difference, roundConstants[t &+ 12], w[12])
      round(d, e, &g, h, a, b, &c, &difference, roundConstants[t &+ 13], w[13])
      round(c, d, &f, g, h, a, &b, &difference, roundConstants[t &+ 14], w[14])
      round(b, c, &e, f, g, h, &a, &difference, roundConstants[t &+ 15], w[15])
    }

    state[0] &+= a
    state[1] &+= b
    state[2] &+= c
    state[3] &+= d
    state[4] &+= e
    state[5] &+= f
    state[6] &+= g
    state[7] &+= h
  }

  /// Step 1 for the next sixteen rounds.
  @inline(__always)
  private static func extend(_ w: inout InlineArray<16, UInt32>) {
    extend(&w, at: 0)
    extend(&w, at: 1)
    extend(&w, at: 2)
    extend(&w, at: 3)
    extend(&w, at: 4)
    extend(&w, at: 5)
    extend(&w, at: 6)
    extend(&w, at: 7)
    extend(&w, at: 8)
    extend(&w, at: 9)
    extend(&w, at: 10)
    extend(&w, at: 11)
    extend(&w, at: 12)
    extend(&w, at: 13)
    extend(&w, at: 14)
    extend(&w, at: 15)
  }

  /// W_t with i = t mod 16 replaces W_(t-16), which is not needed again.
  ///
  /// It may change in memory, as far as the compiler knows; else it would keep some words also elsewhere on the stack.
  @inline(__always)
  private static func extend(_ w: inout InlineArray<16, UInt32>, at i: Int) {
    w[i] &+= smallSigma1(w[(i &+ 14) & 15]) &+ w[(i &+ 9) & 15] &+ smallSigma0(w[(i &+ 1) & 15])
    unsafe withUnsafeMutablePointer(to: &w) { unsafe lrng_compiler_barrier($0) }
  }

  /// One round of step 3 with the new `a` in the place of `h`, and the new `e` in the place of `d`.
  ///
  /// The majority of a, b and c is b where b and c agree, else a. `difference` is where b and c differ; a and b are the next
  /// round's b and c.
  @inline(__always)
  private static func round(
    _ a: UInt32, _ b: UInt32, _ d: inout UInt32,
    _ e: UInt32, _ f: UInt32, _ g: UInt32, _ h: inout UInt32,
    _ difference: inout UInt32, _ constant: UInt32, _ word: UInt32
  ) {
    h &+= word
    h &+= constant
    h &+= choose(e, f, g)
    h &+= bigSigma1(e)
    d &+= h
    let nextDifference = a ^ b
    h &+= b ^ (nextDifference & difference)
    h &+= bigSigma0(a)
    difference = nextDifference
  }

  // The functions of section 4.1.2. Rotations of a sum are nested, since a rotation in place is one instruction:
  // ROTR(x, m + n) ^ ROTR(x, n) = ROTR(ROTR(x, m) ^ x, n).

  @inline(__always)
  private static func choose(_ x: UInt32, _ y: UInt32, _ z: UInt32) -> UInt32 { z ^ (x & (y ^ z)) }

  /// ROTR 2, 13 and 22.
  @inline(__always)
  private static func bigSigma0(_ x: UInt32) -> UInt32 {
    (((x.rotatedRight(9) ^ x).rotatedRight(11)) ^ x).rotatedRight(2)
  }

  /// ROTR 6, 11 and 25.
  @inline(__always)
  private static func bigSigma1(_ x: UInt32) -> UInt32 {
    (((x.rotatedRight(14) ^ x).rotatedRight(5)) ^ x).rotatedRight(6)
  }

  /// ROTR 7 and 18, SHR 3.
  @inline(__always)
  private static func smallSigma0(_ x: UInt32) -> UInt32 {
    (x.rotatedRight(11) ^ x).rotatedRight(7) ^ (x &>> 3)
  }

  /// ROTR 17 and 19, SHR 10.
  @inline(__always)
  private static func smallSigma1(_ x: UInt32) -> UInt32 {
    (x.rotatedRight(2) ^ x).rotatedRight(17) ^ (x &>> 10)
  }
}
