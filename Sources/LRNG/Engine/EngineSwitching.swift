// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if Switching

  import LRNGCore

  // Other generators and another hash, while requests go on. Lock order: switch lock, then the right to seed.

  extension Engine {
    /// Lets all generators go on as another one, and children of `fork` begin with it.
    func changeDRNG(to next: DRNGAlgorithm) throws(LRNGError) {
      try switching(name: next.name) { () throws(SwitchError) in
        try retest(next, .sha256, isInUse: drng == next)
        guard chosenDRNG.hasPlace(for: next) else { throw .refused }
        try switchGenerators(to: next)
        chosenDRNG.choose(next)
      }
    }

    /// Lets all pools go on with another hash.
    func changeHash(to next: HashAlgorithm) throws(LRNGError) {
      try switching(name: next.name) { () throws(SwitchError) in
        try retest(.chaCha20, next, isInUse: hash == next)
        guard chosenHash.hasPlace(for: next) else { throw .refused }
        try switchHash(to: next)
      }
    }

    /// Switches, in a child that was forked in the middle of it once more.
    private func switching(name: StaticString, _ body: () throws(SwitchError) -> Void) throws(LRNGError) {
      while true {
        let identity = enter()
        let outcome: Result<Void, SwitchError>
        do throws(SwitchError) {
          outcome = .success(try unsafe state.pointee.switchLock.withLock(body))
        } catch {
          outcome = .failure(error)
        }
        // What was left may never have been seeded, or has lost its seed.
        if levels.mayOutput { forceSeedOnce() }
        settleReports()
        guard isStill(identity) else { continue }
        do throws(SwitchError) { return try outcome.get() } catch { throw .switchFailed(name: "\(name)", error) }
      }
    }

    /// Tests what somebody would like to switch to although it is in use: nothing is to be done, but that it works.
    private func retest(_ drng: DRNGAlgorithm, _ hash: HashAlgorithm, isInUse: Bool) throws(SwitchError) {
      guard isInUse else { return }
      var report = SelfTestReport()
      report.runExternal(drng, hash)
      guard report.failed != 0 else { return }
      levels.recordSelfTests(failed: report.failed)
      throw .selfTestFailed
    }

    func switchPools(to next: HashAlgorithm, keepingCredit: Bool) {
      unsafe state.pointee.auxiliaryLock.withLock {
        if !keepingCredit { unsafe state.pointee.auxiliary.clearEntropy() }
        unsafe state.pointee.auxiliary.switchHash(to: next)
      }
      #if os(Linux) && InterruptSource
        _ = withInterrupts { source, rate in source.switchHash(to: next, rate, keepingEvents: keepingCredit) }
      #endif
      #if os(Linux) && SchedulerSource
        _ = withScheduler { source, rate in source.switchHash(to: next, rate, keepingEvents: keepingCredit) }
      #endif
      chosenHash.choose(next)
    }
  }

#endif
