// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The six sources as the engine's core sees them: how they are opened, what they have, and how they are emptied.

import LRNGCore
import Synchronization

extension Engine {
  /// The events that are kept ready: a seed of 256 bits, or an oversampled first seed.
  private var wantedEvents: UInt32 { policy.isOversampling ? 448 : 256 }

  /// Opens the sources in place. Nobody else sees the state yet.
  func openSources() {
    var isInterruptAvailable = false
    var isSchedulerAvailable = false
    #if os(Linux) && InterruptSource
      if configuration.interrupt.isEnabled {
        do throws(EntropySourceUnavailability) {
          let recordings = viewOfRecordings()
          let sampler = try InterruptSampler.interrupts(on: topology.online)
          unsafe places.interrupt.initializeElement(
            at: 0,
            to: EventEntropySource(
              .interrupt, sampler: sampler, resolution: resolution, testsHealth: isFIPS,
              size: configuration.collectionSize, hash: hash, processors: places.interruptProcessors,
              arrays: places.interruptArrays, recordings: recordings))
          unsafe state.pointee.isInterruptOpen = true
          isInterruptAvailable = true
        } catch {
          unsafe state.pointee.interruptProblem = error
        }
      }
    #endif
    #if os(Linux) && SchedulerSource
      if configuration.scheduler.isEnabled {
        do throws(EntropySourceUnavailability) {
          let recordings = viewOfRecordings()
          let sampler = try SchedulerSampler.contextSwitches(on: topology.online)
          unsafe places.scheduler.initializeElement(
            at: 0,
            to: EventEntropySource(
              .scheduler, sampler: sampler, resolution: resolution, testsHealth: isFIPS,
              size: configuration.collectionSize, hash: hash, processors: places.schedulerProcessors,
              arrays: places.schedulerArrays, recordings: recordings))
          unsafe state.pointee.isSchedulerOpen = true
          isSchedulerAvailable = true
        } catch {
          unsafe state.pointee.schedulerProblem = error
        }
      }
    #endif
    unsafe state.pointee.credit = credit(
      isInterruptAvailable: isInterruptAvailable, isSchedulerAvailable: isSchedulerAvailable)
    #if JitterSource
      if configuration.jitter.isEnabled { openJitter() }
    #endif
  }

  /// Gives descriptors and rings back. Only where they were opened by this process.
  func closeSources() {
    #if os(Linux) && InterruptSource
      if unsafe state.pointee.isInterruptOpen { unsafe places.interrupt[0].close() }
    #endif
    #if os(Linux) && SchedulerSource
      if unsafe state.pointee.isSchedulerOpen { unsafe places.scheduler[0].close() }
    #endif
    #if JitterSource
      if unsafe state.pointee.isJitterOpen { unsafe places.jitter[0].close() }
    #endif
    #if os(Linux)
      unsafe state.pointee.hardwareGenerator.close()
    #endif
  }

  // MARK: - What they have

  func availableBits(of source: EntropySourceKind, requestedBits: UInt32) -> UInt32 {
    let oversamplingBits = policy.conditioningOversamplingBits
    switch source {
    case .interrupt:
      #if os(Linux) && InterruptSource
        return withInterrupts { interrupt, rate in
          drain(&interrupt)
          return interrupt.availableBits(rate, oversamplingBits: oversamplingBits)
        } ?? 0
      #else
        return 0
      #endif
    case .scheduler:
      #if os(Linux) && SchedulerSource
        return withScheduler { scheduler, rate in
          drain(&scheduler)
          return scheduler.availableBits(rate, oversamplingBits: oversamplingBits)
        } ?? 0
      #else
        return 0
      #endif
    case .jitter:
      #if JitterSource
        guard unsafe state.pointee.isJitterWorking.load(ordering: .acquiring) else { return 0 }
        return unsafe state.pointee.credit.jitter.bits(ofDataBits: requestedBits)
      #else
        return 0
      #endif
    case .cpu:
      #if CPUSource
        guard configuration.cpu.isEnabled else { return 0 }
        return unsafe state.pointee.cpuLock.withLock {
          if unsafe state.pointee.cpuProblem != nil { unsafe state.pointee.cpuProblem = probeCPU() }
          return unsafe state.pointee.cpuProblem == nil ? state.pointee.credit.cpu.bits(ofDataBits: requestedBits) : 0
        }
      #else
        return 0
      #endif
    case .kernel:
      #if KernelSource
        guard configuration.kernel.isEnabled else { return 0 }
        return unsafe state.pointee.kernelLock.withLock {
          if unsafe state.pointee.kernelProblem != nil { unsafe state.pointee.kernelProblem = probeKernel() }
          return unsafe state.pointee.kernelProblem == nil
            ? state.pointee.credit.kernel.bits(ofDataBits: requestedBits) : 0
        }
      #else
        return 0
      #endif
    case .auxiliary:
      return unsafe state.pointee.auxiliaryLock.withLock {
        let pooledBits = unsafe state.pointee.auxiliary.availableBits(oversamplingBits: oversamplingBits)
        // The parent is asked when it is time, and has enough then.
        guard configuration.auxiliary.parent != nil, unsafe state.pointee.parent.problem == nil else {
          return pooledBits
        }
        return unsafe max(pooledBits, min(requestedBits, state.pointee.auxiliary.capacityInBits))
      }
    }
  }

  // MARK: - How they are emptied

  func collect(
    from source: EntropySourceKind, into slot: inout MutableSpan<UInt8>, requestedBits: UInt32,
    oversamplingBits: UInt32
  ) -> UInt32 {
    switch source {
    case .interrupt:
      #if os(Linux) && InterruptSource
        let obtained = withInterrupts { interrupt, rate in
          drain(&interrupt)
          return harvest(
            &interrupt, rate, into: &slot, requestedBits: requestedBits, oversamplingBits: oversamplingBits)
        }
        return obtained ?? 0
      #else
        return 0
      #endif
    case .scheduler:
      #if os(Linux) && SchedulerSource
        let obtained = withScheduler { scheduler, rate in
          drain(&scheduler)
          return harvest(
            &scheduler, rate, into: &slot, requestedBits: requestedBits, oversamplingBits: oversamplingBits)
        }
        return obtained ?? 0
      #else
        return 0
      #endif
    case .jitter:
      #if JitterSource
        return collectJitter(into: &slot, requestedBits: requestedBits)
      #else
        return 0
      #endif
    case .cpu:
      #if CPUSource
        return collectCPU(into: &slot, requestedBits: requestedBits, oversamplingBits: oversamplingBits)
      #else
        return 0
      #endif
    case .kernel:
      #if KernelSource
        return collectKernel(into: &slot, requestedBits: requestedBits)
      #else
        return 0
      #endif
    case .auxiliary:
      return collectAuxiliary(into: &slot, requestedBits: requestedBits, oversamplingBits: oversamplingBits)
    }
  }

  func mixBack(_ seed: Span<UInt8>) {
    unsafe state.pointee.auxiliaryLock.withLock { unsafe state.pointee.auxiliary.mixBack(seed) }
  }

  private func collectAuxiliary(
    into slot: inout MutableSpan<UInt8>, requestedBits: UInt32, oversamplingBits: UInt32
  ) -> UInt32 {
    #if os(Linux)
      readHardwareGenerator(requestedBits: requestedBits)
    #endif
    return unsafe state.pointee.auxiliaryLock.withLock {
      unsafe state.pointee.parent.hasDelivered = false
      let entropy = unsafe state.pointee.auxiliary.extract(
        requestedBits: requestedBits, oversamplingBits: oversamplingBits, into: &slot)
      trace(.obtained(.auxiliary, bits: entropy.obtainedBits, collectedBits: entropy.collectedBits))
      return entropy.obtainedBits
    }
  }

  #if os(Linux)
    /// Lets `/dev/hwrng` stir the pool.
    ///
    /// The device may take its time, so it is read without the pool's lock. Only who has the right to seed comes here.
    private func readHardwareGenerator(requestedBits: UInt32) {
      guard configuration.auxiliary.readsHardwareGenerator else { return }
      var data = Secret(InlineArray<48, UInt8>(repeating: 0))
      defer { data.wipe() }
      var bytes = data.value.mutableSpan
      let length = min(Int(requestedBits / 8), bytes.count)
      let result = bytes.withPart(0..<length) { part in unsafe state.pointee.hardwareGenerator.read(into: &part) }
      unsafe state.pointee.auxiliaryLock.withLock {
        switch result {
        case .success(let count):
          unsafe state.pointee.hardwareGeneratorProblem = nil
          unsafe state.pointee.hardwareGeneratorBytes &+= UInt64(count)
          let rate = DataRate(bitsPer256Bits: configuration.auxiliary.hardwareGeneratorRate)
          unsafe state.pointee.auxiliary.insert(
            data.value.span.extracting(first: count), creditedBits: rate.bits(ofDataBits: UInt32(count) * 8))
        case .failure(let reason):
          unsafe state.pointee.hardwareGeneratorProblem = reason
        }
      }
    }
  #endif

  // The processor's generator fails for moments under load, the kernel's is not seeded at first. Nobody collects from a
  // source that has nothing, so one that failed is looked at again whenever somebody asks what there is.

  #if CPUSource
    /// Whether the processor delivers a word now. The caller holds the source's lock.
    private func probeCPU() -> EntropySourceUnavailability? {
      var word = Secret(InlineArray<8, UInt8>(repeating: 0))
      defer { word.wipe() }
      var bytes = word.value.mutableSpan
      if case .unavailable(let reason) = unsafe state.pointee.cpu.fill(&bytes, requestedBits: 64, hash: hash) {
        return EntropySourceUnavailability(reason)
      }
      return nil
    }
  #endif

  #if KernelSource
    /// Whether the kernel's generator is seeded now.
    private func probeKernel() -> EntropySourceUnavailability? {
      var byte = Secret(InlineArray<1, UInt8>(repeating: 0))
      defer { byte.wipe() }
      var bytes = byte.value.mutableSpan
      return KernelEntropySource.fill(&bytes)
    }
  #endif

  #if CPUSource
    private func collectCPU(
      into slot: inout MutableSpan<UInt8>, requestedBits: UInt32, oversamplingBits: UInt32
    ) -> UInt32 {
      guard configuration.cpu.isEnabled else { return 0 }
      return unsafe state.pointee.cpuLock.withLock { () -> UInt32 in
        let multiplier = unsafe state.pointee.cpu.multiplier
        let outcome = unsafe state.pointee.cpu.fill(
          &slot, requestedBits: Int(requestedBits), hash: hash, oversamplingBits: Int(oversamplingBits))
        switch outcome {
        case .delivered(let bits):
          unsafe state.pointee.cpuProblem = nil
          if multiplier > 1 {
            trace(
              .pulled(
                .cpu, bits: UInt32(clamping: multiplier * (bits + Int(oversamplingBits)))))
          }
          let creditedBits = unsafe state.pointee.credit.cpu.bits(ofDataBits: UInt32(bits))
          trace(.obtained(.cpu, bits: creditedBits, collectedBits: creditedBits))
          return creditedBits
        case .unavailable(let reason):
          unsafe state.pointee.cpuProblem = EntropySourceUnavailability(reason)
          return 0
        }
      }
    }
  #endif

  #if KernelSource
    private func collectKernel(into slot: inout MutableSpan<UInt8>, requestedBits: UInt32) -> UInt32 {
      guard configuration.kernel.isEnabled else { return 0 }
      return unsafe state.pointee.kernelLock.withLock { () -> UInt32 in
        let length = min(Int(requestedBits / 8), slot.count)
        let problem = slot.withPart(0..<length) { KernelEntropySource.fill(&$0) }
        unsafe state.pointee.kernelProblem = problem
        guard problem == nil else { return 0 }
        let creditedBits = unsafe state.pointee.credit.kernel.bits(ofDataBits: UInt32(length) * 8)
        trace(.obtained(.kernel, bits: creditedBits, collectedBits: creditedBits))
        return creditedBits
      }
    }
  #endif

  #if JitterSource
    private func openJitter() {
      // NTG.1 demands what the FIPS mode of the Jitter RNG has: start-up stages of their own for both loops, a safety
      // margin of 65 bits, health tests that decide. It counts as one of the two sources.
      let mode: JitterMode = isFIPS || policy.ntg1 != nil ? .fips : .plain
      let jitter = JitterConfiguration(mode: mode, oversamplingRate: configuration.jitter.oversamplingRate)
      let timer = JitterEntropySource.Timer(usesInternalTimer: configuration.jitter.usesInternalTimer)
      unsafe places.jitter.initializeElement(
        at: 0,
        to: JitterEntropySource(
          jitter, timer: timer, memory: places.jitterMemory, isLocked: !configuration.isConfined))
      unsafe state.pointee.isJitterOpen = true
      do throws(JitterError) {
        try unsafe places.jitter[0].startUp()
        unsafe state.pointee.isJitterWorking.store(true, ordering: .releasing)
      } catch {
        // The source keeps the reason for `status`.
      }
    }

    private func collectJitter(into slot: inout MutableSpan<UInt8>, requestedBits: UInt32) -> UInt32 {
      unsafe state.pointee.jitterLock.withLock { () -> UInt32 in
        guard unsafe state.pointee.isJitterWorking.load(ordering: .acquiring) else { return 0 }
        // What the parent delivered is a seed, and this would take milliseconds.
        if unsafe state.pointee.parent.hasDelivered { return 0 }
        do throws(JitterError) {
          try unsafe places.jitter[0].collect(bits: Int(requestedBits), into: &slot)
        } catch {
          didFailJitter(error)
          return 0
        }
        let creditedBits = unsafe state.pointee.credit.jitter.bits(ofDataBits: requestedBits)
        trace(.obtained(.jitter, bits: creditedBits, collectedBits: creditedBits))
        return creditedBits
      }
    }

    /// Tries to cure the source, and reports what happened. The caller holds its lock.
    private func didFailJitter(_ error: JitterError) {
      var isPermanent = true
      if case .intermittentFailure = error {
        do throws(JitterError) {
          try unsafe places.jitter[0].recover()
          isPermanent = false
        } catch {
          // It stays off.
        }
      }
      if isPermanent { unsafe state.pointee.isJitterWorking.store(false, ordering: .releasing) }
      note(isPermanent ? .permanentFailure : .intermittentFailure, of: .jitter)
    }
  #endif

  // MARK: - Event sources

  #if os(Linux) && InterruptSource
    /// Runs the body with the interrupt source locked, unless it is not open.
    func withInterrupts<R>(_ body: (inout EventEntropySource<InterruptLineFilter>, EventRate) -> R) -> R? {
      unsafe state.pointee.interruptLock.withLock { () -> R? in
        guard unsafe state.pointee.isInterruptOpen else { return nil }
        return unsafe body(&places.interrupt[0], state.pointee.credit.interrupt)
      }
    }
  #endif

  #if os(Linux) && SchedulerSource
    /// Runs the body with the scheduler source locked, unless it is not open.
    func withScheduler<R>(_ body: (inout EventEntropySource<EverySample>, EventRate) -> R) -> R? {
      unsafe state.pointee.schedulerLock.withLock { () -> R? in
        guard unsafe state.pointee.isSchedulerOpen else { return nil }
        return unsafe body(&places.scheduler[0], state.pointee.credit.scheduler)
      }
    }
  #endif

  #if os(Linux) && (InterruptSource || SchedulerSource)
    private func drain<Filter>(_ source: inout EventEntropySource<Filter>) {
      let kind = source.kind
      source.drain(wantedEvents: wantedEvents, index: { topology.online.firstIndex(of: $0) }) { health, divisor in
        switch health {
        case .startupTestPassed: note(.startupTestPassed, of: kind)
        case .intermittentFailure: note(.intermittentFailure, of: kind)
        case .permanentFailure: note(.permanentFailure, of: kind)
        case nil: break
        }
        if let divisor { trace(.commonDivisor(kind, divisor: divisor)) }
      }
      // Whatever is recorded: an interrupt makes the scheduler switch.
      source.note(viewOfRecordings())
    }

    private func viewOfRecordings() -> RecordingView {
      configuration.isConfined ? RecordingView() : RecordingView(at: recordingsPath)
    }

    private func harvest<Filter>(
      _ source: inout EventEntropySource<Filter>, _ rate: EventRate, into slot: inout MutableSpan<UInt8>,
      requestedBits: UInt32, oversamplingBits: UInt32
    ) -> UInt32 {
      let kind = source.kind
      let harvested = source.collect(
        into: &slot, requestedBits: requestedBits, oversamplingBits: oversamplingBits, rate: rate,
        cpus: topology.online
      ) { cpu, used, unused in
        trace(.eventsUsed(kind, cpu: UInt32(truncatingIfNeeded: cpu), used: used, unused: unused))
      }
      // Not while its start-up test runs, or after a failure.
      guard let entropy = harvested else { return 0 }
      trace(.obtained(kind, bits: entropy.obtainedBits, collectedBits: entropy.collectedBits))
      return entropy.obtainedBits
    }
  #endif
}
