// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if HealthTests
  /// Finds time stamps that the ones before foretell.
  ///
  /// A stamp is stuck if its first, second or third discrete derivative is zero: if it repeats, comes at a constant
  /// pace, or at a pace that changes constantly. Of perfectly random 8-bit stamps 7 in 1000 look so by chance.
  ///
  /// Each processor has its own, because derivatives only make sense among the stamps of one counter.
  struct StuckTest: Sendable {
    private var lastStamp: UInt32 = 0
    private var lastDelta: UInt32 = 0
    private var lastDeltaOfDeltas: UInt32 = 0

    mutating func isStuck(_ stamp: UInt32) -> Bool {
      // Differences of a counter that wraps around: they wrap around as well, and stay right.
      let delta = stamp &- lastStamp
      let deltaOfDeltas = delta &- lastDelta
      let thirdDelta = deltaOfDeltas &- lastDeltaOfDeltas
      lastStamp = stamp
      lastDelta = delta
      lastDeltaOfDeltas = deltaOfDeltas
      return delta == 0 || deltaOfDeltas == 0 || thirdDelta == 0
    }
  }
#endif
