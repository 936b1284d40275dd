// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux) && (InterruptSource || SchedulerSource)
  import LRNGCore

  /// What one processor collected from an event source.
  struct ProcessorEvents: ~Copyable {
    var collector: EventCollector
    var pool: EventPool
    let events = UnusedEvents()

    init(_ size: CollectionSize, _ hash: HashAlgorithm) {
      collector = EventCollector(size)
      pool = EventPool(hash)
    }
  }

  /// The entropy source "IRQ" or "Scheduler": from the rings of a sampler through health tests and per-CPU pools to a slot.
  ///
  /// The value lives in wipe-on-fork memory, guarded by a lock of its host. All zero bits are never looked at.
  @safe struct EventEntropySource<Filter: PerfSampleFilter>: ~Copyable {
    let kind: EntropySourceKind
    let isCompressing: Bool
    private(set) var state: EventSourceState
    private var sampler: PerfSampler<Filter>
    private let size: CollectionSize
    private var hash: HashAlgorithm
    /// One for each processor in the order of `cpus`, in the host's memory, as are the arrays.
    private let processors: UnsafeMutableBufferPointer<ProcessorEvents>
    private let arrays: UnsafeMutableBufferPointer<UInt32>
    /// What was seen of recordings after the last look into the rings.
    private(set) var recordings: RecordingView

    /// - Parameters:
    ///   - sampler: What delivers time stamps.
    ///   - recordings: What was seen of recordings before the sampler was opened.
    ///   - processors: Memory for one value for each processor, not initialised.
    ///   - arrays: Memory for the collection arrays of all processors.
    init(
      _ kind: EntropySourceKind, sampler: consuming PerfSampler<Filter>, resolution: TimerResolution,
      testsHealth: Bool, size: CollectionSize, hash: HashAlgorithm,
      processors: UnsafeMutableBufferPointer<ProcessorEvents>, arrays: UnsafeMutableBufferPointer<UInt32>,
      recordings: RecordingView
    ) {
      self.kind = kind
      self.recordings = recordings
      // A context switch must not be kept waiting by a hash: that array is overwritten.
      isCompressing = kind == .interrupt
      state = EventSourceState(resolution: resolution, healthTestsRequested: testsHealth)
      self.sampler = sampler
      self.size = size
      self.hash = hash
      unsafe self.processors = processors
      unsafe self.arrays = arrays
      for index in processors.indices {
        // The host reserved the memory for this.
        unsafe processors.initializeElement(at: index, to: ProcessorEvents(size, hash))
      }
      unsafe arrays.update(repeating: 0)
    }

    func accounting(_ rate: EventRate) -> EventAccounting {
      EventAccounting(
        configuredRate: rate, resolution: state.resolution, size: size, compressesContinuously: isCompressing)
    }

    /// Reads the rings, and arms them again while less than `wantedEvents` are waiting.
    ///
    /// - Parameters:
    ///   - index: The place of a processor, `nil` for one that came later.
    ///   - report: Called for changes of health and for a new divisor of the time stamps.
    mutating func drain(
      wantedEvents: UInt32, index: (Int) -> Int?, report: (HealthReport?, UInt32?) -> Void
    ) {
      // Copies of what the closure may touch: the sampler is exclusive during the drain.
      let (processors, arrays) = unsafe (processors, arrays)
      let lengthInWords = size.lengthInWords
      var state = state
      let isCompressing = isCompressing
      sampler.drain { observation in
        switch observation {
        case .gap(let cpu):
          guard let place = index(cpu) else { return }
          unsafe processors[place].collector.restartDerivatives()
        case .event(let cpu, let timestamp):
          guard let place = index(cpu) else { return }
          let start = place * lengthInWords
          // The part of this processor, within the memory that the host reserved.
          let part = unsafe UnsafeMutableBufferPointer(rebasing: arrays[start..<start + lengthInWords])
          var array = unsafe part.mutableSpan
          let (collected, isFull) = unsafe Self.collect(
            timestamp, processors.baseAddress?.advanced(by: place), &state, &array)
          if isFull && isCompressing { unsafe processors[place].pool.compress(array.span) }
          guard let collected else { return }
          if let health = collected.healthReport {
            if health != .startupTestPassed { unsafe Self.discard(processors, arrays, lengthInWords) }
            report(health, nil)
          }
          if collected.completesGCD { report(nil, state.gcd.divisor) }
        }
      }
      self.state = state
      if waitingEvents < wantedEvents || state.health.seesEverySample && !state.health.mayDeliver {
        // One processor may have to deliver all of them.
        sampler.want(events: PerfSampler<Filter>.mostEvents)
      }
    }

    /// Credits nothing of what waits, if somebody may have recorded it. It stays in the pools: who recorded gains nothing by that.
    ///
    /// - Parameter view: What is seen of recordings *after* the rings were read. Who begins later has nothing of what was in them.
    mutating func note(_ view: RecordingView) {
      if !view.isUndisturbed(since: recordings) {
        for index in unsafe processors.indices { unsafe processors[index].events.discard() }
      }
      recordings = view
    }

    private static func collect(
      _ timestamp: UInt64, _ processor: UnsafeMutablePointer<ProcessorEvents>?, _ state: inout EventSourceState,
      _ array: inout MutableSpan<UInt32>
    ) -> (CollectedEvent?, isFull: Bool) {
      guard let processor = unsafe processor else { return (nil, false) }
      let collected = unsafe processor.pointee.collector.collect(
        NoiseEvent(stamp: timestamp), from: &state, counting: processor.pointee.events, in: &array)
      return (collected, collected.isArrayFull)
    }

    private static func discard(
      _ processors: UnsafeMutableBufferPointer<ProcessorEvents>, _ arrays: UnsafeMutableBufferPointer<UInt32>,
      _ lengthInWords: Int
    ) {
      for place in processors.indices {
        let start = place * lengthInWords
        let part = unsafe UnsafeMutableBufferPointer(rebasing: arrays[start..<start + lengthInWords])
        var array = unsafe part.mutableSpan
        unsafe processors[place].pool.discard(counting: processors[place].events, array: &array)
      }
    }

    /// Events that wait on all processors.
    var waitingEvents: UInt32 {
      var sum: UInt64 = 0
      for index in unsafe processors.indices { unsafe sum += UInt64(processors[index].events.count) }
      return UInt32(truncatingIfNeeded: min(sum, UInt64(UInt32.max)))
    }

    /// The bits that a seed could get.
    func availableBits(_ rate: EventRate, oversamplingBits: UInt32) -> UInt32 {
      guard state.health.mayDeliver else { return 0 }
      let accounting = accounting(rate)
      var events: UInt32 = 0
      for index in unsafe processors.indices {
        let waiting = unsafe processors[index].events.count
        let (sum, overflow) = events.addingReportingOverflow(
          accounting.countableEvents(waiting: waiting, pool: hash))
        events = overflow ? .max : sum
      }
      return accounting.availableBits(ofCountableEvents: events, oversamplingBits: oversamplingBits, hash: hash)
    }

    /// Takes entropy for a seed from the pools of all processors.
    mutating func collect(
      into slot: inout MutableSpan<UInt8>, requestedBits: UInt32, oversamplingBits: UInt32, rate: EventRate,
      cpus: [Int], used: (_ cpu: Int, _ used: UInt32, _ unused: UInt32) -> Void
    ) -> ConditionedEntropy? {
      guard state.health.mayDeliver else { return nil }
      var harvest = EventHarvest(
        requestedBits: requestedBits, oversamplingBits: oversamplingBits, accounting: accounting(rate), hash: hash)
      let lengthInWords = size.lengthInWords
      for index in unsafe processors.indices {
        let start = index * lengthInWords
        let part = unsafe UnsafeMutableBufferPointer(rebasing: arrays[start..<start + lengthInWords])
        let processor = unsafe processors.baseAddress?.advanced(by: index)
        guard let processor = unsafe processor else { continue }
        let taken = unsafe harvest.take(
          from: &processor.pointee.pool, counting: processor.pointee.events, array: part.span)
        used(index < cpus.count ? cpus[index] : index, taken.used, taken.unused)
      }
      return harvest.finish(into: &slot)
    }

    #if Switching
      /// Lets the pools of all processors go on with another hash.
      mutating func switchHash(to next: HashAlgorithm, _ rate: EventRate, keepingEvents: Bool) {
        if !keepingEvents { unsafe Self.discard(processors, arrays, size.lengthInWords) }
        let accounting = accounting(rate)
        for index in unsafe processors.indices {
          let processor = unsafe processors.baseAddress?.advanced(by: index)
          guard let processor = unsafe processor else { continue }
          unsafe processor.pointee.pool.switchHash(
            to: next, counting: processor.pointee.events, accounting: accounting)
        }
        hash = next
      }
    #endif

    var statistics: PerfStatistics { sampler.statistics }

    mutating func wait(timeout: Duration) -> PerfSampler<Filter>.WaitOutcome {
      sampler.wait(timeout: timeout)
    }

    mutating func close() {
      sampler.close()
      unsafe Self.discard(processors, arrays, size.lengthInWords)
    }
  }

#endif
