// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if HealthTests
  /// Finds time stamps that the ones before foretell.
  ///
  /// A stamp is stuck if its first, second or third discrete derivative is zero: if it repeats, comes at a constant
  /// pace, or at a pace that changes constantly. Of perfectly random 8-bit stamps 7 in 1000 look so by chance.
  ///
  /// Each processor has its own, because derivatives only make sense among the stamps of one counter.
  struct StuckTest: Sendable {
    // The stamps that would make the derivatives zero: from one event to the next they take fewer steps than derivatives.
    private var ofNoDelta: UInt32 = 0
    private var ofSameDelta: UInt32 = 0
    private var ofSameDeltaOfDeltas: UInt32 = 0

    mutating func isStuck(_ stamp: UInt32) -> Bool {
      // Differences of a counter that wraps around: they wrap around as well, and stay right.
      let delta = stamp &- ofNoDelta
      guard _fastPath(delta != 0) else { return isForetold(stamp) }
      let deltaOfDeltas = stamp &- ofSameDelta
      guard _fastPath(deltaOfDeltas != 0) else { return isForetold(stamp) }
      let isStuck = stamp == ofSameDeltaOfDeltas
      go(on: stamp, delta, deltaOfDeltas)
      return isStuck
    }

    /// Takes a stamp into account if it is not stuck; otherwise nothing has changed.
    @inline(__always)
    mutating func goOn(unlessStuck stamp: UInt32) -> Bool {
      let delta = stamp &- ofNoDelta
      let deltaOfDeltas = stamp &- ofSameDelta
      guard _fastPath(delta != 0), _fastPath(deltaOfDeltas != 0), _fastPath(stamp != ofSameDeltaOfDeltas) else {
        return false
      }
      go(on: stamp, delta, deltaOfDeltas)
      return true
    }

    @inline(__always)
    private mutating func isForetold(_ stamp: UInt32) -> Bool {
      go(on: stamp, stamp &- ofNoDelta, stamp &- ofSameDelta)
      return true
    }

    @inline(__always)
    private mutating func go(on stamp: UInt32, _ delta: UInt32, _ deltaOfDeltas: UInt32) {
      ofNoDelta = stamp
      ofSameDelta = stamp &+ delta
      ofSameDeltaOfDeltas = stamp &+ delta &+ deltaOfDeltas
    }
  }
#endif
