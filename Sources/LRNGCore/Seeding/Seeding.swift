// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// Seeding: from the sources through the seed buffer into a generator.
//
//   entropyArrived ─┐                                        ┌─► DRNGInstance.inject ─► levels
//   request (due)  ─┼─► seed(generator) ─► SeedBuffer (fill) ┤
//   seedByForce    ─┘                                        └─► mixed back into the auxiliary pool
//
// One thread at a time seeds. It collects without holding the lock of a generator, so that a seeding, which may take
// milliseconds, does not keep the others from their output.

extension LRNGHost where Self: ~Copyable {
  /// The entropy that all sources together could deliver, by source.
  public func availableCredit() -> SeedCredit {
    let policy = policy
    let requestedBits = policy.requestedBits(fullySeeded: levels.areAllNodesFullySeeded)
    var credit = SeedCredit()
    for index in 0..<EntropySourceKind.count {
      guard let source = EntropySourceKind.at(index) else { continue }
      let availableBits = availableBits(of: source, requestedBits: requestedBits)
      credit.add(min(availableBits, requestedBits), from: source)
    }
    return credit
  }

  /// New entropy may be there: seeds the next generator if that is worthwhile.
  ///
  /// Costs one load once all nodes are fully seeded: then only the generators themselves ask for seeds.
  public func entropyArrived() {
    guard levels.mayOutput, !levels.areAllNodesFullySeeded else { return }
    guard levels.isAttemptWorthwhile(available: availableCredit(), policy: policy) else { return }
    guard beginSeeding(waiting: false) else { return }
    seedNextNode(byForce: false)
    endSeeding()
  }

  /// Seeds the generators that are not fully seeded, with whatever the sources have.
  ///
  /// Called by those who wait for the LRNG: what the sources have is better than waiting for more.
  public func seedByForce() {
    guard levels.mayOutput, !levels.areAllNodesFullySeeded else { return }
    _ = beginSeeding(waiting: true)
    // Another thread may have done it while this one waited.
    if !levels.areAllNodesFullySeeded { seedNextNode(byForce: true) }
    endSeeding()
  }

  /// Seeds the first generator that is not fully seeded with what the sources have now, once and however little it is.
  ///
  /// For the start: afterwards nobody is served by a generator that knows nothing.
  public func seedFirst() {
    guard levels.mayOutput, beginSeeding(waiting: true) else { return }
    seedNextNode(byForce: false)
    endSeeding()
  }

  /// The first generator in the order of nodes that is not fully seeded. One at a time: node 0 opens the interfaces,
  /// the others follow as entropy permits.
  private func seedNextNode(byForce isForced: Bool) {
    let nodes = nodeCount
    for node in 0..<nodes {
      let isSeeded = withGenerator(.node(node)) { $0.isFullySeeded }
      if isSeeded { continue }
      let seeded = seed(.node(node), byForce: isForced)
      if seeded && node &+ 1 == nodes { concludeNodes() }
      return
    }
    concludeNodes()
  }

  /// Notes that all nodes are fully seeded, unless one has lost its seed meanwhile: with that note nobody would seed it.
  ///
  /// A loss takes the note back with the lock of its generator held. So it comes either after the note, or before the look.
  private func concludeNodes() {
    levels.setAllNodesFullySeeded(true)
    for node in 0..<nodeCount {
      let isSeeded = withGenerator(.node(node)) { $0.isFullySeeded }
      if !isSeeded { levels.setAllNodesFullySeeded(false) }
    }
  }

  /// Seeds one generator. The caller owns the right to seed.
  ///
  /// - Parameter isForced: Whether to go on in rounds while the generator is not fully seeded and the sources deliver.
  /// - Returns: Whether the generator is fully seeded.
  @discardableResult
  func seed(_ id: GeneratorID, byForce isForced: Bool) -> Bool {
    let policy = policy
    let (wasFullySeeded, isWearing) = withGenerator(id) { instance in
      instance.beginSeeding()
      return (instance.isFullySeeded, instance.isWearing(policy: policy))
    }
    var isFullySeeded = wasFullySeeded
    // Long before its seed is worn out, a generator is renewed by force: nobody who drains the sources can stop it.
    let isForced = isForced || isWearing
    var round = 1
    while true {
      var buffer = SeedBuffer(for: policy)
      let requestedBits = policy.requestedBits(fullySeeded: isFullySeeded)
      let healthFailures = levels.healthFailures
      if shouldSkip(id, isForced: isForced && (isWearing || !isFullySeeded), policy: policy) {
        buffer.seal(timeStamp: timeStamp())
      } else {
        willCollect(for: id)
        fill(&buffer, requestedBits: requestedBits, policy: policy)
      }
      trace(.seeding(id, lengthInBytes: UInt32(truncatingIfNeeded: buffer.lengthInBytes)))
      let now = now()
      let outcome = withGenerator(id) { instance -> (isFullySeeded: Bool, gathered: SeedCredit, level: SeedLevel?)? in
        // The ledger of this generator was revoked before this seed is entered into it, so it must not be.
        if levels.healthFailures != healthFailures { buffer.forfeitCredit() }
        guard let outcome = try? instance.inject(buffer, policy: policy, now: now) else { return nil }
        if case .node(let node) = id, outcome.isFullySeeded { instance.stagger(node: node) }
        let level = id == .initial ? advanceLevels(with: outcome.gathered, isFullySeeded: outcome.isFullySeeded) : nil
        return (outcome.isFullySeeded, outcome.gathered, level)
      }
      buffer.wipe()
      guard let outcome else { return isFullySeeded }
      if outcome.isFullySeeded && !wasFullySeeded {
        trace(.generatorFullySeeded(id, bits: outcome.gathered.totalBits))
      }
      levels.advanceSeedEpoch()
      isFullySeeded = outcome.isFullySeeded
      if let level = outcome.level { didReach(level, bits: outcome.gathered.totalBits) }
      let isSatisfied = policy.isSufficient(outcome.gathered, alreadyFullySeeded: wasFullySeeded)
      let isWorthwhile = buffer.credit.sourceCount(havingAtLeast: 1) >= policy.minimumDeliveringSources
      guard isForced, policy.allowsForcedSeeding, !isSatisfied, isWorthwhile, round < SeedingPolicy.maximumForcedRounds
      else { return isFullySeeded }
      round &+= 1
      trace(.forcedRound(id, collectedBits: outcome.gathered.totalBits))
    }
  }

  /// A reseed of a fully seeded LRNG with less than the minimum would only spend entropy that a later one needs.
  private func shouldSkip(_ id: GeneratorID, isForced: Bool, policy: SeedingPolicy) -> Bool {
    guard !isForced, id != .predictionResistant, levels.isOperational else { return false }
    let availableBits = availableCredit().totalBits
    guard availableBits < policy.minimumReseedBits else { return false }
    trace(.reseedSkipped(id, availableBits: availableBits, requiredBits: policy.minimumReseedBits))
    return true
  }

  /// Asks each source once.
  func fill(_ buffer: inout SeedBuffer, requestedBits: UInt32, policy: SeedingPolicy) {
    for index in 0..<EntropySourceKind.count {
      guard let source = EntropySourceKind.at(index) else { continue }
      buffer.fill(source) { slot in
        let creditedBits = collect(
          from: source, into: &slot, requestedBits: requestedBits,
          oversamplingBits: policy.conditioningOversamplingBits)
        return min(creditedBits, requestedBits)
      }
    }
    for index in 0..<EntropySourceKind.count {
      guard let source = EntropySourceKind.at(index), buffer.credit[source] < buffer.credit.delivered(by: source)
      else { continue }
      trace(.notIndependent(source, bits: buffer.credit.delivered(by: source)))
    }
    buffer.seal(timeStamp: timeStamp())
    buffer.withBytes { mixBack($0) }
  }

  // Levels follow the generator of node 0. They change with its lock held: otherwise a seed in one thread and a loss in
  // another could leave a level that does not fit it, which nobody would ever put right.

  /// - Returns: The new level, `nil` when nothing changed.
  private func advanceLevels(with credit: SeedCredit, isFullySeeded: Bool) -> SeedLevel? {
    guard let level = levels.levelReached(with: credit, isFullySeeded: isFullySeeded) else { return nil }
    levels.raise(to: level)
    return level
  }

  private func didReach(_ level: SeedLevel, bits: UInt32) {
    trace(.reachedLevel(level, bits: bits))
    if level == .full { trace(.operational) }
    levelDidChange(to: level)
  }

  /// The generator of a node lost its seed. The LRNG as a whole stops when it is the one that all others fall back to.
  ///
  /// The caller holds the lock of the generator, and calls ``didLoseSeed(_:)`` when it does not any more.
  func lowerLevels(_ id: GeneratorID) {
    if id == .initial { levels.lose() } else { levels.setAllNodesFullySeeded(false) }
  }

  /// Tells of a loss. No lock is held.
  func didLoseSeed(_ id: GeneratorID) {
    trace(.generatorLostSeed(id))
    levels.advanceSeedEpoch()
    guard id == .initial else { return }
    trace(.nonOperational)
    levelDidChange(to: .unseeded)
  }

  /// Makes each generator reseed before its next output: new data were written, a VM was cloned, or somebody asked.
  ///
  /// It takes effect at the next request and does not make this caller wait for the sources.
  public func forceReseed() {
    for node in 0..<nodeCount {
      withGenerator(.node(node)) { $0.forceReseed() }
    }
    levels.advanceSeedEpoch()
  }

  /// A source failed its health test: seeds that it carried do not count any more.
  ///
  /// Generators that had enough from other sources go on. The others stop to be fully seeded, and reseed at once with
  /// what is left.
  public func sourceDidFail(_ source: EntropySourceKind, isPermanent: Bool) {
    trace(.healthFailure(source, isPermanent: isPermanent))
    let policy = policy
    levels.countHealthFailure()
    for node in 0..<nodeCount {
      let isLost = withGenerator(.node(node)) { instance in
        guard instance.revoke(source, policy: policy) else { return false }
        lowerLevels(.node(node))
        return true
      }
      if isLost { didLoseSeed(.node(node)) }
    }
    entropyArrived()
  }
}
