// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// What one processor collects from one event source: interrupts, or context switches.
//
// Each processor has a state of its source for itself, so that its events take no lock and share no cache line. It tests
// its own counter and its own health. What fails now and then is set back for itself; what fails for good is the end of the
// whole source, which then delivers nothing, and collects nothing after 32 more events, until the module is loaded anew.

import Glue
import Synchronization

@safe struct EventProcessor: ~Copyable {
  private var collector: EventCollector
  /// Read by the thread that seeds, written by its processor until it is settled.
  private(set) var source: EventSourceState
  /// Whether events take the short way, see ``EventSourceState/plainShift``.
  private var isPlain = false
  private var plainShift: UInt32 = 0
  /// Guarded by the lock of the processor's pool.
  private var pool: EventPool
  private var lanes = LaneHash()
  let events = UnusedEvents()
  /// What the processor has to tell.
  let reports = Atomic<UInt32>(0)
  private let array: UnsafeMutablePointer<UInt32>
  private let lengthInWords: Int
  let cpu: UInt32
  private let kind: lrng_source

  init(
    _ kind: lrng_source, cpu: UInt32, array: UnsafeMutablePointer<UInt32>, size: CollectionSize, hash: HashAlgorithm,
    resolution: TimerResolution, testsHealth: Bool
  ) {
    self.kind = kind
    self.cpu = cpu
    unsafe self.array = array
    lengthInWords = size.lengthInWords
    collector = EventCollector(size)
    source = EventSourceState(resolution: resolution, healthTestsRequested: testsHealth)
    pool = EventPool(hash)
  }

  /// Takes an event of this processor, with interrupts off.
  ///
  /// It returns nothing, so that the seldom ways, and this one for its caller, can be jumps.
  @inline(__always)
  static func take(_ processor: UnsafeMutablePointer<EventProcessor>, _ stamp: UInt32) {
    guard unsafe processor.pointee.isPlain else { return unsafe takeOtherwise(processor, stamp) }
    let (slot, value) = unsafe processor.pointee.collector.collect(
      plainStamp: stamp, shiftedBy: processor.pointee.plainShift, counting: processor.pointee.events)
    unsafe store(value, in: slot, of: processor)
  }

  /// Takes an event that comes with other data, which only a coarse counter asks for.
  static func take(_ processor: UnsafeMutablePointer<EventProcessor>, _ stamp: UInt32, with otherData: UInt32) {
    guard unsafe processor.pointee.source.resolution == .low else { return unsafe take(processor, stamp) }
    unsafe processor.pointee.takeWithTests(stamp, otherData)
  }

  /// In FIPS mode, where the step of the counter is not a power of two, and until it is known.
  @inline(never)
  private static func takeOtherwise(_ processor: UnsafeMutablePointer<EventProcessor>, _ stamp: UInt32) {
    #if Injection
      let stamp = unsafe processor.pointee.injected(stamp)
    #endif
    guard
      let (slot, value) = unsafe processor.pointee.collector.collect(
        calmStamp: stamp, from: &processor.pointee.source, counting: processor.pointee.events)
    else { return unsafe processor.pointee.takeWithTests(stamp) }
    unsafe store(value, in: slot, of: processor)
  }

  @inline(__always)
  private static func store(_ value: UInt8, in slot: UInt32, of processor: UnsafeMutablePointer<EventProcessor>) {
    // The array has as many bytes as the collector has slots.
    unsafe UnsafeMutableRawPointer(array(behind: processor)).storeBytes(
      of: value, toByteOffset: Int(slot), as: UInt8.self)
    if slot & 31 == 31 { unsafe processor.pointee.pause() }
  }

  /// Where the collection array is: ``lrng_processor_size`` makes room for it.
  static func array(behind processor: UnsafeMutablePointer<EventProcessor>) -> UnsafeMutablePointer<UInt32> {
    unsafe UnsafeMutableRawPointer(processor + 1).assumingMemoryBound(to: UInt32.self)
  }

  /// Every 32 events.
  @inline(never)
  private mutating func pause() {
    if unsafe host.pointee.hasFailed(kind) { stop() }
    if collector.isAtEnd { arrayIsFull() }
    if unsafe host.pointee.isAttentive { wakeThread() }
  }

  /// Another processor has found the source to be broken. The thread discards what has come here since then.
  private mutating func stop() {
    source.settleCalmEvents()
    guard events.count > 0 else { return }
    unsafe host.pointee.hasReports.store(true, ordering: .releasing)
    wakeThread()
  }

  /// Lets the LRNG's thread look at what there is. What the scheduler has to tell waits: nobody may be woken in there.
  private func wakeThread() {
    if kind == LRNG_SOURCE_INTERRUPT { lrng_glue_kick() }
  }

  @inline(never)
  private mutating func takeWithTests(_ stamp: UInt32, _ otherData: UInt32 = 0) {
    if unsafe host.pointee.hasFailed(kind) { return stop() }
    let event = NoiseEvent(stamp: UInt64(stamp), otherData: otherData)
    var array = unsafe MutableSpan(_unsafeStart: array, count: lengthInWords)
    let collected = collector.collect(event, from: &source, counting: events, in: &array)
    if let shift = source.plainShift {
      plainShift = shift
      isPlain = true
    }
    source.grantCalmEvents()
    var news: UInt32 = collected.completesGCD ? EventReport.divisorKnown : 0
    switch collected.healthReport {
    case .startupTestPassed: news |= EventReport.startupTestPassed
    case .intermittentFailure: news |= EventReport.intermittentFailure
    case .permanentFailure:
      news |= EventReport.permanentFailure
      unsafe host.pointee.fail(kind)
    case nil: break
    }
    if news & (EventReport.intermittentFailure | EventReport.permanentFailure) != 0 {
      sourceFailed()
    } else if collected.isArrayFull {
      arrayIsFull()
    }
    if news != 0 {
      reports.bitwiseOr(news, ordering: .releasing)
      unsafe host.pointee.hasReports.store(true, ordering: .releasing)
    }
    if unsafe news != 0 || (collected.isCheckpoint && host.pointee.isAttentive) { wakeThread() }
  }

  #if Injection
    private func injected(_ stamp: UInt32) -> UInt32 { lrng_glue_biases(kind) ? source.biased(stamp) : stamp }
  #endif

  /// Hashes a full array of interrupts. The scheduler is never kept waiting: its array is overwritten.
  private mutating func arrayIsFull() {
    guard kind == LRNG_SOURCE_INTERRUPT, unsafe host.pointee.compressesContinuously else { return }
    let interrupts = lrng_glue_lock_processor(kind, cpu)
    // An array that a recorder has is known to somebody, and so are the events in it.
    if unsafe lrng_glue_record_array(array, lengthInWords) { discard() } else { compress() }
    lrng_glue_unlock_processor(kind, cpu, interrupts)
  }

  /// What was collected is worth nothing. For the scheduler that is done by the thread that hears of it.
  private mutating func sourceFailed() {
    guard kind == LRNG_SOURCE_INTERRUPT else { return }
    let interrupts = lrng_glue_lock_processor(kind, cpu)
    discard()
    lrng_glue_unlock_processor(kind, cpu, interrupts)
  }

  private mutating func compress() {
    if pool.algorithm == .sha256, unsafe lanes.absorb(array, lengthInWords: lengthInWords) { return }
    unsafe pool.compress(Span(_unsafeStart: array, count: lengthInWords))
  }

  // MARK: - For who seeds; the lock of the pool is held

  var mayDeliver: Bool { unsafe source.health.mayDeliver && !host.pointee.hasFailed(kind) }

  func countableEvents(_ accounting: EventAccounting) -> UInt32 {
    mayDeliver ? accounting.countableEvents(waiting: events.count, pool: pool.algorithm) : 0
  }

  mutating func harvest(_ harvest: inout EventHarvest) -> (used: UInt32, unused: UInt32) {
    lanes.drain(into: &pool)
    return unsafe harvest.take(from: &pool, counting: events, array: Span(_unsafeStart: array, count: lengthInWords))
  }

  mutating func discard() {
    var array = unsafe MutableSpan(_unsafeStart: array, count: lengthInWords)
    lanes.wipe()
    pool.discard(counting: events, array: &array)
  }

  #if Switching
    mutating func switchHash(to algorithm: HashAlgorithm, accounting: EventAccounting, _ keepingCredit: Bool) {
      if !keepingCredit { discard() }
      lanes.drain(into: &pool)
      pool.switchHash(to: algorithm, counting: events, accounting: accounting)
    }
  #endif
}

#if Injection
  extension EventSourceState {
    /// Failing noise for tests: the symbol of the adaptive proportion test is the same but for one in sixteen, and the stamp
    /// is not stuck.
    fileprivate func biased(_ stamp: UInt32) -> UInt32 {
      let divisor = max(gcd.divisor, 1)
      let steps = stamp / divisor
      return steps & 0xF0 == 0 ? stamp : (steps & ~0xF | 5) &* divisor
    }
  }
#endif

/// What a processor reports, a bit each.
enum EventReport {
  static let startupTestPassed: UInt32 = 1
  static let intermittentFailure: UInt32 = 2
  static let permanentFailure: UInt32 = 4
  static let divisorKnown: UInt32 = 8
}

extension KernelHost {
  /// Runs the body for each processor that has memory for the source.
  func forEachProcessor(of source: lrng_source, _ body: (UnsafeMutablePointer<EventProcessor>, UInt32) -> Void) {
    for cpu in 0..<settings.cpus {
      guard let memory = unsafe lrng_glue_processor(source, cpu) else { continue }
      unsafe body(memory.assumingMemoryBound(to: EventProcessor.self), cpu)
    }
  }

  var collectionSize: CollectionSize { CollectionSize(rawValue: settings.collection_size) ?? .default }

  /// Whether a full array of interrupts is hashed: as configured, and always where one array can't hold a seed.
  var compressesContinuously: Bool {
    values[LRNG_SET_CONTINUOUS_COMPRESSION] != 0
      || EventAccounting(
        configuredRate: credit.interrupt, resolution: resolution, size: collectionSize, compressesContinuously: false
      ).needsContinuousCompression
  }

  func accounting(of source: lrng_source) -> EventAccounting {
    let isInterrupt = source == LRNG_SOURCE_INTERRUPT
    return EventAccounting(
      configuredRate: isInterrupt ? credit.interrupt : credit.scheduler, resolution: resolution, size: collectionSize,
      compressesContinuously: isInterrupt && compressesContinuously)
  }

  func availableBits(ofEvents source: lrng_source, oversamplingBits: UInt32) -> UInt32 {
    let accounting = accounting(of: source)
    var events: UInt32 = 0
    unsafe forEachProcessor(of: source) { processor, _ in
      // No lock: nothing but numbers that may be old already.
      events = unsafe events.saturatingAdding(processor.pointee.countableEvents(accounting))
    }
    return accounting.availableBits(ofCountableEvents: events, oversamplingBits: oversamplingBits, hash: hash)
  }

  func collectEvents(
    of source: lrng_source, into slot: inout MutableSpan<UInt8>, requestedBits: UInt32, oversamplingBits: UInt32
  ) -> UInt32 {
    var harvest = EventHarvest(
      requestedBits: requestedBits, oversamplingBits: oversamplingBits, accounting: accounting(of: source), hash: hash)
    let kind: EntropySourceKind = source == LRNG_SOURCE_INTERRUPT ? .interrupt : .scheduler
    for cpu in 0..<settings.cpus {
      guard let memory = unsafe lrng_glue_processor(source, cpu) else { continue }
      let processor = unsafe memory.assumingMemoryBound(to: EventProcessor.self)
      guard unsafe processor.pointee.mayDeliver else { continue }
      let interrupts = lrng_glue_lock_processor(source, cpu)
      let taken = unsafe processor.pointee.harvest(&harvest)
      lrng_glue_unlock_processor(source, cpu, interrupts)
      trace(.eventsUsed(kind, cpu: cpu, used: taken.used, unused: taken.unused))
    }
    let entropy = harvest.finish(into: &slot)
    trace(.obtained(kind, bits: entropy.obtainedBits, collectedBits: entropy.collectedBits))
    return entropy.obtainedBits
  }

  /// Whether the whole source is out for good.
  func hasFailed(_ source: lrng_source) -> Bool {
    failedSources.load(ordering: .relaxed) & (1 &<< source.rawValue) != 0
  }

  fileprivate func fail(_ source: lrng_source) {
    failedSources.bitwiseOr(1 &<< source.rawValue, ordering: .relaxed)
  }

  /// Acts on what sources report. May sleep.
  func settleReports() {
    hasReports.store(false, ordering: .sequentiallyConsistent)
    settleReports(of: LRNG_SOURCE_INTERRUPT, .interrupt)
    settleReports(of: LRNG_SOURCE_SCHEDULER, .scheduler)
    settleJitterReport()
  }

  private func settleReports(of source: lrng_source, _ kind: EntropySourceKind) {
    for cpu in 0..<settings.cpus {
      guard let memory = unsafe lrng_glue_processor(source, cpu) else { continue }
      let processor = unsafe memory.assumingMemoryBound(to: EventProcessor.self)
      let hasReports = unsafe processor.pointee.reports.load(ordering: .relaxed) != 0
      let news = unsafe hasReports ? processor.pointee.reports.exchange(0, ordering: .acquiring) : 0
      // Of a source that is out, all processors lose what they have.
      let hasFailed = news & (EventReport.intermittentFailure | EventReport.permanentFailure) != 0
      if unsafe hasFailed || (self.hasFailed(source) && processor.pointee.events.count > 0) {
        let interrupts = lrng_glue_lock_processor(source, cpu)
        unsafe processor.pointee.discard()
        lrng_glue_unlock_processor(source, cpu, interrupts)
      }
      guard news != 0 else { continue }
      if news & EventReport.divisorKnown != 0 {
        trace(.commonDivisor(kind, divisor: unsafe processor.pointee.source.gcd.divisor))
      }
      if news & EventReport.startupTestPassed != 0, !self.hasFailed(source) {
        trace(.startupTestCompleted(kind))
        forceReseed()
        entropyArrived()
      }
      if hasFailed {
        let isPermanent = news & EventReport.permanentFailure != 0
        lrng_glue_health_failed(source, isPermanent)
        sourceDidFail(kind, isPermanent: isPermanent)
      }
    }
  }
}
