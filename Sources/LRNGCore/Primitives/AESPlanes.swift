// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The state of AES (FIPS 197, section 3.4) for four blocks at once, cut into bit planes.
///
/// Plane p holds bit p of all 64 bytes. In each plane the byte in row r and column c of block b stands at bit
/// 16r + 4c + b, so a rotation of the plane by 16 is one by a row, and a rotation of each 16 bits by 4 is one by a column.
/// A step of the cipher is a fixed sequence of logical operations on planes, the same for every key and block.
///
/// Eight variables rather than an array: no step has an index, and the optimiser keeps them in registers.
struct AESPlanes: BitwiseCopyable, Sendable {
  private var q0: UInt64 = 0
  private var q1: UInt64 = 0
  private var q2: UInt64 = 0
  private var q3: UInt64 = 0
  private var q4: UInt64 = 0
  private var q5: UInt64 = 0
  private var q6: UInt64 = 0
  private var q7: UInt64 = 0

  @inline(__always)
  init() {}

  // MARK: - Planes from blocks and blocks from planes

  // Each bit of the blocks has an address of nine bits. Before: block b1 b0 and half h of the block in the number of the
  // variable, which is h b1 b0; column in the half c0, row r1 r0 and plane p2 p1 p0 in the position c0 r1 r0 p2 p1 p0.
  // After: p2 p1 p0 and r1 r0 h c0 b1 b0. An exchange swaps one bit of the number with one of the position.

  /// Block b is words 2b and 2b + 1, eight bytes each, least significant byte first.
  @inline(__always)
  init(_ blocks: borrowing InlineArray<8, UInt64>) {
    q0 = blocks[0]
    q4 = blocks[1]
    q1 = blocks[2]
    q5 = blocks[3]
    q2 = blocks[4]
    q6 = blocks[5]
    q3 = blocks[6]
    q7 = blocks[7]
    exchangeFours(8, 0x00FF_00FF_00FF_00FF)
    exchangeFours(16, 0x0000_FFFF_0000_FFFF)
    exchangeFours(32, 0x0000_0000_FFFF_FFFF)
    exchangeFours(4, 0x0F0F_0F0F_0F0F_0F0F)
    exchangeTwos()
    exchangeOnes()
  }

  /// The inverse of the initialiser: every exchange is its own inverse.
  @inline(__always)
  consuming func store(into blocks: inout InlineArray<8, UInt64>) {
    exchangeOnes()
    exchangeTwos()
    exchangeFours(4, 0x0F0F_0F0F_0F0F_0F0F)
    exchangeFours(32, 0x0000_0000_FFFF_FFFF)
    exchangeFours(16, 0x0000_FFFF_0000_FFFF)
    exchangeFours(8, 0x00FF_00FF_00FF_00FF)
    blocks[0] = q0
    blocks[1] = q4
    blocks[2] = q1
    blocks[3] = q5
    blocks[4] = q2
    blocks[5] = q6
    blocks[6] = q3
    blocks[7] = q7
  }

  /// The planes with the block of one lane in all four.
  @inline(__always)
  func spread(_ lane: Int) -> AESPlanes {
    var result = self
    let lane = UInt64(truncatingIfNeeded: lane)
    result.forEachPlane { $0 = ($0 &>> lane & 0x1111_1111_1111_1111) &* 0xF }
    return result
  }

  @inline(__always)
  private mutating func exchangeFours(_ shift: UInt64, _ mask: UInt64) {
    Self.exchange(&q0, &q4, shift, mask)
    Self.exchange(&q1, &q5, shift, mask)
    Self.exchange(&q2, &q6, shift, mask)
    Self.exchange(&q3, &q7, shift, mask)
  }

  @inline(__always)
  private mutating func exchangeTwos() {
    Self.exchange(&q0, &q2, 2, 0x3333_3333_3333_3333)
    Self.exchange(&q1, &q3, 2, 0x3333_3333_3333_3333)
    Self.exchange(&q4, &q6, 2, 0x3333_3333_3333_3333)
    Self.exchange(&q5, &q7, 2, 0x3333_3333_3333_3333)
  }

  @inline(__always)
  private mutating func exchangeOnes() {
    Self.exchange(&q0, &q1, 1, 0x5555_5555_5555_5555)
    Self.exchange(&q2, &q3, 1, 0x5555_5555_5555_5555)
    Self.exchange(&q4, &q5, 1, 0x5555_5555_5555_5555)
    Self.exchange(&q6, &q7, 1, 0x5555_5555_5555_5555)
  }

  /// Exchanges the bits of `a` above the mask with those of `b` below it.
  @inline(__always)
  private static func exchange(_ a: inout UInt64, _ b: inout UInt64, _ shift: UInt64, _ mask: UInt64) {
    let difference = (a &>> shift ^ b) & mask
    b ^= difference
    a ^= difference &<< shift
  }

  @inline(__always)
  private mutating func forEachPlane(_ body: (inout UInt64) -> Void) {
    body(&q0)
    body(&q1)
    body(&q2)
    body(&q3)
    body(&q4)
    body(&q5)
    body(&q6)
    body(&q7)
  }

  // MARK: - The steps of a round

  /// AddRoundKey, section 5.1.4.
  @inline(__always)
  mutating func add(_ key: AESPlanes) {
    q0 ^= key.q0
    q1 ^= key.q1
    q2 ^= key.q2
    q3 ^= key.q3
    q4 ^= key.q4
    q5 ^= key.q5
    q6 ^= key.q6
    q7 ^= key.q7
  }

  /// Adds 63, the constant of the S-box, to every byte.
  @inline(__always)
  mutating func addConstant() {
    q0 = ~q0
    q1 = ~q1
    q5 = ~q5
    q6 = ~q6
  }

  /// MixColumns, section 5.1.3, on a state whose ShiftRows has not been carried out `skew` times.
  ///
  /// The row below is then also `skew` columns to the right, for every row alike: below the last row is the first one,
  /// which is 4 * skew columns away, and that is none. Of a byte a, and b, c and d below it, the step makes
  /// 2a + 3b + c + d = 2(a + b) + b + (c + d).
  @inline(__always)
  mutating func mixColumns(skew: Int) {
    let skew = UInt64(truncatingIfNeeded: skew)
    let b0 = Self.below(q0, skew: skew)
    let b1 = Self.below(q1, skew: skew)
    let b2 = Self.below(q2, skew: skew)
    let b3 = Self.below(q3, skew: skew)
    let b4 = Self.below(q4, skew: skew)
    let b5 = Self.below(q5, skew: skew)
    let b6 = Self.below(q6, skew: skew)
    let b7 = Self.below(q7, skew: skew)
    let s0 = q0 ^ b0
    let s1 = q1 ^ b1
    let s2 = q2 ^ b2
    let s3 = q3 ^ b3
    let s4 = q4 ^ b4
    let s5 = q5 ^ b5
    let s6 = q6 ^ b6
    let s7 = q7 ^ b7
    // Twice a byte: bit 7 goes out and comes back as x^4 + x^3 + x + 1 (section 4.2).
    q0 = s7 ^ b0 ^ Self.twoBelow(s0, skew: skew)
    q1 = s0 ^ s7 ^ b1 ^ Self.twoBelow(s1, skew: skew)
    q2 = s1 ^ b2 ^ Self.twoBelow(s2, skew: skew)
    q3 = s2 ^ s7 ^ b3 ^ Self.twoBelow(s3, skew: skew)
    q4 = s3 ^ s7 ^ b4 ^ Self.twoBelow(s4, skew: skew)
    q5 = s4 ^ b5 ^ Self.twoBelow(s5, skew: skew)
    q6 = s5 ^ b6 ^ Self.twoBelow(s6, skew: skew)
    q7 = s6 ^ b7 ^ Self.twoBelow(s7, skew: skew)
  }

  @inline(__always)
  private static func below(_ plane: UInt64, skew: UInt64) -> UInt64 {
    rotate(plane, rows: 1, columns: skew)
  }

  @inline(__always)
  private static func twoBelow(_ plane: UInt64, skew: UInt64) -> UInt64 {
    rotate(plane, rows: 2, columns: 2 &* skew & 3)
  }

  /// Brings what stands so many rows below and columns to the right to the place of every bit.
  @inline(__always)
  private static func rotate(_ plane: UInt64, rows: UInt64, columns: UInt64) -> UInt64 {
    // Of each row, the columns that come from the right of the same row; the others come around its end.
    let within: UInt64 = (0xFFFF &>> (4 &* columns)) &* 0x0001_0001_0001_0001
    let distance = 16 &* rows &+ 4 &* columns
    return rotate(plane, distance) & within | rotate(plane, distance &- 16) & ~within
  }

  /// Not `rotatedRight`: this one is not generic, which counts where nothing is optimised. Any `count`.
  @inline(__always)
  private static func rotate(_ plane: UInt64, _ count: UInt64) -> UInt64 {
    plane &>> count | plane &<< (0 &- count)
  }

  /// ShiftRows twice, section 5.1.2: rows 1 and 3 move by two columns, row 2 by four, which is none.
  @inline(__always)
  mutating func shiftRowsTwice() {
    forEachPlane { plane in
      let difference = (plane &>> 8 ^ plane) & 0x00FF_0000_00FF_0000
      plane ^= difference ^ difference &<< 8
    }
  }

  // MARK: - The S-box

  /// SubBytes, section 5.1.1, but for the constant 63: that is in the round key, which is added afterwards. (ShiftRows
  /// and MixColumns leave bytes alone that are equal everywhere.)
  ///
  /// The circuit of Boyar and Peralta, "A New Combinational Logic Minimization Technique with Applications to
  /// Cryptology" (SEA 2010), with the names of the paper: x0 is the most significant bit of a byte. A linear layer leads to
  /// GF((2^4)^2), a layer with 32 AND gates inverts there, a second linear layer leads back.
  @inline(__always)
  mutating func substituteBytes() {
    let (x0, x1, x2, x3) = (q7, q6, q5, q4)
    let (x4, x5, x6, x7) = (q3, q2, q1, q0)

    let y14 = x3 ^ x5
    let y13 = x0 ^ x6
    let y9 = x0 ^ x3
    let y8 = x0 ^ x5
    let t0 = x1 ^ x2
    let y1 = t0 ^ x7
    let y4 = y1 ^ x3
    let y12 = y13 ^ y14
    let y2 = y1 ^ x0
    let y5 = y1 ^ x6
    let y3 = y5 ^ y8
    let t1 = x4 ^ y12
    let y15 = t1 ^ x5
    let y20 = t1 ^ x1
    let y6 = y15 ^ x7
    let y10 = y15 ^ t0
    let y11 = y20 ^ y9
    let y7 = x7 ^ y11
    let y17 = y10 ^ y11
    let y19 = y10 ^ y8
    let y16 = t0 ^ y11
    let y21 = y13 ^ y16
    let y18 = x0 ^ y16

    let t2 = y12 & y15
    let t3 = y3 & y6
    let t4 = t3 ^ t2
    let t5 = y4 & x7
    let t6 = t5 ^ t2
    let t7 = y13 & y16
    let t8 = y5 & y1
    let t9 = t8 ^ t7
    let t10 = y2 & y7
    let t11 = t10 ^ t7
    let t12 = y9 & y11
    let t13 = y14 & y17
    let t14 = t13 ^ t12
    let t15 = y8 & y10
    let t16 = t15 ^ t12
    let t17 = t4 ^ t14
    let t18 = t6 ^ t16
    let t19 = t9 ^ t14
    let t20 = t11 ^ t16
    let t21 = t17 ^ y20
    let t22 = t18 ^ y19
    let t23 = t19 ^ y21
    let t24 = t20 ^ y18
    let t25 = t21 ^ t22
    let t26 = t21 & t23
    let t27 = t24 ^ t26
    let t28 = t25 & t27
    let t29 = t28 ^ t22
    let t30 = t23 ^ t24
    let t31 = t22 ^ t26
    let t32 = t31 & t30
    let t33 = t32 ^ t24
    let t34 = t23 ^ t33
    let t35 = t27 ^ t33
    let t36 = t24 & t35
    let t37 = t36 ^ t34
    let t38 = t27 ^ t36
    let t39 = t29 & t38
    let t40 = t25 ^ t39
    let t41 = t40 ^ t37
    let t42 = t29 ^ t33
    let t43 = t29 ^ t40
    let t44 = t33 ^ t37
    let t45 = t42 ^ t41
    let z0 = t44 & y15
    let z1 = t37 & y6
    let z2 = t33 & x7
    let z3 = t43 & y16
    let z4 = t40 & y1
    let z5 = t29 & y7
    let z6 = t42 & y11
    let z7 = t45 & y17
    let z8 = t41 & y10
    let z9 = t44 & y12
    let z10 = t37 & y3
    let z11 = t33 & y4
    let z12 = t43 & y13
    let z13 = t40 & y5
    let z14 = t29 & y2
    let z15 = t42 & y9
    let z16 = t45 & y14
    let z17 = t41 & y8

    let t46 = z15 ^ z16
    let t47 = z10 ^ z11
    let t48 = z5 ^ z13
    let t49 = z9 ^ z10
    let t50 = z2 ^ z12
    let t51 = z2 ^ z5
    let t52 = z7 ^ z8
    let t53 = z0 ^ z3
    let t54 = z6 ^ z7
    let t55 = z16 ^ z17
    let t56 = z12 ^ t48
    let t57 = t50 ^ t53
    let t58 = z4 ^ t46
    let t59 = z3 ^ t54
    let t60 = t46 ^ t57
    let t61 = z14 ^ t57
    let t62 = t52 ^ t58
    let t63 = t49 ^ t58
    let t64 = z4 ^ t59
    let t65 = t61 ^ t62
    let t66 = z1 ^ t63
    let t67 = t64 ^ t65
    let s3 = t53 ^ t66

    q7 = t59 ^ t63
    q6 = t64 ^ s3
    q5 = t55 ^ t67
    q4 = s3
    q3 = t51 ^ t66
    q2 = t47 ^ t65
    q1 = t56 ^ t62
    q0 = t48 ^ t60
  }

  /// InvSubBytes, section 5.3.2, of a state without the constant.
  ///
  /// Without it the S-box is A(1/x) with the linear map A of section 5.1.1. So its inverse is 1/A'(x) with the inverse
  /// A' of A, and 1/x is A' of the S-box.
  @inline(__always)
  mutating func invertSubstituteBytes() {
    invertAffineMap()
    substituteBytes()
    invertAffineMap()
  }

  /// The inverse of the linear part of the affine map: bit i is the sum of bits i + 2, i + 5 and i + 7 modulo 8.
  @inline(__always)
  private mutating func invertAffineMap() {
    let (a0, a1, a2, a3, a4, a5, a6, a7) = (q0, q1, q2, q3, q4, q5, q6, q7)
    q0 = a2 ^ a5 ^ a7
    q1 = a3 ^ a6 ^ a0
    q2 = a4 ^ a7 ^ a1
    q3 = a5 ^ a0 ^ a2
    q4 = a6 ^ a1 ^ a3
    q5 = a7 ^ a2 ^ a4
    q6 = a0 ^ a3 ^ a5
    q7 = a1 ^ a4 ^ a6
  }

  /// SubWord, section 5.2. Where a bit stands in a plane makes no difference to the S-box, so the four bytes stay in
  /// their places.
  static func substitute(_ word: UInt32) -> UInt32 {
    let word = UInt64(word)
    var planes = AESPlanes()
    planes.q0 = word
    planes.q1 = word &>> 1
    planes.q2 = word &>> 2
    planes.q3 = word &>> 3
    planes.q4 = word &>> 4
    planes.q5 = word &>> 5
    planes.q6 = word &>> 6
    planes.q7 = word &>> 7
    planes.substituteBytes()
    planes.addConstant()
    planes.forEachPlane { $0 &= 0x0101_0101 }
    let low = planes.q0 | planes.q1 &<< 1 | planes.q2 &<< 2 | planes.q3 &<< 3
    let high = planes.q4 &<< 4 | planes.q5 &<< 5 | planes.q6 &<< 6 | planes.q7 &<< 7
    return UInt32(truncatingIfNeeded: low | high)
  }
}
