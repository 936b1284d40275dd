// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// xoshiro128** 1.1 of Blackman and Vigna: where the memory access loop goes next.
///
/// It only has to spread the accesses over the memory so that no prefetcher foresees them; no output depends on its quality.
struct Xoshiro128StarStar {
  private var state: InlineArray<4, UInt32> = [0x8e93_eec0, 0xce65_608a, 0xa8d4_6b46, 0xe83c_ef69]

  /// Starts from a fixed state into each byte of which the low byte of a fresh time stamp is mixed.
  ///
  /// All stamps together can't make the state zero, the only one that the generator would not leave, except by chance
  /// (2^-128); the next walk then has another one.
  init<Clock: JitterClock & ~Copyable>(stirredBy clock: inout Clock) {
    for byte in 0..<16 {
      let low = UInt32(truncatingIfNeeded: clock.timeStamp()) & 0xff
      state[byte &>> 2] ^= low &<< UInt32(truncatingIfNeeded: (byte & 3) &* 8)
    }
  }

  init(state: InlineArray<4, UInt32>) {
    self.state = state
  }

  mutating func next() -> UInt32 {
    let result = (state[1] &* 5).rotatedLeft(7) &* 9
    let t = state[1] &<< 9
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= t
    state[3] = state[3].rotatedLeft(11)
    return result
  }
}
