// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// Switching: other generators and another hash while the LRNG runs.
//
// One thread at a time switches: it has the right to seed. All others go on with their output, from the old generator
// until the new one has its seed, and from the new one from then on. Only for the change itself, some microseconds, are
// they kept waiting by the lock of their generator.

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
    /// Each new generator is seeded with output of the old one and with a seed of the sources. A generator that is fully
    /// seeded stays so; where the sources have too little, a reseed is due at once. In SP 800-90C mode too little is an
    /// error, because there a generator has to be instantiated by the sources.
    ///
    /// Waits for another thread that is seeding, and for the sources.
    ///
    /// - Throws: ``SwitchError``. All generators are what they were then.
    public func switchGenerators(to next: DRNGAlgorithm) throws(SwitchError) {
      guard next.securityStrengthInBits >= SeedingPolicy.securityStrengthInBits else { throw .strengthWouldFall }
      guard levels.havePassed(next.requiredSelfTests) else { throw .selfTestFailed }
      _ = beginSeeding(waiting: true)
      defer { endSeeding() }
      reseedWhatIsDue()
      let present = withGenerator(.initial) { $0.algorithm }
      // While both are in use, both have to work.
      levels.requireForGenerators(present.requiredSelfTests | next.requiredSelfTests)
      var switched = 0
      do throws(SwitchError) {
        while switched < nodeCount {
          try switchGenerator(.node(switched), to: next)
          switched &+= 1
        }
        try switchGenerator(.predictionResistant, to: next)
      } catch {
        // Those that were switched have all the entropy of the old ones, and give it back. What once accepted a seed does so
        // again; a generator that refuses all the same goes on as the new one.
        while switched > 0 {
          switched &-= 1
          try? switchGenerator(.node(switched), to: present)
        }
        levels.requireForGenerators(present.requiredSelfTests)
        throw error
      }
      levels.requireForGenerators(next.requiredSelfTests)
    }

    /// The caller has the right to seed.
    private func switchGenerator(_ id: GeneratorID, to next: DRNGAlgorithm) throws(SwitchError) {
      let policy = policy
      let (isSame, isFullySeeded) = withGenerator(id) { ($0.algorithm == next, $0.isFullySeeded) }
      if isSame { return }
      var buffer = SeedBuffer(for: policy)
      let healthFailures = levels.healthFailures
      if isFullySeeded {
        fill(&buffer, requestedBits: policy.requestedBits(fullySeeded: !policy.isSP80090C), policy: policy)
      } else {
        // Its seed will be collected when it is its turn; this only moves what it has.
        buffer.seal(timeStamp: timeStamp())
      }
      let now = now()
      let error = withGenerator(id) { instance -> SwitchError? in
        if levels.healthFailures != healthFailures { buffer.forfeitCredit() }
        let mustInstantiate = instance.isFullySeeded && policy.isSP80090C
        if mustInstantiate && !policy.isSufficient(buffer.credit, alreadyFullySeeded: false) {
          // The seed is not lost: it is a reseed of the generator that stays.
          instance.beginSeeding()
          _ = try? instance.inject(buffer, policy: policy, now: now)
          return .notEnoughEntropy
        }
        do throws(DRNGError) {
          try instance.switchGenerator(to: next, seed: buffer, policy: policy, now: now)
          return nil
        } catch {
          return .refused
        }
      }
      buffer.wipe()
      levels.advanceSeedEpoch()
      if let error { throw error }
      trace(.switchedGenerator(id, to: next))
    }

    /// Lets all pools go on with another hash.
    ///
    /// The new pools begin with the digests of the old ones, and with their credit. Where a shorter digest could not hold all
    /// of the auxiliary pool's, a generator is reseeded with it before.
    ///
    /// Waits for another thread that is seeding, and for the sources.
    ///
    /// - Throws: ``SwitchError``, and nothing has changed. With a digest of less than 384 bits there is no oversampling, so that
    ///   a mode which demands it can't be left this way.
    public func switchHash(to next: HashAlgorithm) throws(SwitchError) {
      guard levels.havePassed(next.requiredSelfTests) else { throw .selfTestFailed }
      _ = beginSeeding(waiting: true)
      defer { endSeeding() }
      let policy = policy
      var nextPolicy = policy
      nextPolicy.digestLengthInBits = next.digestLengthInBits
      guard nextPolicy.isOversampling || !policy.isOversampling else { throw .strengthWouldFall }
      if next.digestLengthInBits < policy.digestLengthInBits,
        availableBits(of: .auxiliary, requestedBits: .max) > next.digestLengthInBits
      {
        seed(.initial, byForce: false)
      }
      levels.requireForPools(hash.requiredSelfTests | next.requiredSelfTests)
      switchPools(to: next)
      levels.requireForPools(next.requiredSelfTests)
      trace(.switchedHash(to: next))
    }
  }

#endif
