// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// Switching: other generators and another hash while the LRNG runs.
//
// One thread at a time switches: it has the right to seed. It makes a successor of each generator, and lets all take over
// when all are there, so that a switch that fails has changed nothing. All others go on with their output, from the old
// generator until then, and from the new one from then on; only for some microseconds are they kept waiting by the lock of
// their generator.

/// Why something else could not be switched to. What was in use still is.
public enum SwitchError: Error, Equatable, Sendable {
  /// A self test of it, or of what it stands on, has failed.
  case selfTestFailed
  /// It has less security strength than what is in use, or than the mode demands.
  case strengthWouldFall
  /// SP 800-90C: it has to be instantiated by the sources, and they do not have enough entropy at this time.
  case notEnoughEntropy
  /// It reported an error, or there is no place for it: from one external generator the way to another leads over one of
  /// ours, and a host may remember only so many mechanisms.
  case refused
}

#if Switching

  extension LRNGHost where Self: ~Copyable {
    /// Lets all generators go on as another one.
    ///
    /// Each gets a successor that is seeded by the sources and with its own output. When all successors are there, they take
    /// over. A generator that is fully seeded stays so; where the sources have too little, a reseed is due at once. In SP
    /// 800-90C mode too little is an error, because there a generator has to be instantiated by the sources.
    ///
    /// It is also the way out when a self test of the generator in use failed, or when it gives errors: then only the sources
    /// count, and without enough of them nothing is fully seeded any more.
    ///
    /// Waits for another thread that is seeding, and for the sources.
    ///
    /// - Parameter insisting: For a host whose generator goes away, whatever comes of it: a failed self test of the next one
    ///   ends all output, and too little entropy in SP 800-90C mode leaves nothing fully seeded. It succeeds to each of the
    ///   LRNG's own generators.
    /// - Throws: ``SwitchError``. All generators are what they were then.
    public func switchGenerators(to next: DRNGAlgorithm, insisting: Bool = false) throws(SwitchError) {
      _ = beginSeeding(waiting: true)
      let outcome = attempt { () throws(SwitchError) in try switchAll(to: next, insisting) }
      endSeeding()
      // Somebody may have lost a seed, here or while this had the right to seed, and more entropy may be there by now.
      entropyArrived()
      try outcome.get()
    }

    private func switchAll(to next: DRNGAlgorithm, _ insists: Bool) throws(SwitchError) {
      let present = withGenerator(.initial) { $0.algorithm }
      if present == next { return }
      guard next.securityStrengthInBits >= max(SeedingPolicy.securityStrengthInBits, present.securityStrengthInBits)
      else { throw .strengthWouldFall }
      if !insists { try requireSelfTests(next.requiredSelfTests) { $0.runExternal(next, .sha256) } }
      // Not a generator that gives nothing any more: the sources may have just enough for what comes after it.
      if levels.havePassed(present.requiredSelfTests) { reseedWhatIsDue() }
      let healthFailures = levels.healthFailures
      do throws(SwitchError) {
        for node in 0..<nodeCount { try prepareSwitch(.node(node), from: present, to: next, insists) }
        try prepareSwitch(.predictionResistant, from: present, to: next, insists)
        // The sources took their time.
        guard insists || levels.havePassed(next.requiredSelfTests) else { throw .selfTestFailed }
        // What one of them gave may count for nothing by now, while the generators in use have what they had.
        guard insists || !policy.isSP80090C || levels.healthFailures == healthFailures else { throw .notEnoughEntropy }
      } catch {
        let timeStamp = timeStamp()
        for node in 0..<nodeCount { withGenerator(.node(node)) { $0.cancelSwitch(timeStamp: timeStamp) } }
        withGenerator(.predictionResistant) { $0.cancelSwitch(timeStamp: timeStamp) }
        throw error
      }
      // While both are in use, both have to work.
      levels.requireForGenerators(present.requiredSelfTests | next.requiredSelfTests)
      let isSound = levels.havePassed(present.requiredSelfTests)
      for node in 0..<nodeCount { completeSwitch(.node(node), to: next, isSound: isSound) }
      completeSwitch(.predictionResistant, to: next, isSound: isSound)
      levels.requireForGenerators(next.requiredSelfTests)
    }

    /// Collects a seed without the lock of the generator, and makes its successor with it.
    private func prepareSwitch(
      _ id: GeneratorID, from present: DRNGAlgorithm, to next: DRNGAlgorithm, _ insists: Bool
    ) throws(SwitchError) {
      let policy = policy
      let healthFailures = levels.healthFailures
      let isFullySeeded = withGenerator(id) { instance in
        if instance.isFullySeeded { instance.beginSeeding() }
        return instance.isFullySeeded
      }
      var buffer = SeedBuffer(for: policy)
      if isFullySeeded {
        let carriesOver = levels.havePassed(present.requiredSelfTests) && !policy.isSP80090C
        willCollect(for: id)
        fill(&buffer, requestedBits: policy.requestedBits(fullySeeded: carriesOver), policy: policy)
      }
      let (now, timeStamp) = (now(), timeStamp())
      let error = withGenerator(id) { instance -> SwitchError? in
        if levels.healthFailures != healthFailures { buffer.forfeitCredit() }
        let mustInstantiate = isFullySeeded && policy.isSP80090C && !insists
        let isEnough = !mustInstantiate || policy.isSufficient(buffer.credit, alreadyFullySeeded: false)
        do throws(DRNGError) {
          if isEnough {
            try instance.prepareSwitch(to: next, seed: buffer, isFilled: isFullySeeded, timeStamp: timeStamp)
            return nil
          }
        } catch {
          // The new generator does not want to.
        }
        // The seed is not lost: it is a reseed of the generator that stays.
        if isFullySeeded { _ = try? instance.inject(buffer, policy: policy, now: now) }
        return isEnough ? .refused : .notEnoughEntropy
      }
      buffer.wipe()
      if let error { throw error }
    }

    private func completeSwitch(_ id: GeneratorID, to next: DRNGAlgorithm, isSound: Bool) {
      let policy = policy
      let now = now()
      let node = if case .node(let node) = id { node } else { 0 }
      let isLost = withGenerator(id) { instance in
        let isLost = instance.completeSwitch(node: node, isSound: isSound, policy: policy, now: now)
        guard isLost, id != .predictionResistant else { return false }
        lowerLevels(id)
        return true
      }
      levels.advanceSeedEpoch()
      trace(.switchedGenerator(id, to: next))
      if isLost { didLoseSeed(id) }
    }

    /// Lets all pools go on with another hash.
    ///
    /// The new pools begin with the digests of the old ones, and with their credit. Where a shorter digest could not hold all
    /// of the auxiliary pool's, a generator is reseeded with it before. A hash whose self test failed has made nothing that
    /// counts: the pools lose their credit then, and the generators have to be seeded again.
    ///
    /// Waits for another thread that is seeding, and for the sources.
    ///
    /// - Parameter insisting: For a host whose hash goes away: a failed self test of the next one ends all output.
    /// - Throws: ``SwitchError``, and nothing has changed. With a digest of less than 384 bits there is no oversampling, so that
    ///   a mode which demands it can't be left this way.
    public func switchHash(to next: HashAlgorithm, insisting: Bool = false) throws(SwitchError) {
      _ = beginSeeding(waiting: true)
      let outcome = attempt { () throws(SwitchError) in try switchAllPools(to: next, insisting) }
      endSeeding()
      entropyArrived()
      try outcome.get()
    }

    private func switchAllPools(to next: HashAlgorithm, _ insists: Bool) throws(SwitchError) {
      let present = hash
      if present == next { return }
      if !insists { try requireSelfTests(next.requiredSelfTests) { $0.runExternal(.chaCha20, next) } }
      let policy = policy
      var nextPolicy = policy
      nextPolicy.digestLengthInBits = next.digestLengthInBits
      guard nextPolicy.isOversampling || !policy.isOversampling else { throw .strengthWouldFall }
      if levels.havePassed(present.requiredSelfTests), next.digestLengthInBits < policy.digestLengthInBits,
        availableBits(of: .auxiliary, requestedBits: .max) > next.digestLengthInBits
      {
        seed(.initial, byForce: false)
        guard insists || levels.havePassed(next.requiredSelfTests) else { throw .selfTestFailed }
      }
      levels.requireForPools(present.requiredSelfTests | next.requiredSelfTests)
      let isSound = levels.havePassed(present.requiredSelfTests)
      switchPools(to: next, keepingCredit: isSound)
      // Without oversampling no seed was one of SP 800-90C.
      if !isSound || policy.isSP80090C && !policy.isOversampling && nextPolicy.isOversampling { unseedAll() }
      trace(.switchedHash(to: next))
      // Not before: what a failed hash has seeded must not serve again.
      levels.requireForPools(next.requiredSelfTests)
    }

    private func unseedAll() {
      for node in 0..<nodeCount {
        withGenerator(.node(node)) { instance in
          instance.unsetFullySeeded()
          lowerLevels(.node(node))
        }
        didLoseSeed(.node(node))
      }
    }

    /// Passes where the tests have passed, and the one that a mechanism from elsewhere brings along does now.
    private func requireSelfTests(
      _ tests: UInt32, _ runExternal: (inout SelfTestReport) -> Void
    ) throws(SwitchError) {
      guard levels.havePassed(tests) else { throw .selfTestFailed }
      var report = SelfTestReport()
      runExternal(&report)
      // One that is merely offered is turned away, and does no harm to the one in use, with which it shares a bit.
      guard report.failed == 0 else { throw .selfTestFailed }
    }

    private func attempt(_ body: () throws(SwitchError) -> Void) -> Result<Void, SwitchError> {
      do throws(SwitchError) { return .success(try body()) } catch { return .failure(error) }
    }
  }

#endif
