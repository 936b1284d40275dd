// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// A generator together with the account of its seed: when it has to be reseeded, and whether it may serve.
///
/// The host guards each instance by a lock of its own. An instance decides, it never waits and never seeds itself.
public struct DRNGInstance: ~Copyable {
  /// The most bytes of one generate request; longer reads are cut into several.
  public static let maximumRequestLengthInBytes = 4096
  /// A reseed is due after so many generate requests.
  public static let reseedIntervalInRequests: UInt32 = 1 << 20
  /// A reseed is due after so many seconds, unless the administrator says otherwise.
  public static let defaultReseedIntervalInSeconds: UInt64 = 600
  /// Each further node reseeds so much later, so that not all ask the sources at once.
  public static let staggerInSeconds: UInt64 = 100

  private var generator: SwitchableDRNG
  // Internal, so that tests can let 2^20 and 2^30 requests pass.
  var requestsUntilReseed: UInt32 = 1
  var requestsSinceFullySeeded: UInt64 = 0
  private(set) var lastSeeded = MonotonicInstant(milliseconds: 0)
  private var mustReseed = true
  /// Entropy of consecutive seeds adds up only while nobody saw output in between: otherwise each could be guessed
  /// alone.
  private var gathered = SeedCredit()
  /// The account of the seed that made the generator fully seeded, or last renewed that.
  private var carrying = SeedCredit()
  private var carryingWasFirst = true

  /// Whether the generator has as much entropy as the strategy demands.
  public private(set) var isFullySeeded = false
  /// How often it was seeded.
  public private(set) var seedCount: UInt64 = 0

  /// An instance that has never been seeded: the first request asks for a seed.
  public init(_ algorithm: DRNGAlgorithm = .chaCha20) {
    generator = SwitchableDRNG(algorithm)
  }

  /// Which generator it is.
  public var algorithm: DRNGAlgorithm { generator.algorithm }

  /// The name of the generator.
  public var name: StaticString { generator.algorithm.displayName }

  /// Generate requests since the last full seed.
  public var requestsWithoutFullSeed: UInt64 { requestsSinceFullySeeded }

  /// What the last full seed consisted of.
  public var seedLedger: SeedCredit { carrying }

  /// Whether the next request should ask for a seed first.
  public func isReseedDue(now: MonotonicInstant, intervalInSeconds: UInt64) -> Bool {
    mustReseed || requestsUntilReseed == 0 || intervalInSeconds == 0
      || now > lastSeeded.advanced(bySeconds: intervalInSeconds)
  }

  /// Asks for a reseed before the next request.
  public mutating func forceReseed() {
    mustReseed = true
  }

  /// Whether a reseed was asked for, and not served yet.
  public var isReseedForced: Bool { mustReseed }

  /// Opens an account for a seeding that may take several rounds.
  ///
  /// It serves who asked for a reseed before. Who asks while the sources are being read may have new data for them, which
  /// this seed does not hold: he gets another one.
  mutating func beginSeeding() {
    gathered = SeedCredit()
    mustReseed = false
  }

  /// Mixes a seed into the generator and settles its account.
  ///
  /// Without entropy the generator still gets the time stamp, and the next attempt waits for the whole interval.
  ///
  /// - Returns: Whether the generator is fully seeded now, and the entropy gathered in this seeding.
  mutating func inject(
    _ seed: borrowing SeedBuffer, policy: SeedingPolicy, now: MonotonicInstant
  ) throws(DRNGError) -> (isFullySeeded: Bool, gathered: SeedCredit) {
    do throws(DRNGError) {
      try seed.withBytes { (bytes) throws(DRNGError) in try generator.seed(bytes) }
    } catch {
      mustReseed = true
      throw error
    }
    seedCount &+= 1
    gathered.add(seed.credit)
    if policy.isSufficient(gathered, alreadyFullySeeded: isFullySeeded) {
      carrying = gathered
      carryingWasFirst = !isFullySeeded
      isFullySeeded = true
      requestsSinceFullySeeded = 0
    }
    restartInterval(policy: policy, now: now)
    wipeDeadStack()
    return (isFullySeeded, gathered)
  }

  private mutating func restartInterval(policy: SeedingPolicy, now: MonotonicInstant) {
    lastSeeded = now
    // With a lower limit than the default the seed would be worn out before a reseed is due.
    let halfLife = min(policy.maximumRequestsWithoutReseed / 2, UInt64(Self.reseedIntervalInRequests))
    requestsUntilReseed = max(UInt32(truncatingIfNeeded: halfLife), 1)
  }

  #if Switching
    /// Goes on with another generator, seeded from this one and with a seed of the sources.
    ///
    /// Who was fully seeded still is: the new generator has output of the old one, which is as strong. SP 800-90C wants more
    /// of it, an instantiation by the sources alone; the caller does not come here with less. A seed that does not renew the
    /// generator leaves its account as it was, and a reseed is due at once.
    ///
    /// - Throws: When the new generator refuses. This one serves on then, as if nothing had happened.
    mutating func switchGenerator(
      to next: DRNGAlgorithm, seed: borrowing SeedBuffer, policy: SeedingPolicy, now: MonotonicInstant
    ) throws(DRNGError) {
      let isSeeded = seedCount > 0
      try seed.withBytes { (bytes) throws(DRNGError) in
        try generator.replace(with: next, isSeeded: isSeeded, seed: bytes)
      }
      seedCount &+= 1
      gathered = SeedCredit()
      let isFirst = policy.isSP80090C
      if isFullySeeded && policy.isSufficient(seed.credit, alreadyFullySeeded: !isFirst) {
        carrying = seed.credit
        carryingWasFirst = isFirst
        requestsSinceFullySeeded = 0
        mustReseed = false
        restartInterval(policy: policy, now: now)
      } else {
        mustReseed = true
      }
      wipeDeadStack()
    }
  #endif

  /// Puts the next reseed off, so that the generators of several nodes do not reseed together.
  mutating func stagger(node: Int) {
    let seconds = UInt64(truncatingIfNeeded: max(0, node)) &* Self.staggerInSeconds
    lastSeeded = lastSeeded.advanced(bySeconds: seconds)
  }

  /// Fills the output as one generate request.
  ///
  /// - Parameter timeStamp: Goes in as additional input: what the state of an HMAC_DRBG says about earlier output is only
  ///   then known to be nothing (AIS 20/31 recommends it), and the copies of a cloned machine part.
  mutating func generate(into output: inout MutableSpan<UInt8>, timeStamp: UInt32) throws(DRNGError) {
    requestsUntilReseed = requestsUntilReseed.saturatingSubtracting(1)
    let (requests, overflow) = requestsSinceFullySeeded.addingReportingOverflow(1)
    requestsSinceFullySeeded = overflow ? .max : requests
    if !isFullySeeded { gathered = SeedCredit() }
    var stamp = InlineArray<4, UInt8>(repeating: 0)
    var stampBytes = stamp.mutableSpan
    stampBytes.storeLittleEndian(timeStamp, at: 0)
    try generator.generate(into: &output, additionalInput: stamp.span)
  }

  /// Whether so much of the life of the seed is over that a reseed takes whatever there is, and goes on in rounds.
  func isWearing(policy: SeedingPolicy) -> Bool {
    requestsSinceFullySeeded >= policy.maximumRequestsWithoutReseed / 2
  }

  /// Whether the seed is worn out. SP 800-90A would allow 2^48 requests, this is the LRNG's stricter limit.
  func isWornOut(policy: SeedingPolicy) -> Bool {
    isFullySeeded && requestsSinceFullySeeded >= policy.maximumRequestsWithoutReseed
  }

  /// The generator does not count as seeded any more. It keeps its state, and asks for a seed.
  mutating func unsetFullySeeded() {
    isFullySeeded = false
    mustReseed = true
    carrying = SeedCredit()
    gathered = SeedCredit()
  }

  /// A source was found broken: what it put into the last full seed counts for nothing.
  ///
  /// - Returns: Whether that leaves the generator with less than its strategy demands, so that it must not serve.
  mutating func revoke(_ source: EntropySourceKind, policy: SeedingPolicy) -> Bool {
    gathered.revoke(source)
    guard isFullySeeded, carrying.revoke(source) > 0 else { return false }
    guard !policy.isSufficient(carrying, alreadyFullySeeded: !carryingWasFirst) else { return false }
    unsetFullySeeded()
    return true
  }

  /// Overwrites the state of the generator; it has to be seeded before it is used again.
  public mutating func wipe() {
    generator.wipe()
    unsetFullySeeded()
  }
}
