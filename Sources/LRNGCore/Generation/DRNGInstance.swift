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
  #if Switching
    /// What waits to take over from the generator.
    private var successor: Successor?

    private struct Successor {
      let algorithm: DRNGAlgorithm
      var credit = SeedCredit()
      /// Whether it has a state, or is as empty as the generator that it takes over from.
      var isSeeded = false
      /// Whether output of the generator went in.
      var isCarriedOver = false
    }
  #endif

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

  /// Generate requests since the last full seed.
  public var requestsWithoutFullSeed: UInt64 { requestsSinceFullySeeded }

  /// What the last full seed consisted of.
  public var seedLedger: SeedCredit { carrying }

  /// Whether the next request should ask for a seed first.
  ///
  /// - Parameter afterRequests: Whether their number is a reason.
  public func isReseedDue(now: MonotonicInstant, intervalInSeconds: UInt64, afterRequests: Bool = true) -> Bool {
    mustReseed || (afterRequests && requestsUntilReseed == 0) || intervalInSeconds == 0
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
    defer { wipeDeadStack() }
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
    return (isFullySeeded, gathered)
  }

  private mutating func restartInterval(policy: SeedingPolicy, now: MonotonicInstant) {
    lastSeeded = now
    // With a lower limit than the default the seed would be worn out before a reseed is due.
    let halfLife = min(policy.maximumRequestsWithoutReseed / 2, UInt64(Self.reseedIntervalInRequests))
    requestsUntilReseed = max(UInt32(truncatingIfNeeded: halfLife), 1)
  }

  #if Switching
    /// Makes a successor with a seed of the sources and with output of this generator, which serves on until
    /// ``completeSwitch(node:isSound:policy:now:)``.
    ///
    /// - Parameters:
    ///   - isFilled: Whether the sources filled the seed. Where the generator is not fully seeded they did not: it gets its
    ///     seed when it is its turn.
    mutating func prepareSwitch(
      to next: DRNGAlgorithm, seed: borrowing SeedBuffer, isFilled: Bool, timeStamp: UInt32
    ) throws(DRNGError) {
      defer { wipeDeadStack() }
      var prepared = Successor(algorithm: next)
      if seedCount > 0 {
        let stamp = Self.additionalInput(timeStamp)
        let origin = try seed.withBytes { (bytes) throws(DRNGError) in
          try generator.prepare(next, seed: isFilled ? bytes : Span(), additionalInput: stamp.span)
        }
        prepared.credit = seed.credit
        prepared.isSeeded = origin != .none
        prepared.isCarriedOver = origin == .predecessor
      }
      successor = prepared
    }

    /// Goes on as the successor.
    ///
    /// Who was fully seeded still is, if the successor has output of the old generator, which is as strong. Without that, and
    /// in SP 800-90C mode, the sources alone have to carry it. A seed that does not renew it leaves the account as it was, and
    /// a reseed is due at once.
    ///
    /// - Parameter isSound: Whether the self tests say that output of the old generator is worth anything.
    /// - Returns: Whether what it had, if anything, is lost: it is not fully seeded, and was or did not carry over.
    mutating func completeSwitch(
      node: Int, isSound: Bool, policy: SeedingPolicy, now: MonotonicInstant
    ) -> Bool {
      guard let prepared = successor else { return false }
      successor = nil
      if prepared.isSeeded {
        generator.takeOver(as: prepared.algorithm)
        seedCount &+= 1
      } else {
        generator.startOver(as: prepared.algorithm)
        seedCount = 0
      }
      gathered = SeedCredit()
      let isCarriedOver = prepared.isCarriedOver && isSound
      let isFirst = policy.isSP80090C || !isCarriedOver
      guard isFullySeeded, policy.isSufficient(prepared.credit, alreadyFullySeeded: !isFirst) else {
        let isLost = isFullySeeded ? isFirst : !isCarriedOver
        if isLost { unsetFullySeeded() }
        mustReseed = true
        return isLost
      }
      carrying = prepared.credit
      carryingWasFirst = isFirst
      requestsSinceFullySeeded = 0
      restartInterval(policy: policy, now: now)
      stagger(node: node)
      return false
    }

    /// Gives the successor up, if there is one.
    mutating func cancelSwitch(timeStamp: UInt32) {
      guard let prepared = successor else { return }
      successor = nil
      if prepared.isSeeded {
        generator.abandon(prepared.algorithm, additionalInput: Self.additionalInput(timeStamp).span)
      }
      mustReseed = true
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
    // Whatever the caller is content with: a state that never changed tells everybody the same.
    guard seedCount > 0 else { throw .failed }
    defer { wipeDeadStack() }
    try generator.generate(into: &output, additionalInput: Self.additionalInput(timeStamp).span)
  }

  /// Counts requests that others served with its output: they wear the seed as if it had served them itself.
  public mutating func count(requests: UInt32) {
    requestsUntilReseed = requestsUntilReseed.saturatingSubtracting(requests)
    let (sum, overflow) = requestsSinceFullySeeded.addingReportingOverflow(UInt64(requests))
    requestsSinceFullySeeded = overflow ? .max : sum
  }

  private static func additionalInput(_ timeStamp: UInt32) -> InlineArray<4, UInt8> {
    var stamp = InlineArray<4, UInt8>(repeating: 0)
    var bytes = stamp.mutableSpan
    bytes.storeLittleEndian(timeStamp, at: 0)
    return stamp
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
    #if Switching
      successor?.credit.revoke(source)
    #endif
    guard isFullySeeded, carrying.revoke(source) > 0 else { return false }
    guard !policy.isSufficient(carrying, alreadyFullySeeded: !carryingWasFirst) else { return false }
    unsetFullySeeded()
    return true
  }

  /// Overwrites the state of the generator; it has to be seeded before it is used again.
  public mutating func wipe() {
    generator.wipe()
    seedCount = 0
    unsetFullySeeded()
  }
}
