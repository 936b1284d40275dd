// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if Switching

  import LRNGCore

  // Other generators and another hash, while requests go on. Lock order: switch lock, then the right to seed.

  extension Engine {
    /// Lets all generators go on as another one, and children of `fork` begin with it.
    func changeDRNG(to next: DRNGAlgorithm) throws(LRNGError) {
      try switching(
        name: next.name, isInUse: { drng == next }, tests: { $0.runExternal(next, .sha256) }
      ) { () throws(SwitchError) in
        guard chosenDRNG.reserve(next) else { throw .refused }
        try switchGenerators(to: next)
        chosenDRNG.choose(next)
      }
    }

    /// Lets all pools go on with another hash.
    func changeHash(to next: HashAlgorithm) throws(LRNGError) {
      try switching(
        name: next.name, isInUse: { hash == next }, tests: { $0.runExternal(.chaCha20, next) }
      ) { () throws(SwitchError) in
        guard chosenHash.reserve(next) else { throw .refused }
        try switchHash(to: next)
      }
    }

    /// Switches, in a child that was forked in the middle of it once more.
    ///
    /// - Parameters:
    ///   - isInUse: Whether there is nothing to switch.
    ///   - runTests: Runs the self test of what comes from elsewhere and has not been seen before.
    private func switching(
      name: StaticString, isInUse: () -> Bool, tests runTests: (inout SelfTestReport) -> Void,
      _ body: () throws(SwitchError) -> Void
    ) throws(LRNGError) {
      while true {
        let identity = enter()
        var report = SelfTestReport()
        runTests(&report)
        let outcome: Result<Void, SwitchError>
        do throws(SwitchError) {
          outcome = .success(
            try unsafe state.pointee.switchLock.withLock { () throws(SwitchError) in
              // All mechanisms from elsewhere share one bit. One that was merely offered is turned away, and does no harm
              // to the one in use.
              if report.failed != 0 {
                if isInUse() { levels.recordSelfTests(failed: report.failed) }
                throw .selfTestFailed
              }
              try body()
            })
        } catch {
          outcome = .failure(error)
        }
        settleReports()
        guard isStill(identity) else { continue }
        do throws(SwitchError) { return try outcome.get() } catch { throw .switchFailed(name: "\(name)", error) }
      }
    }

    func switchPools(to next: HashAlgorithm) {
      unsafe state.pointee.auxiliaryLock.withLock { unsafe state.pointee.auxiliary.switchHash(to: next) }
      #if os(Linux) && InterruptSource
        _ = withInterrupts { source, rate in source.switchHash(to: next, rate) }
      #endif
      #if os(Linux) && SchedulerSource
        _ = withScheduler { source, rate in source.switchHash(to: next, rate) }
      #endif
      chosenHash.choose(next)
    }
  }

#endif
