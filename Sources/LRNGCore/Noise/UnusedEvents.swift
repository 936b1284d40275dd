// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Synchronization

/// How many events of one processor wait to be used in a seed.
///
/// The processor counts while another one may be seeding, and an interrupt must neither wait nor lock the bus. So there
/// are two numbers with one writer each: events that the processor has counted, and events that seeds have taken, which
/// only the holder of the pool's lock writes. Both wrap around; their difference is what waits.
public struct UnusedEvents: ~Copyable, Sendable {
  private let counted: Atomic<UInt32>
  private let taken = Atomic<UInt32>(0)

  public init() {
    self.init(counted: 0)
  }

  /// With events that wait already, so that a test need not count to 2^32.
  init(counted: UInt32) {
    self.counted = Atomic(counted)
  }

  /// The events that wait.
  ///
  /// Beyond 2^32 it begins anew: who counted ten years of interrupts without a seed has lost no credit, because pools count a
  /// few hundred at most, and gets it back with the next few hundred events.
  public var count: UInt32 {
    // In this order: read the other way round, more could have been taken than was counted.
    let taken = taken.load(ordering: .acquiring)
    return counted.load(ordering: .acquiring) &- taken
  }

  /// Counts one event. Only for the processor (or its representative) that the events belong to.
  @inline(__always)
  func countOne() {
    // Releasing: who sees the count also sees the event in the array.
    self.counted.store(counted.load(ordering: .relaxed) &+ 1, ordering: .releasing)
  }

  /// Takes events out of those that wait. Only for the holder of the pool's lock.
  ///
  /// - Parameter decide: Gets the number of waiting events, returns how many of them are to wait on. Events that
  ///   are counted meanwhile wait anyway.
  func take(_ decide: (_ waiting: UInt32) -> UInt32) {
    let counted = counted.load(ordering: .acquiring)
    let waiting = counted &- taken.load(ordering: .relaxed)
    let remaining = min(decide(waiting), waiting)
    taken.store(counted &- remaining, ordering: .releasing)
  }

  /// Forgets all events that wait. Only for the holder of the pool's lock.
  public func discard() {
    take { _ in 0 }
  }
}
