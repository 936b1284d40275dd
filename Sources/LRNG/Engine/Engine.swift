// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The engine: the core's host in user space.
//
//   sources ──► EngineState (pools, generators, locks; wipe-on-fork memory) ──► RandomBitGenerator
//                 ▲
//   Engine ───────┘  constant after init: configuration, topology, addresses
//
// Fork: the kernel gives a child zero pages instead of the engine's memory. Each call begins with a look at the identity in
// the first word: 0 means that this process has no LRNG yet, and it makes one, with empty pools, no credit and rings of
// its own. Other threads wait for that, even those that do not wait for entropy. Each call ends with the same look: if a
// signal handler forked in the middle of it, what was computed in the child came from zeroes, is wiped and computed again.
// Locks are zero too, that is free, so that it does not matter which threads of the parent held them.
//
// Lock order: switch lock, seeding lock, then one generator or one source. No source calls back; what it has to report waits in
// `pendingReports` until the locks are released.

import CLinux
import LRNGCore
import Synchronization

/// One LRNG of this process.
@safe final class Engine: LRNGHost, @unchecked Sendable {
  let configuration: Configuration
  let isFIPS: Bool
  let chosenHash: Choice<HashAlgorithm>
  let chosenDRNG: Choice<DRNGAlgorithm>
  /// As it was configured. What the hash allows of it is ``policy``.
  private let configuredPolicy: SeedingPolicy
  let topology: CPUTopology
  let nodeCount: Int
  let resolution: TimerResolution
  private let traceHandler: (@Sendable (String) -> Void)?
  private let observer: (@Sendable (SeedingEvent) -> Void)?
  private let selfTests: @Sendable () -> SelfTestReport
  #if os(Linux)
    /// Where recorders say that they record. A test has a file of its own.
    let recordingsPath: String
  #endif

  // Constant addresses of memory that a child finds zeroed. `@unchecked Sendable` rests on the locks inside it.
  // Optional, so that `deinit` can give it back.
  private var memory: WipeOnForkMemory?
  private let header: UnsafeMutablePointer<EngineHeader>
  let state: UnsafeMutablePointer<EngineState>
  private let generators: UnsafeMutablePointer<GuardedGenerator>
  let places: SourcePlaces

  /// What is reserved for the sources that come with memory of their own. Each is initialised when it is opened.
  @safe struct SourcePlaces {
    #if os(Linux) && InterruptSource
      let interrupt: UnsafeMutableBufferPointer<EventEntropySource<InterruptLineFilter>>
      let interruptProcessors: UnsafeMutableBufferPointer<ProcessorEvents>
      let interruptArrays: UnsafeMutableBufferPointer<UInt32>
    #endif
    #if os(Linux) && SchedulerSource
      let scheduler: UnsafeMutableBufferPointer<EventEntropySource<EverySample>>
      let schedulerProcessors: UnsafeMutableBufferPointer<ProcessorEvents>
      let schedulerArrays: UnsafeMutableBufferPointer<UInt32>
    #endif
    #if JitterSource
      let jitter: UnsafeMutableBufferPointer<JitterEntropySource>
      let jitterMemory: UnsafeMutableRawBufferPointer
    #endif

    /// Adds what the sources need to the plan of the memory.
    init(_ plan: inout MemoryPlan, processors: Int, configuration: Configuration) {
      let words = processors * configuration.collectionSize.lengthInWords
      #if os(Linux) && InterruptSource
        let interrupts = configuration.interrupt.isEnabled ? 1 : 0
        unsafe interrupt = plan.reserve(interrupts)
        unsafe interruptProcessors = plan.reserve(interrupts * processors)
        unsafe interruptArrays = plan.reserve(interrupts * words)
      #endif
      #if os(Linux) && SchedulerSource
        let schedulers = configuration.scheduler.isEnabled ? 1 : 0
        unsafe scheduler = plan.reserve(schedulers)
        unsafe schedulerProcessors = plan.reserve(schedulers * processors)
        unsafe schedulerArrays = plan.reserve(schedulers * words)
      #endif
      #if JitterSource
        unsafe jitter = plan.reserve(1)
        unsafe jitterMemory = plan.reserve(
          bytes: configuration.jitter.isEnabled ? JitterEntropySource.memoryLengthInBytes : 0)
      #endif
    }
  }

  /// - Parameter selfTests: What runs before the first output and on demand. A test can let it fail.
  init(
    _ configuration: Configuration, trace: (@Sendable (String) -> Void)? = nil,
    observer: (@Sendable (SeedingEvent) -> Void)? = nil,
    selfTests: @escaping @Sendable () -> SelfTestReport = Engine.builtInSelfTests, recordingsPath: String? = nil
  ) throws(LRNGError) {
    let isFIPS = configuration.isFIPS ?? MachineFacts.isFIPSEnabled()
    var configuration = configuration
    configuration.isFIPS = isFIPS
    try configuration.validate()
    self.configuration = configuration
    self.isFIPS = isFIPS
    let hash = configuration.effectiveHash(isFIPS: isFIPS)
    chosenHash = Choice(hash)
    chosenDRNG = Choice(configuration.drng)
    configuredPolicy = SeedingPolicy(
      isSP80090C: isFIPS, wantsOversampling: configuration.wantsOversampling, ntg1: configuration.ntg1,
      digestLengthInBits: hash.digestLengthInBits, allowsForcedSeeding: configuration.allowsForcedSeeding,
      maximumRequestsWithoutReseed: configuration.maximumRequestsWithoutReseed)
    topology = CPUTopology.current()
    #if NUMA
      nodeCount = topology.nodes.count
    #else
      nodeCount = 1
    #endif
    resolution = TimerResolution(firstReading: lrng_cycle_counter(), secondReading: lrng_cycle_counter())
    traceHandler = trace
    self.observer = observer
    self.selfTests = selfTests
    #if os(Linux)
      self.recordingsPath = recordingsPath ?? RecordingAnnouncement.usualPath
    #endif

    // The plan is made twice: to learn the length, and with the address.
    let (processors, generatorCount) = (topology.online.count, nodeCount + 1)
    var measuring = unsafe MemoryPlan(base: nil)
    _ = Places(&measuring, processors: processors, generators: generatorCount, configuration: configuration)
    let mapping: WipeOnForkMemory
    do throws(Errno) {
      mapping = try WipeOnForkMemory(lengthInBytes: measuring.lengthInBytes, isLocked: !configuration.isConfined)
    } catch {
      throw .system(call: "mmap", errno: error.rawValue)
    }
    var plan = unsafe MemoryPlan(base: mapping.bytes.baseAddress)
    let all = Places(&plan, processors: processors, generators: generatorCount, configuration: configuration)
    guard let header = unsafe all.header.baseAddress, let state = unsafe all.state.baseAddress,
      let generators = unsafe all.generators.baseAddress
    else { throw .system(call: "mmap", errno: Errno.outOfMemory.rawValue) }
    unsafe self.header = header
    unsafe self.state = state
    unsafe self.generators = generators
    places = all.sources
    memory = consume mapping
    // The header's zero bits are valid, so nothing is to be initialised before the first call.
  }

  deinit {
    if unsafe header.pointee.identity.load(ordering: .acquiring) != 0 {
      closeSources()
      // Mechanisms from elsewhere may hold more than their state.
      for index in 0...nodeCount { unsafe (generators + index).pointee.instance.wipe() }
      unsafe state.pointee.auxiliary.reset()
    }
    if let memory = memory.take() { memory.release() }
  }

  /// Where everything is.
  @safe private struct Places {
    let header: UnsafeMutableBufferPointer<EngineHeader>
    let state: UnsafeMutableBufferPointer<EngineState>
    let generators: UnsafeMutableBufferPointer<GuardedGenerator>
    let sources: SourcePlaces

    init(_ plan: inout MemoryPlan, processors: Int, generators: Int, configuration: Configuration) {
      unsafe header = plan.reserve(1)
      unsafe state = plan.reserve(1)
      unsafe self.generators = plan.reserve(generators)
      sources = SourcePlaces(&plan, processors: processors, configuration: configuration)
    }
  }

  // MARK: - Life

  /// Makes sure that this process has an initialised LRNG.
  ///
  /// - Returns: Its identity, for ``isStill(_:)``.
  func enter() -> UInt64 {
    let identity = unsafe header.pointee.identity.load(ordering: .acquiring)
    return EngineHeader.isComplete(identity) ? identity : initialise()
  }

  /// Whether this process has an initialised LRNG now, so that a call does not have to make one.
  var isRunning: Bool { unsafe EngineHeader.isComplete(header.pointee.identity.load(ordering: .acquiring)) }

  /// Whether no fork happened since the identity was taken.
  func isStill(_ identity: UInt64) -> Bool {
    unsafe header.pointee.identity.load(ordering: .acquiring) == identity
  }

  /// Runs the body on an initialised LRNG; in a child that was forked in the middle of it once more, on the child's own.
  func onThisProcess<R>(_ body: () -> R) -> R {
    while true {
      let identity = enter()
      let result = body()
      if isStill(identity) { return result }
    }
  }

  private func initialise() -> UInt64 {
    while true {
      let identity = unsafe header.pointee.initialisationLock.withLock { () -> UInt64? in
        let present = unsafe header.pointee.identity.load(ordering: .acquiring)
        return EngineHeader.isComplete(present) ? present : start()
      }
      if let identity { return identity }
    }
  }

  /// Makes an LRNG from zeroes. The caller holds the initialisation lock.
  ///
  /// Nobody else sees the LRNG before it has tested itself and got a first seed. Even a request that does not wait for
  /// entropy must never be served by a generator that knows nothing.
  ///
  /// - Returns: Its identity, `nil` if a signal handler forked in the middle of it: then this is the child, with memory of
  ///   which only a part is initialised, and has to start again.
  private func start() -> UInt64? {
    // Not the parent's.
    let identity = EngineHeader.incomplete(lrng_cycle_counter())
    unsafe header.pointee.identity.store(identity, ordering: .releasing)
    initialiseState()
    runSelfTests()
    MachineFacts.personalize(readsFiles: !configuration.isConfined) { insert($0, creditedBits: 0) }
    // A failed mechanism that is not in use stops nobody, and lets nobody start without a seed.
    if levels.mayOutput {
      // What the sources have now is enough on most machines.
      forceSeedOnce()
      settleReports()
    }
    let complete = EngineHeader.complete(identity)
    return unsafe header.pointee.identity.compareExchange(
      expected: identity, desired: complete, ordering: .acquiringAndReleasing
    ).exchanged ? complete : nil
  }

  private func initialiseState() {
    // A child does not inherit this.
    if !configuration.isConfined { memory?.lock() }
    for index in 0...nodeCount { unsafe (generators + index).initialize(to: GuardedGenerator(drng)) }
    unsafe state.initialize(
      to: EngineState(
        hash: hash, cpuMultiplier: configuration.cpu.multiplier ?? 1,
        credit: credit(isInterruptAvailable: false, isSchedulerAvailable: false)))
    levels.requireForGenerators(drng.requiredSelfTests)
    levels.requireForPools(hash.requiredSelfTests)
    openSources()
  }

  func credit(isInterruptAvailable: Bool, isSchedulerAvailable: Bool) -> CreditTable {
    var configured = CreditTable.ConfiguredRates()
    configured.interrupt = configuration.interrupt.rate
    configured.scheduler = configuration.scheduler.rate
    configured.jitter = configuration.jitter.rate
    configured.cpu = configuration.cpu.rate
    configured.kernel = configuration.kernel.rate
    return CreditTable(
      CreditTable.Circumstances(
        world: .userSpace, isSP80090C: isFIPS, isNTG1: policy.ntg1 != nil, trustsCPU: configuration.cpu.isTrusted,
        isInterruptAvailable: isInterruptAvailable, isSchedulerAvailable: isSchedulerAvailable),
      configured: configured)
  }

  // MARK: - LRNGHost

  var levels: SeedLevels {
    _read { yield unsafe state.pointee.levels }
  }

  var hash: HashAlgorithm { chosenHash.current }

  /// The generator that was chosen last.
  var drng: DRNGAlgorithm { chosenDRNG.current }

  var policy: SeedingPolicy {
    var policy = configuredPolicy
    policy.digestLengthInBits = hash.digestLengthInBits
    return policy
  }

  var reseedIntervalInSeconds: UInt64 { configuration.reseedIntervalInSeconds }

  func now() -> MonotonicInstant { MonotonicInstant(milliseconds: System.monotonicMilliseconds) }

  func timeStamp() -> UInt32 { UInt32(truncatingIfNeeded: lrng_cycle_counter()) }

  func withGenerator<R, E>(_ id: GeneratorID, _ body: (inout DRNGInstance) throws(E) -> R) throws(E) -> R {
    let index =
      switch id {
      case .node(let node): node
      case .predictionResistant: nodeCount
      }
    let generator = unsafe generators + index
    unsafe generator.pointee.lock.lock()
    defer { unsafe generator.pointee.lock.unlock() }
    return try unsafe body(&generator.pointee.instance)
  }

  func beginSeeding(waiting: Bool) -> Bool {
    if waiting {
      unsafe state.pointee.seedingLock.lock()
      return true
    }
    return unsafe state.pointee.seedingLock.tryLock()
  }

  func endSeeding() {
    noteDueSelfTests()
    unsafe state.pointee.seedingLock.unlock()
  }

  func levelDidChange(to level: SeedLevel) {
    if level == .unseeded { unsafe state.pointee.wasForced.store(false, ordering: .releasing) }
    unsafe state.pointee.levelChange.signal()
  }

  /// Writes a line into the trace.
  func say(_ line: String) { traceHandler?(line) }

  func trace(_ event: SeedingEvent) {
    traceHandler?(event.text)
    observer?(event)
  }

  // MARK: - Requests

  /// Fills the output, and starts again if the process forked in the middle of it.
  func fill(
    _ output: inout MutableSpan<UInt8>, quality: QualityOfService, waiting: Bool, dueReseed: DueReseed = .byRequest
  ) throws(LRNGError) -> Int {
    while true {
      let identity = enter()
      let outcome: Result<Int, LRNGError>
      do throws(LRNGError) {
        outcome = .success(
          try serve(&output, quality: quality, waiting: waiting, dueReseed: dueReseed, identity: identity))
      } catch {
        outcome = .failure(error)
      }
      if isStill(identity) { return try outcome.get() }
      output.wipe()
    }
  }

  private func serve(
    _ output: inout MutableSpan<UInt8>, quality: QualityOfService, waiting: Bool, dueReseed: DueReseed, identity: UInt64
  ) throws(LRNGError) -> Int {
    if output.isEmpty {
      try requireSeed(for: quality, waiting: waiting, identity: identity)
      return 0
    }
    let node = nodeCount > 1 ? topology.nodeIndex(ofCPU: CPUTopology.currentCPU) : 0
    while isStill(identity) {
      do throws(GenerationError) {
        let filled =
          switch quality {
          case .fullySeeded: try generate(into: &output, node: node, quality: .fullySeeded, dueReseed: dueReseed)
          case .available: try generate(into: &output, node: node, quality: .available)
          case .predictionResistant: try generateWithPredictionResistance(into: &output, waiting: waiting)
          }
        settleReports()
        if filled > 0 || !waiting || quality != .predictionResistant { return filled }
        // The sources are dry: wait for events.
        waitForEntropy(milliseconds: 20)
      } catch {
        settleReports()
        guard error == .notFullySeeded else { throw lrngError(error) }
        guard waiting else {
          // Who never waits must find a seed some day, too.
          entropyArrived()
          throw .notFullySeeded
        }
        waitForSeed(identity: identity, timeoutInMilliseconds: nil)
      }
    }
    return 0
  }

  private func requireSeed(for quality: QualityOfService, waiting: Bool, identity: UInt64) throws(LRNGError) {
    guard levels.mayOutput else { throw .selfTestFailed(failedTests: levels.failedSelfTests ?? 0) }
    if quality == .available || levels.isOperational { return }
    guard waiting else { throw .notFullySeeded }
    waitForSeed(identity: identity, timeoutInMilliseconds: nil)
  }

  func lrngError(_ error: GenerationError) -> LRNGError {
    switch error {
    case .notFullySeeded: .notFullySeeded
    case .selfTestFailed: .selfTestFailed(failedTests: levels.failedSelfTests ?? 0)
    case .generatorFailed: .generatorFailed
    }
  }

  /// Waits until the LRNG is fully seeded, and helps it to get there.
  ///
  /// The sources are asked by force once, however often and by however many threads this is called. After that events may
  /// gather: a seeding that falls short would waste them.
  ///
  /// - Returns: Whether it is fully seeded.
  @discardableResult
  func waitForSeed(identity: UInt64, timeoutInMilliseconds: Int?) -> Bool {
    let start = System.monotonicMilliseconds
    forceSeedOnce()
    settleReports()
    while isStill(identity), !levels.isOperational, levels.mayOutput {
      // 32 bits of milliseconds are 24 days, and nobody says that a wait must end before.
      let elapsed = Int(clamping: System.monotonicMilliseconds &- start)
      // Two readings of whole milliseconds differ by up to one too many; nobody is sent away early.
      if let timeoutInMilliseconds, elapsed > timeoutInMilliseconds || timeoutInMilliseconds <= 0 { return false }
      waitForEntropy(milliseconds: min(20, max(1, (timeoutInMilliseconds ?? .max) - elapsed)))
      // The seed may have been lost only now, and what the sources have may suffice in rounds.
      forceSeedOnce()
      entropyArrived()
      settleReports()
    }
    return levels.isOperational && levels.mayOutput
  }

  func forceSeedOnce() {
    guard unsafe !state.pointee.wasForced.exchange(true, ordering: .acquiringAndReleasing) else { return }
    // One call seeds one node.
    for _ in 0..<nodeCount {
      seedByForce()
      if !levels.isOperational { return }
    }
  }

  private func waitForEntropy(milliseconds: Int) {
    let generation = unsafe state.pointee.levelChange.generation
    _ = unsafe state.pointee.levelChange.wait(while: generation, timeout: .milliseconds(milliseconds))
  }

  func rawSeed(isReseed: Bool, into output: inout MutableSpan<UInt8>, waiting: Bool) throws(LRNGError) -> Int {
    while true {
      let identity = enter()
      let outcome: Result<Int, RawSeedError>
      do throws(RawSeedError) {
        outcome = .success(try rawSeed(into: &output, isReseed: isReseed, waiting: waiting))
      } catch {
        outcome = .failure(error)
      }
      settleReports()
      guard isStill(identity) else {
        output.wipe()
        continue
      }
      switch outcome {
      case .success(let length): return length
      case .failure(.bufferTooShort): throw .invalidArgument("a raw seed needs a buffer of at least 8 bytes")
      case .failure(.lengthNeeded(let length)): throw .invalidArgument("a raw seed has \(length) bytes")
      case .failure(.selfTestFailed): throw .selfTestFailed(failedTests: levels.failedSelfTests ?? 0)
      case .failure(.notFullySeeded):
        guard waiting else { throw .notFullySeeded }
        waitForSeed(identity: identity, timeoutInMilliseconds: nil)
      case .failure(.noEntropy):
        guard waiting else { throw .notFullySeeded }
        waitForEntropy(milliseconds: 20)
      }
    }
  }

  /// Puts data into the auxiliary pool.
  func insert(_ data: Span<UInt8>, creditedBits: UInt32) {
    unsafe state.pointee.auxiliaryLock.withLock {
      unsafe state.pointee.auxiliary.insert(data, creditedBits: creditedBits)
    }
  }

  /// Lets uncredited data show in the next output, at most once a second: each reseed costs entropy.
  func forceReseedAfterWrite() {
    let now = System.monotonicMilliseconds
    let last = unsafe state.pointee.lastForcedReseedInMilliseconds.load(ordering: .relaxed)
    guard last == 0 || now &- last >= 1000 else { return }
    let isOurs = unsafe state.pointee.lastForcedReseedInMilliseconds.compareExchange(
      expected: last, desired: now, ordering: .relaxed
    ).exchanged
    if isOurs { forceReseed() }
  }

  @Sendable static func builtInSelfTests() -> SelfTestReport {
    #if SelfTests
      return SelfTests.run()
    #else
      // Left out on purpose by whoever built this. What all else stands on is tested all the same.
      var report = SelfTestReport()
      report.runPrimitives()
      return report
    #endif
  }

  @discardableResult
  func runSelfTests() -> SelfTestReport {
    unsafe state.pointee.lastSelfTestInMilliseconds.store(System.monotonicMilliseconds, ordering: .relaxed)
    var report = selfTests()
    report.runExternal(drng, hash)
    levels.recordSelfTests(failed: report.failed)
    trace(report.failed == 0 ? .selfTestsPassed : .selfTestsFailed(failedTests: report.failed))
    return report
  }

  /// Lets the self tests run again after their interval. Seeds are rare, so that nobody else has to look at a clock.
  private func noteDueSelfTests() {
    let interval = configuration.selfTestIntervalInSeconds
    let last = unsafe state.pointee.lastSelfTestInMilliseconds.load(ordering: .relaxed)
    guard interval > 0, System.monotonicMilliseconds &- last >= interval * 1000 else { return }
    unsafe state.pointee.pendingReports.bitwiseOr(Self.selfTestsDue, ordering: .releasing)
  }

  // MARK: - Reports of sources

  enum Report: UInt32 {
    case intermittentFailure = 0
    case permanentFailure = 8
    case startupTestPassed = 16
  }

  /// Keeps a report until no lock is held.
  func note(_ report: Report, of source: EntropySourceKind) {
    unsafe state.pointee.pendingReports.bitwiseOr(1 << (report.rawValue + UInt32(source.index)), ordering: .releasing)
  }

  /// The bit beside those of the sources.
  private static let selfTestsDue: UInt32 = 1 << 24

  /// Acts on what sources reported.
  func settleReports() {
    exchangeSeedFileOnce()
    guard unsafe state.pointee.pendingReports.load(ordering: .relaxed) != 0 else { return }
    let pending = unsafe state.pointee.pendingReports.exchange(0, ordering: .acquiring)
    if pending & Self.selfTestsDue != 0 { runSelfTests() }
    for source in EntropySourceKind.all {
      let has = { (report: Report) in pending & 1 << (report.rawValue + UInt32(source.index)) != 0 }
      if has(.startupTestPassed) {
        trace(.startupTestCompleted(source))
        forceReseed()
        entropyArrived()
      }
      if has(.permanentFailure) {
        unsafe state.pointee.permanentFailures.bitwiseOr(1 << UInt32(source.index), ordering: .releasing)
      }
      if has(.permanentFailure) || has(.intermittentFailure) {
        sourceDidFail(source, isPermanent: has(.permanentFailure))
      }
    }
  }
}

/// Gives parts of a piece of memory to their users, aligned. Without a base it only measures.
@safe struct MemoryPlan {
  private let base: UnsafeMutableRawPointer?
  private(set) var lengthInBytes = 0
  /// A cache line: locks of different parts don't share one.
  private static let alignment = 64

  init(base: UnsafeMutableRawPointer?) {
    unsafe self.base = base
  }

  mutating func reserve<T: ~Copyable>(_ count: Int) -> UnsafeMutableBufferPointer<T> {
    let bytes = unsafe reserve(bytes: count * MemoryLayout<T>.stride)
    // Not initialised: the owner of the plan does so before anybody reads it.
    return unsafe UnsafeMutableBufferPointer(
      start: bytes.baseAddress?.bindMemory(to: T.self, capacity: count), count: bytes.baseAddress == nil ? 0 : count)
  }

  mutating func reserve(bytes length: Int) -> UnsafeMutableRawBufferPointer {
    let start = unsafe base.map { unsafe $0 + lengthInBytes }
    lengthInBytes += (length + Self.alignment - 1) / Self.alignment * Self.alignment
    return unsafe UnsafeMutableRawBufferPointer(start: start, count: start == nil ? 0 : length)
  }
}
