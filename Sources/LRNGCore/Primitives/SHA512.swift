// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// SHA-512 of FIPS 180-4, section 6.4: a 512 bit digest with 256 bits of collision resistance.
public struct SHA512: HashFunction, ~Copyable {
  public static let digestLengthInBytes = 64
  public static let blockLengthInBytes = 128
  public static let bitOrder = BitOrder.mostSignificantFirst

  /// H(0) of section 5.3: the first 64 bits of the fractional parts of the square roots of the first eight primes (5.3.5).
  private static let initialState: InlineArray<8, UInt64> = [
    0x6a09e667_f3bcc908, 0xbb67ae85_84caa73b, 0x3c6ef372_fe94f82b, 0xa54ff53a_5f1d36f1,
    0x510e527f_ade682d1, 0x9b05688c_2b3e6c1f, 0x1f83d9ab_fb41bd6b, 0x5be0cd19_137e2179,
  ]

  /// K of section 4.2.3: the first 64 bits of the fractional parts of the cube roots of the first 80 primes.
  private static let roundConstants: InlineArray<80, UInt64> = [
    0x428a2f98_d728ae22, 0x71374491_23ef65cd, 0xb5c0fbcf_ec4d3b2f, 0xe9b5dba5_8189dbbc,
    0x3956c25b_f348b538, 0x59f111f1_b605d019, 0x923f82a4_af194f9b, 0xab1c5ed5_da6d8118,
    0xd807aa98_a3030242, 0x12835b01_45706fbe, 0x243185be_4ee4b28c, 0x550c7dc3_d5ffb4e2,
    0x72be5d74_f27b896f, 0x80deb1fe_3b1696b1, 0x9bdc06a7_25c71235, 0xc19bf174_cf692694,
    0xe49b69c1_9ef14ad2, 0xefbe4786_384f25e3, 0x0fc19dc6_8b8cd5b5, 0x240ca1cc_77ac9c65,
    0x2de92c6f_592b0275, 0x4a7484aa_6ea6e483, 0x5cb0a9dc_bd41fbd4, 0x76f988da_831153b5,
    0x983e5152_ee66dfab, 0xa831c66d_2db43210, 0xb00327c8_98fb213f, 0xbf597fc7_beef0ee4,
    0xc6e00bf3_3da88fc2, 0xd5a79147_930aa725, 0x06ca6351_e003826f, 0x14292967_0a0e6e70,
    0x27b70a85_46d22ffc, 0x2e1b2138_5c26c926, 0x4d2c6dfc_5ac42aed, 0x53380d13_9d95b3df,
    0x650a7354_8baf63de, 0x766a0abb_3c77b2a8, 0x81c2c92e_47edaee6, 0x92722c85_1482353b,
    0xa2bfe8a1_4cf10364, 0xa81a664b_bc423001, 0xc24b8b70_d0f89791, 0xc76c51a3_0654be30,
    0xd192e819_d6ef5218, 0xd6990624_5565a910, 0xf40e3585_5771202a, 0x106aa070_32bbd1b8,
    0x19a4c116_b8d2d0c8, 0x1e376c08_5141ab53, 0x2748774c_df8eeb99, 0x34b0bcb5_e19b48a8,
    0x391c0cb3_c5c95a63, 0x4ed8aa4a_e3418acb, 0x5b9cca4f_7763e373, 0x682e6ff3_d6b2b8a3,
    0x748f82ee_5defb2fc, 0x78a5636f_43172f60, 0x84c87814_a1f0ab72, 0x8cc70208_1a6439ec,
    0x90befffa_23631e28, 0xa4506ceb_de82bde9, 0xbef9a3f7_b2c67915, 0xc67178f2_e372532b,
    0xca273ece_ea26619c, 0xd186b8c7_21c0c207, 0xeada7dd6_cde0eb1e, 0xf57d4f7f_ee6ed178,
    0x06f067aa_72176fba, 0x0a637dc5_a2c898a6, 0x113f9804_bef90dae, 0x1b710b35_131c471b,
    0x28db77f5_23047d84, 0x32caab7b_40c72493, 0x3c9ebe0a_15c9bebc, 0x431d67c4_9c100d4c,
    0x4cc5d4be_cb3e42b6, 0x597f299c_fc657e2a, 0x5fcb6fab_3ad6faec, 0x6c44198c_4a475817,
  ]

  private var state: Secret<InlineArray<8, UInt64>>

  /// The begun block. Only the first `messageLengthInBytes` mod 128 bytes are meaningful.
  private var block: Secret<InlineArray<128, UInt8>>

  private var messageLengthInBytes: UInt64

  public init() {
    state = Secret(Self.initialState)
    block = Secret(InlineArray(repeating: 0))
    messageLengthInBytes = 0
  }

  /// Bytes in the begun block.
  @inline(__always)
  private var fill: Int { Int(truncatingIfNeeded: messageLengthInBytes % 128) }

  public mutating func update(_ data: Span<UInt8>) {
    let fill = fill
    messageLengthInBytes &+= UInt64(truncatingIfNeeded: data.count)

    var offset = 0
    if fill > 0 {
      var bytes = block.value.mutableSpan
      offset = bytes.copy(from: data, at: 0, to: fill)
      if fill &+ offset < 128 { return }
      compressBlock()
    }
    offset &+= Acceleration.sha512(&state.value, data, from: offset)
    if data.holds(128, at: offset) {
      var schedule = InlineArray<16, UInt64>(repeating: 0)
      while data.holds(128, at: offset) {
        schedule.loadBigEndian(from: data, at: offset)
        Self.compress(&schedule, into: &state.value)
        offset &+= 128
      }
      wipe(&schedule)
    }
    var bytes = block.value.mutableSpan
    bytes.copy(from: data, at: offset, to: 0)
  }

  public mutating func finalize(trailingBits: UInt8, count: Int, into output: inout MutableSpan<UInt8>) {
    // Section 5.1.2: a one bit, zero bits, and the length in bits as a 128 bit number in the last 16 bytes.
    // The one bit follows the last bit of the message at once.
    let count = count & 7
    var fill = fill
    block.value[fill] = Self.bitOrder.first(count, of: trailingBits) | 0x80 &>> UInt8(truncatingIfNeeded: count)
    fill &+= 1
    if fill > 128 &- 16 {
      var bytes = block.value.mutableSpan
      bytes.clear(from: fill)
      compressBlock()
      fill = 0
    }
    var bytes = block.value.mutableSpan
    bytes.clear(from: fill)
    bytes.storeBigEndian(messageLengthInBytes &>> 61, at: 112)
    bytes.storeBigEndian(messageLengthInBytes &<< 3 | UInt64(truncatingIfNeeded: count), at: 120)
    compressBlock()

    // The block is free now: it takes the digest, of which the caller gets as much as there is room for.
    var digest = block.value.mutableSpan
    for index in 0..<8 {
      digest.storeBigEndian(state.value[index], at: index &* 8)
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
    guard Acceleration.sha512(&state.value, block.value.span, from: 0) == 0 else { return }
    var schedule = InlineArray<16, UInt64>(repeating: 0)
    schedule.loadBigEndian(from: block.value.span, at: 0)
    Self.compress(&schedule, into: &state.value)
    wipe(&schedule)
  }

  // MARK: - Compression

  /// Section 6.4.2, steps 1 to 4, for one block. Of the message schedule W only the last 16 words are kept, in place of the
  /// block; the caller wipes them.
  ///
  /// It is the portable one; `Acceleration` is asked first.
  static func compress(_ w: inout InlineArray<16, UInt64>, into state: inout InlineArray<8, UInt64>) {
    var a = state[0]
    var b = state[1]
    var c = state[2]
    var d = state[3]
    var e = state[4]
    var f = state[5]
    var g = state[6]
    var h = state[7]

    // Eight rounds rename the variables once around, so no round has to move them.
    for t in stride(from: 0, to: 80, by: 8) {
      round(a, b, c, &d, e, f, g, &h, constantAndWord(t, &w))
      round(h, a, b, &c, d, e, f, &g, constantAndWord(t &+ 1, &w))
      round(g, h, a, &b, c, d, e, &f, constantAndWord(t &+ 2, &w))
      round(f, g, h, &a, b, c, d, &e, constantAndWord(t &+ 3, &w))
      round(e, f, g, &h, a, b, c, &d, constantAndWord(t &+ 4, &w))
      round(d, e, f, &g, h, a, b, &c, constantAndWord(t &+ 5, &w))
      round(c, d, e, &f, g, h, a, &b, constantAndWord(t &+ 6, &w))
      round(b, c, d, &e, f, g, h, &a, constantAndWord(t &+ 7, &w))
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

  /// K_t + W_t of step 3. W_t replaces W_(t-16), which is not needed again.
  @inline(__always)
  private static func constantAndWord(_ t: Int, _ w: inout InlineArray<16, UInt64>) -> UInt64 {
    if t >= 16 {
      w[t & 15] &+= smallSigma1(w[(t &- 2) & 15]) &+ w[(t &- 7) & 15] &+ smallSigma0(w[(t &- 15) & 15])
    }
    return roundConstants[t] &+ w[t & 15]
  }

  /// One round of step 3 with the new `a` in the place of `h`, and the new `e` in the place of `d`.
  @inline(__always)
  private static func round(
    _ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: inout UInt64,
    _ e: UInt64, _ f: UInt64, _ g: UInt64, _ h: inout UInt64,
    _ constantAndWord: UInt64
  ) {
    let t1 = h &+ bigSigma1(e) &+ choose(e, f, g) &+ constantAndWord
    let t2 = bigSigma0(a) &+ majority(a, b, c)
    d &+= t1
    h = t1 &+ t2
  }

  // The functions of section 4.1.3.

  @inline(__always)
  private static func choose(_ x: UInt64, _ y: UInt64, _ z: UInt64) -> UInt64 { z ^ (x & (y ^ z)) }

  @inline(__always)
  private static func majority(_ x: UInt64, _ y: UInt64, _ z: UInt64) -> UInt64 { (x & y) | (z & (x | y)) }

  @inline(__always)
  private static func bigSigma0(_ x: UInt64) -> UInt64 {
    x.rotatedRight(28) ^ x.rotatedRight(34) ^ x.rotatedRight(39)
  }

  @inline(__always)
  private static func bigSigma1(_ x: UInt64) -> UInt64 {
    x.rotatedRight(14) ^ x.rotatedRight(18) ^ x.rotatedRight(41)
  }

  @inline(__always)
  private static func smallSigma0(_ x: UInt64) -> UInt64 {
    x.rotatedRight(1) ^ x.rotatedRight(8) ^ (x &>> 7)
  }

  @inline(__always)
  private static func smallSigma1(_ x: UInt64) -> UInt64 {
    x.rotatedRight(19) ^ x.rotatedRight(61) ^ (x &>> 6)
  }
}
