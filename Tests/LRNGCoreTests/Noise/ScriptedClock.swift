// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

@testable import LRNGCore

/// A clock whose deltas a test writes down. It stands still within a measurement of normal operation, which reads it 16
/// times to stir the memory walk, and advances at the stamp that ends it. While `isLively` it advances at each reading
/// instead, for the start-up stages that read it twice a measurement.
struct ScriptedClock: JitterClock {
  static let readingsPerMeasurement = 17

  private(set) var now: UInt64
  private(set) var readings = 0
  var isLively = false {
    didSet { if !isLively { readings = 0 } }
  }
  /// The delta of the n-th measurement, counted from 0.
  var delta: (Int) -> UInt64

  init(startingAt now: UInt64 = 1_000_000, delta: @escaping (Int) -> UInt64) {
    self.now = now
    self.delta = delta
  }

  var measurements: Int { readings / Self.readingsPerMeasurement }

  mutating func timeStamp() -> UInt64 {
    readings += 1
    if isLively {
      now &+= livelyDelta(readings)
    } else if readings % Self.readingsPerMeasurement == 0 {
      now &+= delta(measurements - 1)
    }
    return now
  }
}

/// A clock that advances at each reading by a number that looks random and never repeats: no delta is ever stuck.
struct LivelyClock: JitterClock {
  private var now: UInt64 = 1
  private(set) var readings: UInt64 = 0
  let seed: UInt64

  init(seed: UInt64 = 0) {
    self.seed = seed
  }

  mutating func timeStamp() -> UInt64 {
    readings += 1
    now &+= 1000 + mixed(readings ^ seed << 32) % 1_000_000
    return now
  }
}

/// SplitMix64: the same number for the same index, and no pattern.
func mixed(_ index: UInt64) -> UInt64 {
  var z = (index &+ 1) &* 0x9e37_79b9_7f4a_7c15
  z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
  z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
  return z ^ (z >> 31)
}

/// Deltas of a healthy machine.
func livelyDelta(_ index: Int) -> UInt64 { 1000 + mixed(UInt64(index)) % 1024 }
