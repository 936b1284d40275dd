// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The hash pool of one processor: where full collection arrays go, and what seeds are taken from.
///
/// The host guards it by a lock of its own for each processor; seldom does anybody else want it than its own processor.
public struct EventPool: ~Copyable {
  private var pool: HashPool

  public init(_ algorithm: HashAlgorithm) {
    pool = HashPool(algorithm)
  }

  public var algorithm: HashAlgorithm { pool.algorithm }

  /// Continuous compression: hashes the whole array, so that its slots may be overwritten.
  public mutating func compress(_ array: Span<UInt32>) {
    array.withBytes { pool.absorb($0) }
  }

  /// Delivers a digest of all arrays that were compressed and of this one as it stands. The caller wipes it.
  mutating func drain(with array: Span<UInt32>, into digest: inout HashPool.Digest) {
    compress(array)
    pool.drain(into: &digest)
  }

  /// The source has failed: what this processor collected is worth nothing, and might be worse.
  public mutating func discard(counting events: borrowing UnusedEvents, array: inout MutableSpan<UInt32>) {
    events.discard()
    pool.reset()
    array.wipe()
  }

  #if Switching
    /// Goes on with another hash. No entropy is lost that both digests can hold, and no more is counted.
    public mutating func switchHash(
      to algorithm: HashAlgorithm, counting events: borrowing UnusedEvents, accounting: EventAccounting
    ) {
      let old = pool.algorithm
      pool.switchHash(to: algorithm)
      events.take { waiting in
        let countable = accounting.countableEvents(waiting: waiting, pool: old)
        return accounting.countableEvents(waiting: countable, pool: algorithm)
      }
    }
  #endif
}

extension Span where Element == UInt32 {
  /// The memory of the words, in the byte order of the processor: all that matters to a hash of noise is that none is left
  /// out.
  func withBytes(_ body: (Span<UInt8>) -> Void) {
    unsafe withUnsafeBytes { unsafe body(Span<UInt8>(_unsafeBytes: $0)) }
  }
}
