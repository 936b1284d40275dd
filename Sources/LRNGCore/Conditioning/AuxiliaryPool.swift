// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The pool for data from elsewhere: what users write, what drivers and seed files deliver, what seeds leave behind.
///
/// Whoever puts data in says how much entropy they hold, and the host decides whom it believes. Data without credit
/// stir the pool all the same: they reach every seed, and can't do harm to what others put in.
///
/// The pool never counts more than a digest can hold. It has no lock; the host guards it.
public struct AuxiliaryPool: ~Copyable {
  private var pool: HashPool

  /// The entropy in the pool, at most a digest.
  public private(set) var entropyInBits: UInt32 = 0

  public init(_ algorithm: HashAlgorithm) {
    pool = HashPool(algorithm)
  }

  public var algorithm: HashAlgorithm { pool.algorithm }

  public var capacityInBits: UInt32 { algorithm.digestLengthInBits }

  /// Puts data in.
  ///
  /// - Parameters:
  ///   - data: The data, of any length.
  ///   - creditedBits: The entropy they hold. They cannot hold more than they have bits.
  public mutating func insert(_ data: Span<UInt8>, creditedBits: UInt32) {
    pool.absorb(data)
    let dataBits = UInt64(truncatingIfNeeded: data.count) &* 8
    credit(UInt32(truncatingIfNeeded: min(UInt64(creditedBits), dataBits)))
  }

  /// The entropy that a seed could get.
  public func availableBits(oversamplingBits: UInt32) -> UInt32 {
    entropyInBits.reduced(byOversampling: oversamplingBits)
  }

  /// Takes entropy for a seed.
  ///
  /// The slot gets data for the whole request, whatever they are credited with: so what an unprivileged user wrote
  /// reaches the generators, too. The rest of the slot is zeroed.
  public mutating func extract(
    requestedBits: UInt32, oversamplingBits: UInt32, into slot: inout MutableSpan<UInt8>
  ) -> ConditionedEntropy {
    let requestedBits = min(requestedBits, min(capacityInBits, slot.capacityInBits))
    let collectedBits =
      requestedBits > 0 ? min(entropyInBits, requestedBits.saturatingAdding(oversamplingBits)) : 0
    entropyInBits &-= collectedBits
    var digest = Secret(HashPool.Digest(repeating: 0))
    pool.drain(into: &digest.value)
    slot.update(repeating: 0)
    slot.copy(Int(truncatingIfNeeded: (requestedBits &+ 7) / 8), from: digest.value.span, at: 0, to: 0)
    digest.wipe()
    wipeDeadStack()
    let obtainedBits = min(collectedBits.reduced(byOversampling: oversamplingBits), requestedBits)
    return ConditionedEntropy(obtainedBits: obtainedBits, collectedBits: collectedBits)
  }

  /// Lets a used seed, with the data of all sources, stir the pool: a later seed depends on all earlier ones.
  ///
  /// No credit, and only an image of it: the pool must not reveal a seed.
  public mutating func mixBack(_ seed: Span<UInt8>) {
    pool.absorb(imageOf: seed)
    wipeDeadStack()
  }

  /// Changes the entropy count and nothing else, within its limits (`RNDADDTOENTCNT`).
  ///
  /// The reference takes the oversampling off before, so that in FIPS mode adding 10 bits to a full pool makes it lose 54.
  public mutating func adjustEntropy(byBits bits: Int32) {
    if bits >= 0 {
      credit(bits.magnitude)
    } else {
      entropyInBits &-= min(bits.magnitude, entropyInBits)
    }
  }

  /// Sets the entropy count to zero; the data stay and keep stirring (`RNDZAPENTCNT`, `RNDCLEARPOOL`).
  public mutating func clearEntropy() {
    entropyInBits = 0
  }

  /// Forgets data and credit.
  public mutating func reset() {
    pool.reset()
    entropyInBits = 0
  }

  #if Switching
    /// Goes on with another hash. No entropy is lost that both digests can hold, and no more is counted.
    public mutating func switchHash(to algorithm: HashAlgorithm) {
      entropyInBits = min(entropyInBits, algorithm.digestLengthInBits)
      pool.switchHash(to: algorithm)
    }
  #endif

  private mutating func credit(_ bits: UInt32) {
    entropyInBits = min(entropyInBits.saturatingAdding(bits), capacityInBits)
  }
}
