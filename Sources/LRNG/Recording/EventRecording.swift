// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux) && (InterruptSource || SchedulerSource)
  import LRNGCore

  /// Records time stamps of interrupts or context switches, in the order in which the source takes them from the rings.
  final class EventRecording<Filter: PerfSampleFilter>: Recording {
    /// 8192 samples for each processor: a second of a busy device.
    fileprivate static var ringLengthInBytes: Int { 1 << 20 }

    private var sampler: PerfSampler<Filter>
    private var symbols = TimestampSymbols()
    private var pending: [UInt64] = []
    /// Samples handed out.
    private var delivered: UInt64 = 0
    private(set) var gapPositions: [UInt64] = []

    fileprivate init(_ sampler: consuming PerfSampler<Filter>) { self.sampler = sampler }

    deinit { sampler.close() }

    let clock: String? = "perf event clock (the kernel's local clock, nanoseconds)"
    let sampleDescription = "time stamp in nanoseconds of the kernel's local clock"
    var commonDivisor: UInt64 { symbols.divisor }
    func symbol(of sample: UInt64) -> UInt8 { symbols.symbol(of: sample) }

    func record(
      atMost count: Int, timeoutInMilliseconds: Int, isWanted: (Int) -> Bool
    ) throws(EntropySourceUnavailability) -> [UInt64] {
      let spentBefore = sampler.statistics.exhaustions
      sampler.want(events: sampler.mostEvents)
      if sampler.statistics.exhaustions != spentBefore { markGap() }
      if pending.isEmpty, case .unavailable = sampler.wait(timeout: .milliseconds(timeoutInMilliseconds)) {
        throw .noProcessor
      }
      sampler.drain { observation in
        switch observation {
        case .event(_, let timestamp): pending.append(timestamp)
        case .gap: markGap()
        }
      }
      symbols.observe(pending)
      // What a symbol is depends on the step of the clock.
      guard symbols.divisor != 0 else { return [] }
      let taken = Array(pending.prefix(count))
      pending.removeFirst(taken.count)
      delivered += UInt64(taken.count)
      return taken
    }

    private func markGap() { gapPositions.append(delivered + UInt64(pending.count)) }
  }

  /// Opens a sampler with large rings, or with the usual ones where memory for the large ones can't be locked.
  private func withLargestRings<Filter: PerfSampleFilter>(
    _ open: (Int) throws(EntropySourceUnavailability) -> EventRecording<Filter>
  ) throws(EntropySourceUnavailability) -> EventRecording<Filter> {
    do throws(EntropySourceUnavailability) {
      return try open(EventRecording<Filter>.ringLengthInBytes)
    } catch {
      guard error == .lockedMemoryLimit else { throw error }
      return try open(PerfSampler<Filter>.ringLengthInBytes)
    }
  }

  #if InterruptSource
    extension EventRecording where Filter == InterruptLineFilter {
      static func interrupts() throws(EntropySourceUnavailability) -> EventRecording {
        try withLargestRings { (length) throws(EntropySourceUnavailability) in
          EventRecording(try .interrupts(on: CPUTopology.current().online, ringLengthInBytes: length))
        }
      }
    }
  #endif

  #if SchedulerSource
    extension EventRecording where Filter == EverySample {
      static func contextSwitches() throws(EntropySourceUnavailability) -> EventRecording {
        try withLargestRings { (length) throws(EntropySourceUnavailability) in
          EventRecording(try .contextSwitches(on: CPUTopology.current().online, ringLengthInBytes: length))
        }
      }
    }
  #endif
#endif
