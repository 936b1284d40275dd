// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux)

  // Time stamps of interrupts and context switches, from a kernel that nobody patched.
  //
  // perf_event_open(2) gives one event and one ring for each processor: the kernel writes the time of every occurrence,
  // in nanoseconds, into memory that we share with it. Three properties make this fit for an entropy source:
  //
  // - It is bounded. The event is armed for so many samples (PERF_EVENT_IOC_REFRESH) and the kernel disables it after
  //   the last one. An LRNG that wants nothing costs the system nothing, needs no thread, and can't be flooded: a ring has
  //   room for all samples it is armed for.
  // - It notices losses. What the kernel dropped or suppressed shows up as a gap.
  // - It is private to a process. A child of fork(2) does not inherit the mappings; descriptors close on exec.
  //
  // Whoever else holds CAP_PERFMON can see the same stamps. That is part of the threat model.

  import CLinux

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// Samples one kind of event on every processor that is online when it is opened.
  ///
  /// The value lives in wipe-on-fork memory. All zero bits are a sampler without rings: it drains nothing and waits for
  /// nothing, so a child can do no harm before it opens its own. One thread at a time uses a sampler; the host locks.
  @safe struct PerfSampler<Filter: PerfSampleFilter>: ~Copyable {
    /// Longer than any record of the interrupt tracepoint: 28 bytes and the name of an action.
    private static var longestRecordInBytes: Int { 128 }
    static var ringLengthInBytes: Int { 32 << 10 }
    /// A waiter is woken after so many samples on one processor. To wake somebody is a context switch itself: with 1 the
    /// scheduler source would mostly observe its own waiter.
    private static var wakeUpEvents: UInt32 { 32 }

    /// Rings and, for `poll`, their descriptors: two parts of one mapping that children don't have.
    private var memory: UnsafeMutableRawBufferPointer
    private var rings: UnsafeMutableBufferPointer<PerfEventRing<Filter>>
    private var descriptors: UnsafeMutableBufferPointer<pollfd>
    /// How many samples of each processor can be armed at a time: what a ring has room for.
    private(set) var mostEvents: Int

    /// Opens the event on the given processors.
    ///
    /// A processor that went offline is left out, and so are those for which descriptors or lockable memory do not
    /// suffice, as long as one is observed. Nothing is sampled before ``want(events:)``.
    ///
    /// - Parameter ringLengthInBytes: A power of two. A seed needs the default; a recorder that must not miss anything, more.
    init(
      _ event: System.PerfEvent, on cpus: [Int], filter: Filter, ringLengthInBytes: Int = Self.ringLengthInBytes
    ) throws(EntropySourceUnavailability) {
      guard !cpus.isEmpty else { throw .noProcessor }
      let ringsLength = cpus.count * MemoryLayout<PerfEventRing<Filter>>.stride
      let length = ringsLength + cpus.count * MemoryLayout<pollfd>.stride
      let memory: UnsafeMutableRawBufferPointer
      switch unsafe System.mapMemory(lengthInBytes: length) {
      case .success(let mapping): unsafe memory = mapping
      case .failure(let error): throw .systemError(number: error.rawValue)
      }
      _ = unsafe System.advise(memory, CInt(LRNG_MADV_DONTFORK))
      guard let base = memory.baseAddress else { throw .systemError(number: Errno.outOfMemory.rawValue) }
      // The mapping has room for all rings, then for all descriptors; the strides keep both aligned.
      let rings = unsafe base.bindMemory(to: PerfEventRing<Filter>.self, capacity: cpus.count)
      let descriptors = unsafe (base + ringsLength).bindMemory(to: pollfd.self, capacity: cpus.count)

      var count = 0
      var reason = EntropySourceUnavailability.noProcessor
      for cpu in cpus {
        switch Self.openRing(event, cpu: cpu, filter: filter, ringLengthInBytes) {
        case .success(let ring):
          unsafe (rings + count).initialize(to: ring)
          unsafe (descriptors + count).initialize(to: pollfd(fd: ring.descriptor, events: Int16(POLLIN), revents: 0))
          count += 1
        case .failure(let failure):
          reason = failure
        }
      }
      guard count > 0 else {
        unsafe System.unmap(memory)
        throw reason
      }
      mostEvents = ringLengthInBytes / Self.longestRecordInBytes
      unsafe self.memory = memory
      unsafe self.rings = UnsafeMutableBufferPointer(start: rings, count: count)
      unsafe self.descriptors = UnsafeMutableBufferPointer(start: descriptors, count: count)
    }

    private static func openRing(
      _ event: System.PerfEvent, cpu: Int, filter: Filter, _ ringLengthInBytes: Int
    ) -> Result<PerfEventRing<Filter>, EntropySourceUnavailability> {
      let descriptor: CInt
      switch System.openPerfEvent(event, cpu: cpu, wakeUpEvents: wakeUpEvents) {
      case .success(let opened): descriptor = opened
      case .failure(let error): return .failure(EntropySourceUnavailability(openingPerfEvent: error))
      }
      let pageSizeInBytes = System.pageSizeInBytes
      let length = pageSizeInBytes + max(pageSizeInBytes, ringLengthInBytes)
      switch unsafe System.mapFile(descriptor, lengthInBytes: length) {
      case .success(let page):
        // The kernel marks ring mappings so by itself; this makes it our promise.
        _ = unsafe System.advise(page, CInt(LRNG_MADV_DONTFORK))
        if let ring = unsafe PerfEventRing(
          cpu: cpu, descriptor: descriptor, page: page, dataOffset: pageSizeInBytes, filter: filter)
        {
          return .success(ring)
        }
        unsafe System.unmap(page)
        System.close(descriptor)
        return .failure(.perfEventsMissing)
      case .failure(let error):
        System.close(descriptor)
        // mmap(2) of a ring says EPERM when it exceeds perf_event_mlock_kb and RLIMIT_MEMLOCK.
        return .failure(
          error == .notPermitted || error == .wouldBlock
            ? .lockedMemoryLimit : .systemError(number: error.rawValue))
      }
    }

    /// What a ring of the default length has room for: 256 samples, as many as a seed takes.
    static var mostEvents: Int { ringLengthInBytes / longestRecordInBytes }

    /// Arms each processor for up to `events` samples, no more than ``mostEvents``.
    ///
    /// One system call for each processor. What was armed before is part of these; a caller that is short of events
    /// calls it after each ``drain(_:)``.
    mutating func want(events: Int) {
      let samples = min(events, mostEvents)
      for index in unsafe rings.indices { unsafe rings[index].want(samples: samples) }
    }

    /// Stops sampling until the next ``want(events:)``.
    mutating func pauseSampling() {
      for index in unsafe rings.indices { unsafe rings[index].pause() }
    }

    /// Reads what the rings hold: for each processor its events in order, and where they are not adjacent a gap.
    ///
    /// Does not wait. Allocates nothing, except when an interrupt line is seen for the first time. Returns the number of
    /// events.
    @discardableResult
    mutating func drain(_ body: (PerfObservation) -> Void) -> Int {
      var count = 0
      for index in unsafe rings.indices { unsafe count += rings[index].drain(body) }
      return count
    }

    enum WaitOutcome: Equatable {
      /// Some processor has samples.
      case ready
      case timedOut
      /// A signal handler ran.
      case interrupted
      /// There is nothing to wait for.
      case unavailable
    }

    /// Waits until some processor has taken another 32 samples, or until the time is over. `nil` waits for ever, and
    /// with fewer than 32 armed that is what happens.
    ///
    /// Fewer samples may be there at the end of the time; a caller drains in any case.
    mutating func wait(timeout: Duration?) -> WaitOutcome {
      guard unsafe !descriptors.isEmpty else { return .unavailable }
      switch unsafe System.poll(descriptors, timeout: timeout) {
      case .success(0): return .timedOut
      case .failure(.interrupted): return .interrupted
      case .failure: return .unavailable
      case .success: break
      }
      var isReady = false
      for index in unsafe descriptors.indices {
        let events = unsafe Int32(descriptors[index].revents)
        if events & POLLIN != 0 {
          isReady = true
        } else if events != 0 {
          // The event is dead. A negative descriptor is passed over, so that the next wait is one.
          unsafe descriptors[index].fd = -1
        }
      }
      return isReady ? .ready : .timedOut
    }

    /// The processors observed.
    var processorCount: Int { unsafe rings.count }

    /// What was seen since the sampler was opened.
    var statistics: PerfStatistics {
      var total = PerfStatistics()
      for index in unsafe rings.indices {
        let ring = unsafe rings[index].statistics
        total.samples &+= ring.samples
        total.events &+= ring.events
        total.lost &+= ring.lost
        total.gaps &+= ring.gaps
        total.exhaustions &+= ring.exhaustions
        unsafe total.eventsPerSecond &+= rings[index].eventsPerSecond
      }
      total.processors = unsafe rings.count
      return total
    }

    /// Closes all events. The sampler is one without rings then.
    mutating func close() {
      for index in unsafe rings.indices { unsafe rings[index].close() }
      unsafe System.unmap(memory)
      unsafe memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
      unsafe rings = UnsafeMutableBufferPointer(start: nil, count: 0)
      unsafe descriptors = UnsafeMutableBufferPointer(start: nil, count: 0)
    }
  }

  extension EntropySourceUnavailability {
    /// What the failure of `perf_event_open(2)` means.
    init(openingPerfEvent error: Errno) {
      switch error {
      case .permissionDenied, .notPermitted:
        // With the capability the paranoia level does not matter, so something else is in the way.
        self =
          MachineFacts.mayMonitorPerformance
          ? .perfEventsBlocked : .perfEventsForbidden(paranoidLevel: MachineFacts.perfEventParanoidLevel)
      case .noSuchCall: self = .perfEventsMissing
      case .noSuchFile, .invalidArgument: self = .tracepointMissing
      case .tooManyOpenFiles, .tooManyOpenFilesInSystem: self = .tooManyOpenFiles
      case .noSuchDevice: self = .noProcessor
      default: self = .systemError(number: error.rawValue)
      }
    }
  }

  // MARK: - The two samplers

  #if SchedulerSource
    /// Takes every sample: a context switch is one event.
    struct EverySample: PerfSampleFilter {
      mutating func accepts(_ raw: PerfRingField, in data: Span<UInt8>) -> Bool { true }
    }

    /// The noise source of the entropy source "Scheduler": time stamps of context switches.
    typealias SchedulerSampler = PerfSampler<EverySample>

    extension PerfSampler where Filter == EverySample {
      /// Opens the sampler for context switches.
      static func contextSwitches(
        on cpus: [Int], ringLengthInBytes: Int = Self.ringLengthInBytes
      ) throws(EntropySourceUnavailability) -> PerfSampler {
        try PerfSampler(.contextSwitch, on: cpus, filter: EverySample(), ringLengthInBytes: ringLengthInBytes)
      }
    }
  #endif

  #if InterruptSource
    /// The noise source of the entropy source "Interrupt": time stamps of hardware interrupts.
    typealias InterruptSampler = PerfSampler<InterruptLineFilter>

    extension PerfSampler where Filter == InterruptLineFilter {
      /// Opens the sampler for interrupts.
      static func interrupts(
        on cpus: [Int], ringLengthInBytes: Int = Self.ringLengthInBytes
      ) throws(EntropySourceUnavailability) -> PerfSampler {
        let tracepoint = try InterruptTracepoint.locate()
        return try PerfSampler(
          .tracepoint(tracepoint.number), on: cpus, filter: InterruptLineFilter(tracepoint),
          ringLengthInBytes: ringLengthInBytes)
      }
    }
  #endif

#endif
