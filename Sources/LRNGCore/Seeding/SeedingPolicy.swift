// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// When a seed is good enough: the seeding strategies and their numbers.
///
/// | strategy | standard | initial seed | reseed |
/// |---|---|---|---|
/// | I (default) | none in particular | 256 bits in total | at least 128 bits in total |
/// | II, oversampling | SP 800-90C: `s + 64` to condition, `s + 128` to instantiate | 384 bits in total | at least 256 |
/// | III, NTG.1 | AIS 20/31 | two sources with 240 bits each | as in strategy I |
/// | II and III | both | two sources with 240 bits each, which are more than 384 | at least 256 |
///
/// Levels on the way: 32 bits (initially seeded, no interface opens), 128 bits (minimally seeded), fully seeded.
public struct SeedingPolicy: Sendable, Equatable {
  /// The security strength of every generator of the LRNG.
  public static let securityStrengthInBits: UInt32 = 256
  /// The first seed level: enough to make the next attempt worthwhile.
  public static let initialLevelInBits: UInt32 = 32
  /// The second seed level: what `wait_for_random_bytes` waits for.
  public static let minimalLevelInBits: UInt32 = 128
  /// SP 800-90C 3.2.2.2: conditioning gives full entropy for 64 bits of entropy more than it puts out.
  public static let conditioningOversamplingInBits: UInt32 = 64
  /// SP 800-90C: instantiation takes 3s/2 bits, for s = 256 these are s + 128.
  public static let initialOversamplingInBits: UInt32 = 128
  /// The most rounds of one forced seeding. Two sources with one bit a round need 240; more rounds are needed only when
  /// somebody draws output in between and so makes each round start from nothing: he must not hold the others up.
  public static let maximumForcedRounds = 512

  /// AIS 20/31: the min-entropy which each of two noise sources has to contribute to the first seed.
  public enum NTG1: Sendable, Equatable {
    /// Version 3.0 of September 2024: 240 bits.
    case version2024
    /// The draft of September 2022: 220 bits.
    case draft2022

    /// The bits that each of two sources has to deliver.
    public var minimumBitsOfEachSource: UInt32 {
      switch self {
      case .version2024: 240
      case .draft2022: 220
      }
    }
  }

  /// SP 800-90C mode: a reseed takes the whole security strength.
  public var isSP80090C: Bool
  /// Strategy II is wished for: by SP 800-90C mode or by a configuration key of its own.
  public var wantsOversampling: Bool
  /// Strategy III, if it is on.
  public var ntg1: NTG1?
  /// The digest of the conditioning hash, in bits.
  public var digestLengthInBits: UInt32
  /// Whether a generator that is not fully seeded may be seeded in rounds with whatever the sources have.
  public var allowsForcedSeeding: Bool
  /// A generator that made so many requests since it was last fully seeded is fully seeded no more.
  public var maximumRequestsWithoutReseed: UInt64

  /// The default: strategy I with SHA-256.
  public init(
    isSP80090C: Bool = false,
    wantsOversampling: Bool = false,
    ntg1: NTG1? = nil,
    digestLengthInBits: UInt32 = 256,
    allowsForcedSeeding: Bool = true,
    maximumRequestsWithoutReseed: UInt64 = 1 << 30
  ) {
    self.isSP80090C = isSP80090C
    self.wantsOversampling = wantsOversampling || isSP80090C
    #if NTG1
      self.ntg1 = ntg1
    #else
      self.ntg1 = nil
    #endif
    self.digestLengthInBits = digestLengthInBits
    self.allowsForcedSeeding = allowsForcedSeeding
    self.maximumRequestsWithoutReseed = maximumRequestsWithoutReseed
  }

  /// Whether strategy II is in force. A source that conditions with less than 384 bits of digest could never deliver
  /// the first seed, so that a short hash leaves it off.
  public var isOversampling: Bool {
    #if Oversampling
      wantsOversampling && digestLengthInBits >= 384
    #else
      false
    #endif
  }

  /// What a conditioned source collects beyond the bits it is credited with.
  public var conditioningOversamplingBits: UInt32 {
    isOversampling ? Self.conditioningOversamplingInBits : 0
  }

  /// The bits that each source is asked for, and which a seed needs to make a generator fully seeded.
  public func requestedBits(fullySeeded: Bool) -> UInt32 {
    let oversampling = isOversampling && !fullySeeded ? Self.initialOversamplingInBits : 0
    return Self.securityStrengthInBits &+ oversampling
  }

  /// What has to be available for a reseed of a fully seeded LRNG: with less, the entropy is left to gather.
  public var minimumReseedBits: UInt32 {
    isSP80090C || isOversampling ? Self.securityStrengthInBits : Self.minimalLevelInBits
  }

  /// The number of sources that must deliver for another round of forced seeding to make sense.
  public var minimumDeliveringSources: Int { ntg1 == nil ? 1 : 2 }

  /// Whether a seed makes a generator fully seeded, or keeps it so.
  ///
  /// - Parameter alreadyFullySeeded: AIS 20/31 NTG.1 and the 128 bits of SP 800-90C concern the first seed only.
  public func isSufficient(_ credit: SeedCredit, alreadyFullySeeded: Bool) -> Bool {
    if let ntg1, !alreadyFullySeeded {
      return credit.sourceCount(havingAtLeast: ntg1.minimumBitsOfEachSource) >= 2
    }
    return credit.totalBits >= requestedBits(fullySeeded: alreadyFullySeeded)
  }
}
