// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// AES-256 of FIPS 197 without any instructions for it: 14 rounds, and 256 bits of strength.
///
/// Constant time without tables: four blocks go through the rounds together as bit planes (see `AESPlanes`). Who has
/// one block only pays for four.
///
/// ShiftRows is not carried out between rounds (Adomnicai and Peyrin, "Fixslicing AES-like Ciphers", CHES 2021). The
/// planes stay where they are, and after round n they hold the state of the standard with its ShiftRows undone n times:
/// for n = 4 that is the state itself again, and for n = 14 two ShiftRows are left. MixColumns and the round keys know how
/// far the rows are out of step.
public struct PortableAES256: BlockCipher, ~Copyable {
  public static let keyLengthInBytes = 32
  public static let blockLengthInBytes = 16

  /// The key schedule of section 5.2, one element a round, ready to be added: the same for each of the four blocks, its
  /// rows as far out of step as the state's, and with the constant of the S-box (see `AESPlanes.substituteBytes`).
  private var schedule: Secret<InlineArray<15, AESPlanes>>

  public init() {
    schedule = Secret(InlineArray(repeating: AESPlanes()))
  }

  public mutating func setKey(_ key: Span<UInt8>) {
    var words = InlineArray<64, UInt32>(repeating: 0)
    Self.expand(key, into: &words)
    Self.undoShiftRows(&words)
    slice(&words)
    LRNGCore.wipe(&words)
  }

  public borrowing func encrypt(_ blocks: inout InlineArray<8, UInt64>) {
    var state = AESPlanes(blocks)
    state.add(schedule.value[0])
    for group in 0..<4 {
      let round = 4 &* group &+ 1
      // Rounds 1, 5, 9 and 13 ...
      state.substituteBytes()
      state.mixColumns(skew: 1)
      state.add(schedule.value[round])
      if group == 3 { break }
      // ... and the others, but for the last.
      state.substituteBytes()
      state.mixColumns(skew: 2)
      state.add(schedule.value[round &+ 1])
      state.substituteBytes()
      state.mixColumns(skew: 3)
      state.add(schedule.value[round &+ 2])
      state.substituteBytes()
      state.mixColumns(skew: 0)
      state.add(schedule.value[round &+ 3])
    }
    state.substituteBytes()
    state.add(schedule.value[14])
    state.shiftRowsTwice()
    state.store(into: &blocks)
  }

  /// The inverse of ``encrypt(_:)``, step by step backwards. No generator needs it: it is for self tests and for ACVP, and slower.
  public borrowing func decrypt(_ blocks: inout InlineArray<8, UInt64>) {
    var state = AESPlanes(blocks)
    // Four ShiftRows are none, so two are their own inverse.
    state.shiftRowsTwice()
    for step in 0..<14 {
      let round = 14 &- step
      state.add(schedule.value[round])
      if round < 14 {
        // The fourth power of the polynomial of MixColumns is 1, so its third power is the inverse (section 5.3.3).
        for _ in 0..<3 { state.mixColumns(skew: round & 3) }
      }
      state.invertSubstituteBytes()
    }
    state.add(schedule.value[0])
    state.store(into: &blocks)
  }

  public mutating func wipe() {
    schedule.wipe()
  }

  // MARK: - Key schedule

  // The words of the schedule, and zeroes for a sixteenth round key, which makes four times four. They are `inout` also
  // where nobody changes them: a borrowed array is copied for each element that is read of it.

  /// KeyExpansion, section 5.2, algorithm 2 with Nk = 8. A word is four bytes of a column, the first one least significant.
  private static func expand(_ key: Span<UInt8>, into words: inout InlineArray<64, UInt32>) {
    var bytes = InlineArray<32, UInt8>(repeating: 0)
    var destination = bytes.mutableSpan
    destination.copy(from: key, at: 0, to: 0)
    for index in 0..<8 { words[index] = bytes.span.littleEndianWord(at: 4 &* index) }
    LRNGCore.wipe(&bytes)

    for index in 8..<60 {
      var word = words[index &- 1]
      if index & 7 == 0 {
        // RotWord, SubWord, and Rcon[i / 8] = x^(i / 8 - 1), which is 01 to 40.
        word = AESPlanes.substitute(word &>> 8 | word &<< 24) ^ 1 &<< UInt32(truncatingIfNeeded: index &>> 3 &- 1)
      } else if index & 7 == 4 {
        word = AESPlanes.substitute(word)
      }
      words[index] = words[index &- 8] ^ word
    }
  }

  /// Puts the rows of each round key out of step as those of the state are: row r of a column comes from r * n columns
  /// before, in the key of round n.
  private static func undoShiftRows(_ words: inout InlineArray<64, UInt32>) {
    for round in 0..<15 {
      var columns = InlineArray<4, UInt32>(repeating: 0)
      for column in 0..<4 {
        for row in 0..<4 {
          let word = words[4 &* round &+ (column &- row &* round) & 3]
          columns[column] |= word & 0xFF &<< UInt32(truncatingIfNeeded: 8 &* row)
        }
      }
      for column in 0..<4 { words[4 &* round &+ column] = columns[column] }
      LRNGCore.wipe(&columns)
    }
  }

  /// Makes planes of the round keys, of four at a time as if they were four blocks.
  private mutating func slice(_ words: inout InlineArray<64, UInt32>) {
    var blocks = InlineArray<8, UInt64>(repeating: 0)
    for first in stride(from: 0, to: 15, by: 4) {
      for half in 0..<8 {
        let column = 4 &* first &+ 2 &* half
        blocks[half] = UInt64(words[column]) | UInt64(words[column &+ 1]) &<< 32
      }
      let planes = AESPlanes(blocks)
      for lane in 0..<4 where first &+ lane < 15 {
        schedule.value[first &+ lane] = planes.spread(lane)
      }
    }
    for round in 1..<15 { schedule.value[round].addConstant() }
    LRNGCore.wipe(&blocks)
  }
}
