// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("Time stamps: greatest common divisor of a window of 100")
struct TimestampGCDTests {
  @Test("the divisor of 0, 3, ... 27 is 3")
  func multiplesOfThree() {
    var gcd: UInt32 = 0
    for stamp in stride(from: UInt32(0), through: 27, by: 3) {
      gcd = gcd.greatestCommonDivisor(with: stamp)
    }
    #expect(gcd == 3)
  }

  @Test("the divisor is known after 100 stamps, not after 99")
  func window() {
    var gcd = TimestampGCD()
    for index in 1...99 {
      #expect(gcd.observe(UInt32(index) * 12) == false)
    }
    #expect(!gcd.isKnown)
    #expect(gcd.observe(100 * 12) == true)
    #expect(gcd.divisor == 12)
  }

  @Test("further stamps change nothing")
  func complete() {
    var gcd = known(step: 12)
    #expect(gcd.observe(7) == false)
    #expect(gcd.divisor == 12)
  }

  @Test("a single odd stamp brings a divisor of 4 down to 1")
  func oddOneOut() {
    var gcd = TimestampGCD()
    for index in 1...99 { gcd.observe(UInt32(index) * 4) }
    gcd.observe(401)
    #expect(gcd.divisor == 1)
  }

  @Test("steps are the stamp divided by the divisor, for every divisor there is")
  func stepsOfAllDivisors() {
    var generator = SplitMix64(seed: 1)
    for divisor in UInt32(1)...TimestampGCD.largestDivisor {
      let gcd = known(step: divisor)
      #expect(gcd.divisor == divisor)
      let multiples = (0..<50).map { _ in UInt32(truncatingIfNeeded: generator.next()) / divisor * divisor }
      let stamps = (multiples + [0, .max / divisor * divisor]).flatMap { [$0, $0 &- 1, $0 &+ 1] } + [.max]
      #expect(stamps.allSatisfy { gcd.steps($0) == $0 / divisor })
    }
  }

  @Test("stamps that are all zero give 1: nothing is ever divided by zero")
  func allZero() {
    #expect(known(step: 0).divisor == 1)
    #expect(known(step: 0).steps(77) == 77)
  }

  @Test(
    "the divisor is the largest divisor of the step up to 1000",
    arguments: [
      (1, 1), (999, 999), (1000, 1000),
      (1001, 143),  // 7 · 11 · 13
      (1009, 1),  // a prime
      (2000, 1000), (3000, 1000),
      (4096, 512), (65_536, 512), (1 << 31, 512),
      (1_000_000_007, 1),  // a prime
    ] as [(UInt32, UInt32)])
  func cap(step: UInt32, divisor: UInt32) {
    #expect(TimestampGCD.largestUsableDivisor(of: step) == divisor)
  }

  @Test("the cap is a divisor of every step, unlike the reference's 1000")
  func capDivides() {
    for step in UInt32(1)...5000 {
      let divisor = TimestampGCD.largestUsableDivisor(of: step)
      #expect(step % divisor == 0 && divisor <= 1000)
    }
  }

  @Test("consecutive steps of the counter become consecutive values")
  func steps() {
    let gcd = known(step: 40)
    for index in UInt32(0)..<300 {
      #expect(gcd.steps(index * 40) == index)
    }
  }

  @Test("after a reset, 100 stamps decide anew")
  func reset() {
    var gcd = known(step: 12)
    gcd.reset()
    #expect(!gcd.isKnown)
    for index in 1...99 { #expect(gcd.observe(UInt32(index) * 5) == false) }
    #expect(gcd.observe(500) == true)
    #expect(gcd.divisor == 5)
  }

  @Test("no stamp is left in the value once the divisor is known")
  func nothingIsLeft() {
    var gcd = TimestampGCD()
    for _ in 0..<100 { gcd.observe(0xDEAD_BEEF) }
    let words = withUnsafeBytes(of: gcd) { bytes in
      stride(from: 0, to: bytes.count - 3, by: 4).map { bytes.load(fromByteOffset: $0, as: UInt32.self) }
    }
    #expect(!words.contains(0xDEAD_BEEF))
  }

  private func known(step: UInt32) -> TimestampGCD {
    var gcd = TimestampGCD()
    for index in UInt32(1)...100 { gcd.observe(index * step) }
    return gcd
  }
}
