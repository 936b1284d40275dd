// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux)

  import CLinux

  /// Decides which samples of a perf ring are events of the noise source.
  protocol PerfSampleFilter {
    mutating func accepts(_ raw: PerfRingField, in data: Span<UInt8>) -> Bool
  }

  /// What draining a perf ring brings to light.
  enum PerfObservation: Equatable {
    /// The event occurred on processor `cpu` at `timestamp` (nanoseconds of the kernel's local clock).
    case event(cpu: Int, timestamp: UInt64)
    /// Events before and after are not adjacent: tests on derivatives start again.
    case gap(cpu: Int)
  }

  /// What a sampler has seen since it was opened.
  struct PerfStatistics: Equatable {
    /// Samples read.
    var samples: UInt64 = 0
    /// Samples that counted as events.
    var events: UInt64 = 0
    /// Samples that the kernel dropped.
    var lost: UInt64 = 0
    /// Gaps reported.
    var gaps: UInt64 = 0
    /// Times that a ring had spent all samples it was armed for, so that events may have gone by unseen.
    var exhaustions: UInt64 = 0
    /// Events per second while sampling, as of the last thousands of events.
    var eventsPerSecond: UInt64 = 0
    /// Processors that are observed.
    var processors = 0
  }

  /// The events of one processor: a perf event and its ring.
  ///
  /// A plain value in memory that a child of fork does not have; see ``PerfSampler``.
  @safe struct PerfEventRing<Filter: PerfSampleFilter> {
    let cpu: Int
    /// -1 when the ring has no event any more.
    private(set) var descriptor: CInt
    /// The mapping: one page that the kernel and we share for head and tail, then the data.
    private let page: UnsafeMutableRawBufferPointer
    private let data: UnsafeRawBufferPointer
    private var filter: Filter

    /// The samples that the kernel may still take. It disables the event when they are spent.
    private(set) var budget = 0
    /// Of the previous event, to measure the rate; zero when there is none adjacent.
    private var previousTimestamp: UInt64 = 0
    /// Intervals between adjacent events and their sum, both halved now and then so that the rate follows.
    private var intervals: UInt64 = 0
    private var nanoseconds: UInt64 = 0
    private(set) var statistics = PerfStatistics()

    /// `page` is the whole mapping; its data are a power of two of bytes from `dataOffset` on.
    init?(
      cpu: Int, descriptor: CInt, page: UnsafeMutableRawBufferPointer, dataOffset: Int, filter: Filter
    ) {
      let length = page.count - dataOffset
      guard dataOffset > 0, length > 0, length & (length - 1) == 0 else { return nil }
      self.cpu = cpu
      self.descriptor = descriptor
      unsafe self.page = page
      // Within the mapping, which lives as long as the ring.
      unsafe data = UnsafeRawBufferPointer(rebasing: page[dataOffset...])
      self.filter = filter
    }

    /// Lets the kernel take samples until it has taken `samples`.
    ///
    /// Samples that it may still take of what was granted before are part of these.
    mutating func want(samples: Int) {
      guard descriptor >= 0, samples > 0 else { return }
      if budget == 0 && statistics.samples > 0 { statistics.exhaustions &+= 1 }
      let missing = CInt(clamping: samples - budget)
      let result =
        missing > 0
        ? System.refreshPerfEvent(descriptor, samples: missing)
        // Enough is granted, but the event may be paused. A kernel that disables a moment after the last sample can also
        // catch the event just refreshed; this gets it going again.
        : System.enablePerfEvent(descriptor)
      guard case .success = result, missing > 0 else { return }
      // With nothing left the event was disabled for a while.
      if budget == 0 { previousTimestamp = 0 }
      budget += Int(missing)
    }

    /// Stops sampling; what was granted stays granted.
    mutating func pause() {
      guard descriptor >= 0 else { return }
      _ = System.disablePerfEvent(descriptor)
      previousTimestamp = 0
    }

    /// Reads what the ring holds, in the order of the events. Returns the number of events.
    mutating func drain(_ body: (PerfObservation) -> Void) -> Int {
      guard let base = unsafe page.baseAddress else { return 0 }
      // The mapping is at least one page, and its layout is the kernel's promise.
      let head = unsafe lrng_perf_ring_head(base)
      var reader = PerfRecordReader(position: unsafe lrng_perf_ring_tail(base))
      let eventsBefore = statistics.events

      // The kernel writes only where the ring is free: between tail and head nothing changes until we move the tail.
      let data = unsafe Span<UInt8>(_unsafeBytes: self.data)
      while let record = reader.next(upTo: head, in: data) {
        switch record {
        case .sample(let timestamp, let raw):
          statistics.samples &+= 1
          budget = max(0, budget - 1)
          if filter.accepts(raw, in: data) {
            observe(timestamp)
            body(.event(cpu: cpu, timestamp: timestamp))
          }
        case .lost(let count):
          statistics.lost &+= count
          budget = max(0, budget - Int(clamping: count))
          reportGap(body)
        case .throttled, .malformed:
          reportGap(body)
        case .other:
          break
        }
      }
      unsafe lrng_perf_ring_set_tail(base, reader.position)
      return Int(clamping: statistics.events &- eventsBefore)
    }

    private mutating func reportGap(_ body: (PerfObservation) -> Void) {
      statistics.gaps &+= 1
      previousTimestamp = 0
      body(.gap(cpu: cpu))
    }

    private mutating func observe(_ timestamp: UInt64) {
      statistics.events &+= 1
      if previousTimestamp != 0, timestamp > previousTimestamp {
        intervals += 1
        nanoseconds = nanoseconds.addingReportingOverflow(timestamp - previousTimestamp).partialValue
        if intervals >= 4096 || nanoseconds > 1 << 48 {
          intervals /= 2
          nanoseconds /= 2
        }
      }
      previousTimestamp = timestamp
    }

    /// Events per second while sampling; zero when there were not two of them.
    var eventsPerSecond: UInt64 {
      guard nanoseconds > 0 else { return 0 }
      return intervals * 1_000_000_000 / nanoseconds
    }

    /// Ends the event for good.
    mutating func close() {
      guard descriptor >= 0 else { return }
      // Children that inherited the descriptor keep the event alive, so it is stopped first.
      _ = System.disablePerfEvent(descriptor)
      unsafe System.unmap(page)
      System.close(descriptor)
      descriptor = -1
    }
  }

#endif
