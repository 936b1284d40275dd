// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The Jitter RNG as an entropy source: noise, health tests and conditioning joined to a collector of 256-bit blocks.
///
/// It follows the published algorithm of the 3.7 generation of the Jitter RNG. One measurement is a memory walk, a time
/// stamp, the health tests over the delta, a SHA3-256 loop and the insertion of the delta into the pool (see
/// ``JitterNoiseSource``). A block is the pool's output after so many deltas that were not stuck that, at 1/rate bits
/// each, they hold what the block claims.
///
/// Two things are stricter here than in the publication. Health failures stop the output in every mode, not only in FIPS
/// mode; and a source that can't be cured at the highest rate counts as broken.
///
/// Life: nothing comes out before ``startUp(clock:memory:)`` has passed. An intermittent health failure discards the block
/// and asks for ``recover(clock:memory:)``; a permanent one is for ever.
///
/// The host owns the clock and the memory and passes both to each call: the memory may move or change its size between
/// calls, and its contents mean nothing. One Jitter RNG serves one caller at a time; several may run in parallel if each
/// has its own memory. All calls are busy waits: a block takes 768 measurements of a few microseconds each at the lowest
/// rate. Nothing here blocks or allocates.
public struct JitterRNG: ~Copyable {
  public static let blockLengthInBytes = XDRBG256.maximumOutputLengthInBytes

  /// The smallest memory that is worth walking through.
  public static let minimumMemorySizeInBytes = 1024

  /// Where the Jitter RNG is in its life.
  public enum State: UInt8, Sendable {
    case notStarted
    case operational
    case intermittentFailure
    case permanentFailure
  }

  public let configuration: JitterConfiguration
  public private(set) var state = State.notStarted

  /// The rate in force: that of the configuration, raised by each recovery.
  public private(set) var oversamplingRate: UInt32

  /// How often an intermittent failure has been cured.
  public private(set) var recoveries: UInt32 = 0

  /// The latest delta. Secret, unless a recorder asks for it.
  private(set) var lastDelta: UInt64 = 0

  private var noise: JitterNoiseSource
  private var health: JitterHealthTests
  private var sample = JitterSample()
  private var pool = XDRBG256()

  public init(configuration: JitterConfiguration) {
    self.configuration = configuration
    oversamplingRate = configuration.oversamplingRate
    noise = JitterNoiseSource(hashIterations: configuration.hashIterations)
    health = JitterHealthTests(oversamplingRate: configuration.oversamplingRate, mode: configuration.mode)
  }

  /// What the health tests have found since the last start-up or recovery.
  public var failures: JitterHealthFailures {
    health.failures
  }

  /// The common divisor of all deltas of the clock.
  public var commonDivisor: UInt64 {
    noise.commonDivisor
  }

  /// Iterations of the hash loop for each delta: those of the configuration, doubled by each recovery.
  public var hashIterations: UInt32 {
    noise.hashIterations
  }

  // MARK: Output

  /// Fills `output` with up to 256 bits of full entropy from fresh measurements.
  ///
  /// An `output` longer than ``blockLengthInBytes`` is filled up to there; a shorter one gets a truncated block, which took
  /// as many measurements. Where this throws, `output` is untouched.
  public mutating func collectBlock<Clock: JitterClock & ~Copyable>(
    into output: inout MutableSpan<UInt8>, clock: inout Clock, memory: inout MutableSpan<UInt8>
  ) throws(JitterError) {
    switch state {
    case .operational: break
    case .notStarted: throw .notStarted
    case .intermittentFailure: throw .intermittentFailure(failures)
    case .permanentFailure: throw .permanentFailure(failures)
    }
    guard Self.isUsable(memory) else { throw .startUp(.memory) }

    try gather(.memoryAndHash, clock: &clock, memory: &memory)
    if health.blockNeedsRecovery {
      try gatherRecoveryBlocks(clock: &clock, memory: &memory)
    }
    pool.generate(into: &output)
  }

  // MARK: Start-up and recovery

  /// Runs the start-up test and, if it passes, fills the pool for the first time. About three blocks' worth of time.
  ///
  /// SP 800-90B, section 4.3, item 4: more than 1024 consecutive deltas pass through the health tests before any output.
  /// They are not used for it either.
  public mutating func startUp<Clock: JitterClock & ~Copyable>(
    clock: inout Clock, memory: inout MutableSpan<UInt8>
  ) throws(JitterError) {
    switch state {
    case .notStarted, .operational: state = .notStarted
    case .intermittentFailure: throw .intermittentFailure(failures)
    case .permanentFailure: throw .permanentFailure(failures)
    }
    try testStartUp(clock: &clock, memory: &memory)
    try fillPool(clock: &clock, memory: &memory)
    health = JitterHealthTests(oversamplingRate: oversamplingRate, mode: configuration.mode)
    state = .operational
  }

  /// What the host should provide for ``recover(clock:memory:)``, nil if there is nothing to cure: memory of twice the size,
  /// up to the limit of the configuration.
  ///
  /// A host that can't provide it may go on with the memory it has.
  public func memorySizeForRecovery(from currentSizeInBytes: Int) -> Int? {
    guard state == .intermittentFailure else { return nil }
    let (doubled, overflow) = currentSizeInBytes.multipliedReportingOverflow(by: 2)
    return overflow || doubled > configuration.maximumMemorySizeInBytes ? currentSizeInBytes : doubled
  }

  /// Cures an intermittent failure: more deltas for each bit, more hash iterations for each delta, and a new start-up test.
  ///
  /// The rate rises by one, and on until the test passes; where it fails even at the highest rate, or where that rate is
  /// in use already, the failure becomes permanent. The health tests go on from where they were.
  public mutating func recover<Clock: JitterClock & ~Copyable>(
    clock: inout Clock, memory: inout MutableSpan<UInt8>
  ) throws(JitterError) {
    switch state {
    case .intermittentFailure: break
    case .operational: return
    case .notStarted: throw .notStarted
    case .permanentFailure: throw .permanentFailure(failures)
    }
    guard Self.isUsable(memory) else { throw .startUp(.memory) }

    let failedHealth = health
    noise.hashIterations = min(noise.hashIterations &* 2, 128)
    while oversamplingRate < JitterConfiguration.oversamplingRates.upperBound {
      oversamplingRate &+= 1
      do throws(JitterError) {
        try testStartUp(clock: &clock, memory: &memory)
      } catch {
        continue
      }
      try fillPool(clock: &clock, memory: &memory)
      health = failedHealth.carryOver(toRate: oversamplingRate)
      recoveries = recoveries.saturatingAdding(1)
      state = .operational
      return
    }
    health = failedHealth
    breakDown()
    throw .permanentFailure(failures)
  }

  /// Wipes what it knows and goes back to the start. Afterwards the host need not keep this value's memory secret.
  public mutating func reset() {
    pool.reset()
    sample.clear()
    wipe(&lastDelta)
    guard state != .permanentFailure else { return }
    // These know the latest deltas; after a permanent failure they also know why.
    wipe(&health)
    health = JitterHealthTests(oversamplingRate: oversamplingRate, mode: configuration.mode)
    state = .notStarted
  }

  // MARK: Inside

  /// The start-up test at the rate in force. It settles the common divisor; its deltas go into the pool without credit.
  private mutating func testStartUp<Clock: JitterClock & ~Copyable>(
    clock: inout Clock, memory: inout MutableSpan<UInt8>
  ) throws(JitterError) {
    guard Self.isUsable(memory) else { throw .startUp(.memory) }
    if let fault = JitterSelfTest.fault() { throw .startUp(fault) }

    noise = JitterNoiseSource(hashIterations: noise.hashIterations)
    health = JitterHealthTests(oversamplingRate: oversamplingRate, mode: configuration.mode)
    var test = JitterStartUpTest()
    _ = measure(.memoryAndHash, clock: &clock, memory: &memory)
    while !test.isComplete {
      let start = noise.lastTimeStamp
      let isStuck = measure(.memoryAndHash, clock: &clock, memory: &memory)
      if let fault = test.observe(start: start, end: noise.lastTimeStamp, isStuck: isStuck) { throw .startUp(fault) }
    }
    if let fault = test.verdict(oversamplingRate: oversamplingRate, failures: failures) { throw .startUp(fault) }
    noise.setCommonDivisor(test.commonDivisor)
  }

  /// The noise that must be in the pool before the first block: in FIPS and NTG.1 mode a block's worth from the memory
  /// alone and one from the hash loop alone, each with health tests of its own; else a block's worth from both together.
  private mutating func fillPool<Clock: JitterClock & ~Copyable>(
    clock: inout Clock, memory: inout MutableSpan<UInt8>
  ) throws(JitterError) {
    if configuration.mode == .plain {
      health = JitterHealthTests(oversamplingRate: oversamplingRate, mode: configuration.mode)
      try gather(.memoryAndHash, clock: &clock, memory: &memory)
    } else {
      health = JitterHealthTests(oversamplingRate: oversamplingRate, mode: configuration.mode)
      try gather(.memoryOnly, clock: &clock, memory: &memory)
      health = JitterHealthTests(oversamplingRate: oversamplingRate, mode: configuration.mode)
      try gather(.hashOnly, clock: &clock, memory: &memory)
    }
  }

  /// Measures until the deltas of one block that aren't stuck are in the pool, or a health test fails.
  private mutating func gather<Clock: JitterClock & ~Copyable>(
    _ stage: JitterStage, clock: inout Clock, memory: inout MutableSpan<UInt8>
  ) throws(JitterError) {
    let needed = configuration.deltasPerBlock(atRate: oversamplingRate)
    // The first delta spans whatever the caller did since the last block.
    _ = measure(stage, clock: &clock, memory: &memory)
    health.beginBlock(deltas: needed)
    var gathered: UInt32 = 0
    while gathered < needed {
      // Ends: a source that is stuck for good fails its repetition count test.
      if !measure(stage, clock: &clock, memory: &memory) { gathered &+= 1 }
      if !failures.isEmpty { try fail() }
    }
  }

  /// Ten blocks that stay in the pool, because too many deltas of the block before were stuck (NTG.1).
  private mutating func gatherRecoveryBlocks<Clock: JitterClock & ~Copyable>(
    clock: inout Clock, memory: inout MutableSpan<UInt8>
  ) throws(JitterError) {
    for _ in 0..<10 {
      try gather(.memoryAndHash, clock: &clock, memory: &memory)
      if health.blockNeedsRecovery {
        health.reportFailedRecoveryBlock()
        try fail()
      }
    }
  }

  private mutating func fail() throws(JitterError) {
    if failures.isPermanent {
      breakDown()
      throw .permanentFailure(failures)
    }
    state = .intermittentFailure
    throw .intermittentFailure(failures)
  }

  private mutating func breakDown() {
    state = .permanentFailure
    pool.reset()
    sample.clear()
  }

  /// One measurement. Says whether its delta is stuck; a stuck one goes into the pool all the same.
  @inline(never)
  mutating func measure<Clock: JitterClock & ~Copyable>(
    _ stage: JitterStage, clock: inout Clock, memory: inout MutableSpan<UInt8>
  ) -> Bool {
    sample.clear()
    let isStuck: Bool
    switch stage {
    case .memoryAndHash:
      lastDelta = noise.walkMemory(&memory, clock: &clock)
      isStuck = health.observe(lastDelta)
      sample.runHashLoop(iterations: noise.hashIterations, counters: health.counters)
    case .memoryOnly:
      lastDelta = noise.timeMemory(&memory, clock: &clock)
      isStuck = health.observe(lastDelta)
    case .hashOnly:
      lastDelta = noise.timeHashLoop(over: &sample, counters: health.counters, clock: &clock)
      isStuck = health.observe(lastDelta)
    }
    sample.set(delta: lastDelta, stage: stage)
    sample.insert(into: &pool)
    return isStuck
  }

  private static func isUsable(_ memory: borrowing MutableSpan<UInt8>) -> Bool {
    let size = memory.count
    return size >= minimumMemorySizeInBytes && size.nonzeroBitCount == 1 && size <= 1 &<< 30
  }
}
