// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// What the LRNG needs from the world it runs in: memory, locks, time and noise.
///
/// The core decides, the host acts. All members may be called from any thread; the host keeps what the core asks for
/// in its own kind of memory and guards it by its own kind of locks. Lock order: seeding lock, generator lock; a source
/// takes its own lock inside, and never calls back.
public protocol LRNGHost: ~Copyable {
  /// The seeding state that all threads share.
  var levels: SeedLevels { get }
  /// The seeding strategy. It may change at run time, each operation takes it once.
  var policy: SeedingPolicy { get }
  /// How many nodes have a generator of their own, at least 1.
  var nodeCount: Int { get }
  /// The seconds after which a generator asks for a reseed.
  var reseedIntervalInSeconds: UInt64 { get }

  /// The host's monotonic clock.
  func now() -> MonotonicInstant
  /// Low bits of a fast counter.
  func timeStamp() -> UInt32

  /// Runs the body with exclusive access to a generator.
  func withGenerator<R, E>(
    _ id: GeneratorID, _ body: (inout DRNGInstance) throws(E) -> R
  ) throws(E) -> R

  /// Claims the right to seed. Only its owner collects from the sources and raises the levels.
  ///
  /// - Parameter waiting: Whether to wait for the present owner.
  /// - Returns: Whether the right was granted; always `true` when waiting.
  func beginSeeding(waiting: Bool) -> Bool
  /// Gives the right to seed back.
  func endSeeding()

  /// All sources are about to be asked for a seed of that generator. Only the owner of the right to seed comes here.
  ///
  /// For hosts that have a source which serves for others; the rest need not implement it.
  func willCollect(for id: GeneratorID)
  /// The entropy a source could deliver now, in bits, without touching it.
  func availableBits(of source: EntropySourceKind, requestedBits: UInt32) -> UInt32
  /// Takes entropy from a source.
  ///
  /// - Parameters:
  ///   - slot: Zeroes, to be filled from the start.
  ///   - requestedBits: At most as many bits are credited.
  ///   - oversamplingBits: What a conditioned source collects beyond that.
  /// - Returns: The credit in bits.
  func collect(
    from source: EntropySourceKind, into slot: inout MutableSpan<UInt8>, requestedBits: UInt32,
    oversamplingBits: UInt32
  ) -> UInt32
  /// Mixes a used seed back into the auxiliary pool, without credit: backtracking resistance of the pool.
  func mixBack(_ seed: Span<UInt8>)

  #if Switching
    /// The hash of the pools.
    var hash: HashAlgorithm { get }
    /// Lets all pools, and whatever else hashes, go on with another hash; ``policy`` follows.
    ///
    /// The caller has the right to seed, so that no seed is being collected.
    ///
    /// - Parameter keepingCredit: Whether the entropy in the pools counts on.
    func switchPools(to algorithm: HashAlgorithm, keepingCredit: Bool)
  #endif

  /// The level changed: threads that wait for it can be woken.
  func levelDidChange(to level: SeedLevel)
  /// Shows a step of processing. Called with locks held, so it must not call back.
  func trace(_ event: SeedingEvent)
}

extension LRNGHost where Self: ~Copyable {
  @inlinable
  public func willCollect(for id: GeneratorID) {}
}
