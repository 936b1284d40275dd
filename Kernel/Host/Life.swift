// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The life of the LRNG in a kernel: its start, the work of its thread, requests, switches, its end.

import Glue
import Synchronization

extension KernelHost {
  // MARK: - Start and end

  func begin() {
    for index in 0...settings.nodes {
      unsafe generator(index).initialize(to: NodeGenerator(instance: DRNGInstance(drng)))
    }
    levels.requireForGenerators(drng.requiredSelfTests)
    levels.requireForPools(hash.requiredSelfTests)
    beginJitter()
  }

  func beginProcessor(_ memory: UnsafeMutableRawPointer, _ source: lrng_source, cpu: UInt32) {
    let processor = unsafe memory.assumingMemoryBound(to: EventProcessor.self)
    unsafe processor.initialize(
      to: EventProcessor(
        source, cpu: cpu, array: EventProcessor.array(behind: processor), size: collectionSize, hash: hash,
        resolution: resolution, testsHealth: settings.fips))
  }

  func end() {
    for index in 0...settings.nodes { unsafe generator(index).pointee.instance.wipe() }
    let interrupts = lrng_glue_lock_auxiliary()
    unsafe host.pointee.auxiliary.reset()
    lrng_glue_unlock_auxiliary(interrupts)
    unsafe forEachProcessor(of: LRNG_SOURCE_INTERRUPT) { processor, _ in unsafe processor.pointee.discard() }
    unsafe forEachProcessor(of: LRNG_SOURCE_SCHEDULER) { processor, _ in unsafe processor.pointee.discard() }
    endJitter()
  }

  @discardableResult
  func runSelfTests() -> UInt32 {
    lastSelfTestInMilliseconds.store(lrng_glue_milliseconds(), ordering: .relaxed)
    #if SelfTests
      var report = SelfTests.run()
    #else
      // Left out by whoever built this. What all else stands on is tested all the same.
      var report = SelfTestReport()
      report.runPrimitives()
    #endif
    #if Injection
      if lrng_glue_breaks_self_test() { report.run(.sha256) { _ in false } }
    #endif
    report.runExternal(drng, hash)
    levels.recordSelfTests(failed: report.failed)
    trace(report.failed == 0 ? .selfTestsPassed : .selfTestsFailed(failedTests: report.failed))
    return report.failed
  }

  // MARK: - The LRNG's thread

  /// Whether interrupts matter to the LRNG's thread: while somebody waits for the seed, and when the scheduler, which wakes
  /// nobody, has something to tell.
  var isAttentive: Bool { !levels.areAllNodesFullySeeded || hasReports.load(ordering: .relaxed) }

  /// Everything that can wait for a moment and may sleep.
  func work() {
    settleReports()
    settleChildRequests()
    if isForceWanted.exchange(false, ordering: .acquiringAndReleasing) { forceSeed() }
    entropyArrived()
    reseedDueNodes()
    // SP 800-90A 11.3.3 asks for tests at intervals; an hour is the LRNG's.
    if lrng_glue_milliseconds() &- lastSelfTestInMilliseconds.load(ordering: .relaxed) >= 3_600_000 { runSelfTests() }
  }

  /// By force the sources give what they have, which is lost if it does not suffice: slow ones would never get anywhere. So that
  /// is done once, and again when the Jitter RNG has all its blocks ready: then nothing is gained by waiting.
  private func forceSeed() {
    let isFirst = !wasForced.exchange(true, ordering: .acquiringAndReleasing)
    guard isFirst || (settings.jitter_available && readyJitterBlocks == settings.jitter_blocks) else { return }
    // One call seeds one node.
    for _ in 0..<nodeCount {
      seedByForce()
      if !levels.isOperational { return }
    }
  }

  /// Reseeds here what is due, so that no request has to.
  private func reseedDueNodes() {
    guard levels.mayOutput, levels.isOperational, beginSeeding(waiting: false) else { return }
    reseedWhatIsDue()
    endSeeding()
  }

  /// The next output of each generator and child is preceded by a reseed.
  func forceReseed(atMostOnceASecond: Bool) {
    if atMostOnceASecond {
      let now = lrng_glue_milliseconds()
      let last = lastForcedReseedInMilliseconds.load(ordering: .relaxed)
      guard last == 0 || now &- last >= 1000 else { return }
      let isOurs = lastForcedReseedInMilliseconds.compareExchange(expected: last, desired: now, ordering: .relaxed)
      guard isOurs.exchanged else { return }
    }
    forceReseed()
  }

  // MARK: - Requests

  func serve(_ output: inout MutableSpan<UInt8>, node: Int, quality: lrng_quality) -> Int {
    do throws(GenerationError) {
      switch quality {
      case LRNG_QUALITY_PREDICTION_RESISTANT:
        let filled = try generateWithPredictionResistance(into: &output)
        return filled > 0 || output.isEmpty ? filled : Int(LRNG_NO_ENTROPY.rawValue)
      case LRNG_QUALITY_FULLY_SEEDED:
        return try generate(into: &output, node: node, quality: .fullySeeded)
      case LRNG_QUALITY_MINIMALLY_SEEDED:
        guard levels.level >= .minimal else { return Int(LRNG_NOT_SEEDED.rawValue) }
        return try generate(into: &output, node: node, quality: .available)
      default:
        return try generate(into: &output, node: node, quality: .available)
      }
    } catch {
      return error.result
    }
  }

  // MARK: - Switching

  func changeDRNG(to next: DRNGAlgorithm, insisting: Bool = false) -> Int {
    #if Switching
      do throws(SwitchError) {
        try switchGenerators(to: next, insisting: insisting)
      } catch {
        return error.result
      }
      drngNumber.store(next.number, ordering: .releasing)
      lrng_host_seed_by_force()
      return 0
    #else
      return Int(LRNG_REFUSED.rawValue)
    #endif
  }

  func changeHash(to next: HashAlgorithm, insisting: Bool = false) -> Int {
    #if Switching
      do throws(SwitchError) {
        try switchHash(to: next, insisting: insisting)
      } catch {
        return error.result
      }
      lrng_host_seed_by_force()
      return 0
    #else
      return Int(LRNG_REFUSED.rawValue)
    #endif
  }
}

extension GenerationError {
  var result: Int {
    switch self {
    case .notFullySeeded: Int(LRNG_NOT_SEEDED.rawValue)
    case .selfTestFailed: Int(LRNG_SELF_TEST_FAILED.rawValue)
    case .generatorFailed: Int(LRNG_GENERATOR_FAILED.rawValue)
    }
  }
}

extension SwitchError {
  var result: Int {
    switch self {
    case .selfTestFailed: Int(LRNG_SELF_TEST_FAILED.rawValue)
    case .strengthWouldFall: Int(LRNG_STRENGTH_WOULD_FALL.rawValue)
    case .notEnoughEntropy: Int(LRNG_NO_ENTROPY.rawValue)
    case .refused: Int(LRNG_REFUSED.rawValue)
    }
  }
}
