// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("xoshiro128**")
struct Xoshiro128StarStarTests {
  /// The authors' xoshiro128starstar.c 1.1 with the state 1, 2, 3, 4, as the Rust crate rand_xoshiro quotes it.
  @Test("the authors' implementation gives the same numbers")
  func reference() {
    var generator = Xoshiro128StarStar(state: [1, 2, 3, 4])
    let outputs = (0..<10).map { _ in generator.next() }
    #expect(
      outputs == [
        11520, 0, 5_927_040, 70_819_200, 2_031_721_883,
        1_637_235_492, 1_287_239_034, 3_734_860_849, 3_729_100_597, 4_258_142_804,
      ])
  }

  @Test("sixteen time stamps stir it, each with its low byte")
  func stirring() {
    var clock = ScriptedClock { _ in 0 }
    _ = Xoshiro128StarStar(stirredBy: &clock)
    #expect(clock.readings == 16)
    // The stamp 0x…40 goes into each byte of the fixed state; the first number depends on its second word alone.
    var same = ScriptedClock(startingAt: 0xabc_0000_0040) { _ in 0 }
    var stirred = Xoshiro128StarStar(stirredBy: &same)
    let states: InlineArray<4, UInt32> = [
      0x8e93_eec0 ^ 0x4040_4040, 0xce65_608a ^ 0x4040_4040, 0xa8d4_6b46 ^ 0x4040_4040, 0xe83c_ef69 ^ 0x4040_4040,
    ]
    var expected = Xoshiro128StarStar(state: states)
    for _ in 0..<8 { #expect(stirred.next() == expected.next()) }
  }
}
