// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Takes a seed from the pools of all processors, one after the other.
///
///     EventHarvest ── take(from: pool of CPU 0) ── take(from: pool of CPU 1) … ── finish(into: slot)
///
/// Between the steps nothing is held, so the host locks one pool at a time. Each pool is drained into the hash of the seed,
/// also when the events taken so far suffice: their digests cost little, and may be worth more than they count. Events
/// that were not needed wait on; they are still in the pool, see ``HashPool/drain(into:)``.
public struct EventHarvest: ~Copyable {
  private let accounting: EventAccounting
  private let oversamplingBits: UInt32
  private let requestedBits: UInt32
  private let wantedEvents: UInt32
  private var usedEvents: UInt32 = 0
  private var hash: ConditioningHash

  /// - Parameters:
  ///   - requestedBits: The entropy for the seed. No more than a digest is delivered.
  ///   - oversamplingBits: What is taken in addition, so that conditioning gives full entropy.
  ///   - accounting: What events are worth.
  ///   - algorithm: The hash of the seed. Pools may have others.
  public init(
    requestedBits: UInt32, oversamplingBits: UInt32, accounting: EventAccounting, hash algorithm: HashAlgorithm
  ) {
    self.accounting = accounting
    self.oversamplingBits = oversamplingBits
    self.requestedBits = min(requestedBits, algorithm.digestLengthInBits)
    wantedEvents =
      self.requestedBits > 0 && accounting.rate.isCredited
      ? accounting.rate.events(forBits: self.requestedBits.saturatingAdding(oversamplingBits)) : 0
    hash = ConditioningHash(algorithm)
  }

  /// Takes from one processor what is still missing. The caller holds the lock of its pool.
  ///
  /// - Returns: The events that were used up, and those that wait on.
  public mutating func take(
    from pool: inout EventPool, counting events: borrowing UnusedEvents, array: Span<UInt32>
  ) -> (used: UInt32, unused: UInt32) {
    var used: UInt32 = 0
    var unused: UInt32 = 0
    // Before the array is read: what is counted later may not be in what is hashed.
    events.take { waiting in
      let countable = accounting.countableEvents(waiting: waiting, pool: pool.algorithm)
      used = min(countable, wantedEvents &- usedEvents)
      unused = countable &- used
      return unused
    }
    usedEvents &+= used
    var digest = Secret(HashPool.Digest(repeating: 0))
    pool.drain(with: array, into: &digest.value)
    hash.update(digest.value.span.extracting(first: pool.algorithm.digestLengthInBytes))
    digest.wipe()
    return (used, unused)
  }

  /// Writes the digest, cut to the entropy it stands for, to the start of the slot, and zeroes the rest.
  ///
  /// The harvest is over then; going on with it begins one for the same request.
  public mutating func finish(into slot: inout MutableSpan<UInt8>) -> ConditionedEntropy {
    let collectedBits = accounting.rate.bits(ofEvents: usedEvents)
    let conditionedBits = collectedBits.reduced(byOversampling: oversamplingBits)
    let obtainedBits = min(conditionedBits, min(requestedBits, slot.capacityInBits))
    usedEvents = 0
    var digest = Secret(HashPool.Digest(repeating: 0))
    var bytes = digest.value.mutableSpan
    hash.finalize(into: &bytes)
    slot.update(repeating: 0)
    slot.copy(Int(truncatingIfNeeded: (obtainedBits &+ 7) / 8), from: digest.value.span, at: 0, to: 0)
    digest.wipe()
    wipeDeadStack()
    return ConditionedEntropy(obtainedBits: obtainedBits, collectedBits: collectedBits)
  }
}

extension MutableSpan where Element == UInt8 {
  /// The most entropy that fits, as far as anybody asks for.
  var capacityInBits: UInt32 { UInt32(truncatingIfNeeded: min(count, 1 << 20) &* 8) }
}
