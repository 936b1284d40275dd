// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// How much entropy the waiting events of a source are good for.
///
/// Events count, not bytes. Of one processor no more of them count than its pool can hold the entropy of: a digest's
/// worth, and an array's worth where older events were overwritten instead of compressed.
public struct EventAccounting: Sendable {
  /// The rate in force, at this timer resolution.
  public let rate: EventRate
  /// The events of one array, `.max` under continuous compression.
  public let capacityInEvents: UInt32

  /// - Parameters:
  ///   - configuredRate: What an event is worth with a high-resolution timer.
  ///   - resolution: The resolution of the timer.
  ///   - size: The size of each processor's array.
  ///   - compressesContinuously: Whether a full array goes into the hash pool, instead of being overwritten.
  public init(
    configuredRate: EventRate, resolution: TimerResolution, size: CollectionSize, compressesContinuously: Bool
  ) {
    rate = resolution.effectiveRate(configuredRate)
    capacityInEvents = compressesContinuously ? .max : size.capacityInEvents(at: resolution)
  }

  /// Whether the events of one array never suffice for a seed of 256 bits, so that a machine with a single processor
  /// would not get one. Then the interrupt source compresses continuously, whatever it is configured to do.
  public var needsContinuousCompression: Bool {
    rate.isCredited && rate.bits(ofEvents: capacityInEvents) < 256
  }

  /// How many of one processor's waiting events count.
  public func countableEvents(waiting: UInt32, pool algorithm: HashAlgorithm) -> UInt32 {
    min(waiting, min(capacityInEvents, rate.events(forBits: algorithm.digestLengthInBits)))
  }

  /// The entropy that a seed could get from countable events, at most as much as its digest holds.
  public func availableBits(
    ofCountableEvents events: UInt32, oversamplingBits: UInt32, hash algorithm: HashAlgorithm
  ) -> UInt32 {
    min(rate.bits(ofEvents: events).reduced(byOversampling: oversamplingBits), algorithm.digestLengthInBits)
  }
}
