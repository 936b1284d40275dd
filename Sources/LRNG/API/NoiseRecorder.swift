// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CLinux
import CMemory
public import LRNGCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Records raw, unconditioned noise of one source, for an assessment as in SP 800-90B, section 3.1.3.
///
/// It opens the source for itself and shares nothing with a ``RandomBitGenerator``: what it records is never credited.
/// Others on the machine see the same interrupts and context switches; so a machine whose recordings are given away should
/// not credit these sources while recording.
public struct NoiseRecorder: ~Copyable {
  /// The most samples that one call records.
  public static let mostSamples = 1 << 24

  /// What is recorded.
  public let source: EntropySourceKind
  private let recording: any Recording

  /// Opens the source.
  ///
  /// - Throws: ``LRNGError/sourceUnavailable(_:reason:)``
  public init(_ source: EntropySourceKind, configuration: Configuration = .commandLine) throws(LRNGError) {
    self.source = source
    do throws(EntropySourceUnavailability) {
      recording = try Self.open(source, configuration)
    } catch {
      throw .sourceUnavailable(source, reason: error.description)
    }
  }

  /// Whether the samples are output of somebody's conditioning, so that an assessment of them says nothing.
  public var isConditioned: Bool {
    switch source {
    case .interrupt, .scheduler, .jitter: false
    case .cpu, .kernel, .auxiliary: true
    }
  }

  /// What a sample is, for the metadata of a recording.
  public var sampleDescription: String {
    switch source {
    case .interrupt, .scheduler: "time stamp in nanoseconds of the kernel's local clock"
    case .jitter: "time delta in steps of the processor's counter"
    case .cpu, .kernel, .auxiliary: "64 bits of output"
    }
  }

  /// How often neighbouring samples were not neighbours in time: events lost, or the recorder not looking.
  public var gaps: UInt64 { recording.gaps }

  /// Records samples in order.
  ///
  /// - Parameters:
  ///   - count: How many at most. Event sources may deliver fewer, even none.
  ///   - timeoutInMilliseconds: How long to wait for the first.
  public mutating func record(atMost count: Int, timeoutInMilliseconds: Int) throws(LRNGError) -> [UInt64] {
    guard (0...Self.mostSamples).contains(count), timeoutInMilliseconds >= 0 else {
      throw .invalidArgument("a call records 0 to \(Self.mostSamples) samples, in 0 milliseconds or more")
    }
    do throws(EntropySourceUnavailability) {
      return try recording.record(atMost: count, timeoutInMilliseconds: timeoutInMilliseconds)
    } catch {
      throw .sourceUnavailable(source, reason: error.description)
    }
  }

  private static func open(
    _ source: EntropySourceKind, _ configuration: Configuration
  ) throws(EntropySourceUnavailability) -> any Recording {
    switch source {
    case .interrupt:
      #if os(Linux) && InterruptSource
        return EventRecording(try InterruptSampler.interrupts(on: CPUTopology.current().online))
      #else
        throw .notBuilt
      #endif
    case .scheduler:
      #if os(Linux) && SchedulerSource
        return EventRecording(try SchedulerSampler.contextSwitches(on: CPUTopology.current().online))
      #else
        throw .notBuilt
      #endif
    case .jitter:
      #if JitterSource
        return JitterRecording(configuration)
      #else
        throw .notBuilt
      #endif
    case .cpu:
      #if CPUSource
        return try CPURecording()
      #else
        throw .notBuilt
      #endif
    case .kernel:
      #if KernelSource
        return KernelRecording()
      #else
        throw .notBuilt
      #endif
    case .auxiliary:
      #if os(Linux)
        return HardwareGeneratorRecording()
      #else
        throw .unsupportedSystem
      #endif
    }
  }
}

private protocol Recording: AnyObject {
  var gaps: UInt64 { get }
  func record(
    atMost count: Int, timeoutInMilliseconds: Int
  ) throws(EntropySourceUnavailability) -> [UInt64]
}

#if os(Linux) && (InterruptSource || SchedulerSource)
  private final class EventRecording<Filter: PerfSampleFilter>: Recording {
    private var sampler: PerfSampler<Filter>
    private var pending: [UInt64] = []

    init(_ sampler: consuming PerfSampler<Filter>) { self.sampler = sampler }

    deinit { sampler.close() }

    var gaps: UInt64 { sampler.statistics.gaps }

    func record(
      atMost count: Int, timeoutInMilliseconds: Int
    ) throws(EntropySourceUnavailability) -> [UInt64] {
      sampler.want(events: PerfSampler<Filter>.mostEvents)
      if pending.isEmpty, case .unavailable = sampler.wait(timeout: .milliseconds(timeoutInMilliseconds)) {
        throw .noProcessor
      }
      var stamps = pending
      sampler.drain { observation in
        if case .event(_, let timestamp) = observation { stamps.append(timestamp) }
      }
      let taken = Array(stamps.prefix(count))
      pending = Array(stamps.dropFirst(count))
      return taken
    }
  }
#endif

#if JitterSource
  private final class JitterRecording: Recording {
    private var recorder: JitterRecorder
    private var clock = CycleCounter()
    private var memory = [UInt8](repeating: 0, count: JitterEntropySource.memoryLengthInBytes)
    private(set) var gaps: UInt64 = 0

    init(_ configuration: Configuration) {
      recorder = JitterRecorder(
        configuration: JitterConfiguration(
          mode: configuration.isFIPS == true ? .fips : .plain,
          oversamplingRate: configuration.jitter.oversamplingRate))
      startUp()
    }

    private func startUp() {
      var span = memory.mutableSpan
      // Without the common divisor of a start-up test the raw deltas are still worth a look.
      try? recorder.startUp(clock: &clock, memory: &span)
    }

    func record(
      atMost count: Int, timeoutInMilliseconds: Int
    ) throws(EntropySourceUnavailability) -> [UInt64] {
      var deltas = [UInt64](repeating: 0, count: count)
      var bytes = memory.mutableSpan
      var words = deltas.mutableSpan
      recorder.record(.memoryAndHash, into: &words, clock: &clock, memory: &bytes)
      // The measurements between two calls are thrown away.
      gaps += 1
      return deltas
    }
  }
#endif

/// Makes words from a source of bytes.
private func words(
  _ count: Int, from fill: (inout MutableSpan<UInt8>) -> EntropySourceUnavailability?
) throws(EntropySourceUnavailability) -> [UInt64] {
  var bytes = [UInt8](repeating: 0, count: count * 8)
  var span = bytes.mutableSpan
  if let problem = fill(&span) { throw problem }
  return littleEndianWords(bytes, count: count)
}

private func littleEndianWords(_ bytes: [UInt8], count: Int) -> [UInt64] {
  (0..<count).map { index in bytes.span.littleEndianWord(at: 8 * index, as: UInt64.self) }
}

#if CPUSource
  private final class CPURecording: Recording {
    private var source = CPUEntropySource(NativeRandomInstructions())
    let gaps: UInt64 = 0

    init() throws(EntropySourceUnavailability) {
      if let problem = source.unavailability { throw EntropySourceUnavailability(problem) }
    }

    func record(
      atMost count: Int, timeoutInMilliseconds: Int
    ) throws(EntropySourceUnavailability) -> [UInt64] {
      var all: [UInt64] = []
      while all.count < count {
        all += try words(min(8, count - all.count)) { bytes in
          let outcome = source.fill(&bytes, requestedBits: bytes.count * 8, hash: .sha512)
          if case .unavailable(let problem) = outcome { return EntropySourceUnavailability(problem) }
          return nil
        }
      }
      return all
    }
  }
#endif

#if KernelSource
  private final class KernelRecording: Recording {
    let gaps: UInt64 = 0

    func record(
      atMost count: Int, timeoutInMilliseconds: Int
    ) throws(EntropySourceUnavailability) -> [UInt64] {
      try words(count) { KernelEntropySource.fill(&$0) }
    }
  }
#endif

#if os(Linux)
  private final class HardwareGeneratorRecording: Recording {
    private var generator = HardwareGenerator()
    let gaps: UInt64 = 0

    deinit { generator.close() }

    /// The device delivers a few bytes at a time; whole words of what came within the time are samples.
    func record(
      atMost count: Int, timeoutInMilliseconds: Int
    ) throws(EntropySourceUnavailability) -> [UInt64] {
      let end = System.monotonicMilliseconds &+ UInt64(timeoutInMilliseconds)
      var bytes = [UInt8](repeating: 0, count: count * 8)
      var span = bytes.mutableSpan
      var filled = 0
      while filled < span.count {
        switch span.withPart(filled..<span.count, { part in generator.read(into: &part) }) {
        case .success(let length): filled += length
        case .failure(.noData):
          guard System.monotonicMilliseconds < end else {
            return littleEndianWords(bytes, count: filled / 8)
          }
          usleep(1000)
        case .failure(let problem): throw problem
        }
      }
      return littleEndianWords(bytes, count: count)
    }
  }
#endif
