// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore

/// What a ``NoiseRecorder`` does for one source.
protocol Recording: AnyObject {
  var commonDivisor: UInt64 { get }
  var clock: String? { get }
  var sampleDescription: String { get }
  var gapPositions: [UInt64] { get }
  var seamPositions: [UInt64] { get }
  func symbol(of sample: UInt64) -> UInt8
  func record(
    atMost count: Int, timeoutInMilliseconds: Int, isWanted: (Int) -> Bool
  ) throws(EntropySourceUnavailability) -> [UInt64]
  func finish()
}

extension Recording {
  var commonDivisor: UInt64 { 1 }
  var clock: String? { nil }
  var gapPositions: [UInt64] { [] }
  var seamPositions: [UInt64] { [] }
  func symbol(of sample: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: sample) }
  func finish() {}
}

/// Time stamps as an event source treats them: 32 bits, divided by a step that the first 100 of them tell.
struct TimestampSymbols {
  private var gcd = TimestampGCD()

  /// 0 as long as it is not known.
  var divisor: UInt64 { UInt64(gcd.divisor) }

  mutating func observe(_ stamps: some Sequence<UInt64>) {
    for stamp in stamps where !gcd.isKnown { gcd.observe(UInt32(truncatingIfNeeded: stamp)) }
  }

  /// The sample that goes to the health tests and into the collection array.
  func symbol(of stamp: UInt64) -> UInt8 {
    UInt8(truncatingIfNeeded: UInt32(truncatingIfNeeded: stamp) / max(gcd.divisor, 1))
  }
}
