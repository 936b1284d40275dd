// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The permutation Keccak-f[1600] of FIPS 202, section 3.
///
/// The state array A[x, y] of the standard is lane x + 5y (section 3.1.2), each lane 64 bits. Constant time: there are
/// no tables and no branches on lanes.
public enum Keccak {
  /// RC of section 3.2.5, from the linear feedback shift register of algorithm 5.
  private static let roundConstants: InlineArray<24, UInt64> = [
    0x00000000_00000001, 0x00000000_00008082, 0x80000000_0000808a, 0x80000000_80008000,
    0x00000000_0000808b, 0x00000000_80000001, 0x80000000_80008081, 0x80000000_00008009,
    0x00000000_0000008a, 0x00000000_00000088, 0x00000000_80008009, 0x00000000_8000000a,
    0x00000000_8000808b, 0x80000000_0000008b, 0x80000000_00008089, 0x80000000_00008003,
    0x80000000_00008002, 0x80000000_00000080, 0x00000000_0000800a, 0x80000000_8000000a,
    0x80000000_80008081, 0x80000000_00008080, 0x00000000_80000001, 0x80000000_80008008,
  ]

  /// Keccak-p[1600, 24].
  public static func permute(_ a: inout InlineArray<25, UInt64>) {
    for round in 0..<24 {
      // Theta, section 3.2.1: the parity of each column ...
      let c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20]
      let c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21]
      let c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22]
      let c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23]
      let c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24]
      // ... goes into the two columns beside it.
      let d0 = c4 ^ c1.rotatedLeft(1)
      let d1 = c0 ^ c2.rotatedLeft(1)
      let d2 = c1 ^ c3.rotatedLeft(1)
      let d3 = c2 ^ c4.rotatedLeft(1)
      let d4 = c3 ^ c0.rotatedLeft(1)

      // Theta's exclusive or, rho (section 3.2.2, offsets of table 2) and pi (section 3.2.3): b is the state after pi.
      let b0 = a[0] ^ d0
      let b1 = (a[6] ^ d1).rotatedLeft(44)
      let b2 = (a[12] ^ d2).rotatedLeft(43)
      let b3 = (a[18] ^ d3).rotatedLeft(21)
      let b4 = (a[24] ^ d4).rotatedLeft(14)
      let b5 = (a[3] ^ d3).rotatedLeft(28)
      let b6 = (a[9] ^ d4).rotatedLeft(20)
      let b7 = (a[10] ^ d0).rotatedLeft(3)
      let b8 = (a[16] ^ d1).rotatedLeft(45)
      let b9 = (a[22] ^ d2).rotatedLeft(61)
      let b10 = (a[1] ^ d1).rotatedLeft(1)
      let b11 = (a[7] ^ d2).rotatedLeft(6)
      let b12 = (a[13] ^ d3).rotatedLeft(25)
      let b13 = (a[19] ^ d4).rotatedLeft(8)
      let b14 = (a[20] ^ d0).rotatedLeft(18)
      let b15 = (a[4] ^ d4).rotatedLeft(27)
      let b16 = (a[5] ^ d0).rotatedLeft(36)
      let b17 = (a[11] ^ d1).rotatedLeft(10)
      let b18 = (a[17] ^ d2).rotatedLeft(15)
      let b19 = (a[23] ^ d3).rotatedLeft(56)
      let b20 = (a[2] ^ d2).rotatedLeft(62)
      let b21 = (a[8] ^ d3).rotatedLeft(55)
      let b22 = (a[14] ^ d4).rotatedLeft(39)
      let b23 = (a[15] ^ d0).rotatedLeft(41)
      let b24 = (a[21] ^ d1).rotatedLeft(2)

      // Chi, section 3.2.4, and iota, section 3.2.5.
      a[0] = b0 ^ (~b1 & b2) ^ roundConstants[round]
      a[1] = b1 ^ (~b2 & b3)
      a[2] = b2 ^ (~b3 & b4)
      a[3] = b3 ^ (~b4 & b0)
      a[4] = b4 ^ (~b0 & b1)
      a[5] = b5 ^ (~b6 & b7)
      a[6] = b6 ^ (~b7 & b8)
      a[7] = b7 ^ (~b8 & b9)
      a[8] = b8 ^ (~b9 & b5)
      a[9] = b9 ^ (~b5 & b6)
      a[10] = b10 ^ (~b11 & b12)
      a[11] = b11 ^ (~b12 & b13)
      a[12] = b12 ^ (~b13 & b14)
      a[13] = b13 ^ (~b14 & b10)
      a[14] = b14 ^ (~b10 & b11)
      a[15] = b15 ^ (~b16 & b17)
      a[16] = b16 ^ (~b17 & b18)
      a[17] = b17 ^ (~b18 & b19)
      a[18] = b18 ^ (~b19 & b15)
      a[19] = b19 ^ (~b15 & b16)
      a[20] = b20 ^ (~b21 & b22)
      a[21] = b21 ^ (~b22 & b23)
      a[22] = b22 ^ (~b23 & b24)
      a[23] = b23 ^ (~b24 & b20)
      a[24] = b24 ^ (~b20 & b21)
    }
  }
}

/// The sponge of FIPS 202, section 4.
///
/// The rate is 1600 bits less the capacity, which is twice the strength (section 6): (1600 - 2 * 256) / 8 = 136 bytes for
/// SHA3-256 and SHAKE256, (1600 - 2 * 512) / 8 = 72 for SHA3-512. It is a multiple of 8 and less than 200.
///
/// The sponge leaves padding and domain separation to the function built on it.
struct KeccakSponge<let rateInBytes: Int>: ~Copyable {
  private var lanes = Secret(InlineArray<25, UInt64>(repeating: 0))

  /// Bytes of the current block that have been absorbed or squeezed, at most the rate.
  private var position: UInt = 0

  init() {}

  mutating func absorb(_ data: Span<UInt8>) {
    var offset = 0
    while data.holds(1, at: offset) {
      permuteAtBlockEnd()
      if position % 8 == 0 && data.holds(8, at: offset) {
        lanes.value[laneIndex] ^= data.littleEndianWord(at: offset, as: UInt64.self)
        position &+= 8
        offset &+= 8
      } else {
        lanes.value[laneIndex] ^= UInt64(data.littleEndianWord(at: offset, as: UInt8.self)) &<< laneShift
        position &+= 1
        offset &+= 1
      }
    }
  }

  mutating func absorb(_ byte: UInt8) {
    permuteAtBlockEnd()
    lanes.value[laneIndex] ^= UInt64(byte) &<< laneShift
    position &+= 1
  }

  /// Ends the message with the domain bits and the rule pad10*1 (sections 5.1 and 6; appendix B.2 gives the bytes).
  mutating func pad(domain: UInt8) {
    permuteAtBlockEnd()
    lanes.value[laneIndex] ^= UInt64(domain) &<< laneShift
    lanes.value[rateInBytes / 8 - 1] ^= 0x80 &<< 56
    Keccak.permute(&lanes.value)
    position = 0
  }

  /// Fills `output` with the next bytes of the stream.
  mutating func squeeze(into output: inout MutableSpan<UInt8>) {
    var offset = 0
    while output.holds(1, at: offset) {
      permuteAtBlockEnd()
      if position % 8 == 0 && output.holds(8, at: offset) {
        output.storeLittleEndian(lanes.value[laneIndex], at: offset)
        position &+= 8
        offset &+= 8
      } else {
        output.storeLittleEndian(UInt8(truncatingIfNeeded: lanes.value[laneIndex] &>> laneShift), at: offset)
        position &+= 1
        offset &+= 1
      }
    }
  }

  mutating func reset() {
    lanes.wipe()
    position = 0
  }

  mutating func copyState(of other: borrowing Self) {
    lanes.value = other.lanes.value
    position = other.position
  }

  /// Makes room before a byte is absorbed or squeezed, so that `position` is less than the rate afterwards.
  @inline(__always)
  private mutating func permuteAtBlockEnd() {
    if position >= UInt(rateInBytes) {
      Keccak.permute(&lanes.value)
      position = 0
    }
  }

  /// The lane of the byte at `position`, and how far left in it the byte stands: lanes are little endian (appendix B.1).
  @inline(__always)
  private var laneIndex: Int { Int(truncatingIfNeeded: position / 8) }

  @inline(__always)
  private var laneShift: UInt64 { UInt64(truncatingIfNeeded: position % 8 &* 8) }
}
