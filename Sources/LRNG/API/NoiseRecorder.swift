// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

public import LRNGCore

/// Records raw, unconditioned noise of one source, for an assessment as in SP 800-90B, section 3.1.3.
///
/// It opens the source for itself and shares nothing with a ``RandomBitGenerator``: what it records is never credited.
/// Others on the machine see the same interrupts and context switches; so a machine whose recordings are given away should
/// not credit these sources while recording.
public struct NoiseRecorder: ~Copyable {
  /// The most samples that one call records.
  public static let mostSamples = 1 << 24

  /// Where the kernel module has its files.
  public static let moduleFiles = "/sys/kernel/debug/lrng_testing"

  /// What is recorded.
  public let source: EntropySourceKind
  private let recording: any Recording

  /// Opens a source of this process.
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

  /// Opens a source of the kernel module: interrupts or context switches. Such a sample does not reach the module's pools.
  ///
  /// - Parameters:
  ///   - directory: Where the module's files are.
  ///   - isSinceLoad: What was recorded since the module was loaded, at most 1024 samples: a row of a restart test.
  /// - Throws: ``LRNGError/sourceUnavailable(_:reason:)``, ``LRNGError/invalidArgument(_:)`` for other sources.
  public init(
    moduleSource source: EntropySourceKind, files directory: String = Self.moduleFiles, isSinceLoad: Bool = false
  ) throws(LRNGError) {
    self.source = source
    recording = try Self.openModule(source, directory, isSinceLoad)
  }

  private static func openModule(
    _ source: EntropySourceKind, _ directory: String, _ isSinceLoad: Bool
  ) throws(LRNGError) -> any Recording {
    guard source == .interrupt || source == .scheduler else {
      throw .invalidArgument("the kernel module records interrupt and scheduler only")
    }
    do throws(EntropySourceUnavailability) {
      #if os(Linux)
        return try ModuleRecording(source, in: directory, isSinceLoad: isSinceLoad)
      #else
        throw .unsupportedSystem
      #endif
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

  /// The step of the clock: what the source divides its time stamps or deltas by. 1 for sources without a clock, and 0 as
  /// long as it is not known.
  public var commonDivisor: UInt64 { recording.commonDivisor }

  /// What measures time: a name for the metadata of a recording, `nil` for sources without a clock.
  public var clock: String? { recording.clock }

  /// What a whole sample is, for the metadata of a recording.
  public var sampleDescription: String { recording.sampleDescription }

  /// The 8 bits of each sample that the source hands to its health tests, and keeps: for time stamps the lowest ones after
  /// division by ``commonDivisor``, for all others the lowest ones.
  public func symbols(of samples: [UInt64]) -> [UInt8] {
    samples.map { sample in recording.symbol(of: sample) }
  }

  /// Before which samples others are missing, because events were lost. Samples are counted from the first one recorded.
  public var gapPositions: [UInt64] { recording.gapPositions }

  /// Before which samples the recorder did not look for a while, of its own accord. What lies between two of these positions
  /// is consecutive, and long enough for SP 800-90B, section 3.1.1, which permits such parts to be joined.
  public var seamPositions: [UInt64] { recording.seamPositions }

  /// Records samples in order.
  ///
  /// - Parameters:
  ///   - count: How many at most. Event sources may deliver fewer, even none.
  ///   - timeoutInMilliseconds: How long to wait for the first.
  ///   - isWanted: Asked now and then with the number of samples so far; `false` ends the call early. It should be quick:
  ///     the Jitter RNG measures its time, too.
  public mutating func record(
    atMost count: Int, timeoutInMilliseconds: Int, isWanted: (Int) -> Bool = { _ in true }
  ) throws(LRNGError) -> [UInt64] {
    guard (0...Self.mostSamples).contains(count), timeoutInMilliseconds >= 0 else {
      throw .invalidArgument("a call records 0 to \(Self.mostSamples) samples, in 0 milliseconds or more")
    }
    do throws(EntropySourceUnavailability) {
      return try recording.record(atMost: count, timeoutInMilliseconds: timeoutInMilliseconds, isWanted: isWanted)
    } catch {
      throw .sourceUnavailable(source, reason: error.description)
    }
  }

  /// Ends the recording. Only then a kernel module says whether it lost samples, see ``gapPositions``.
  public mutating func finish() { recording.finish() }

  private static func open(
    _ source: EntropySourceKind, _ configuration: Configuration
  ) throws(EntropySourceUnavailability) -> any Recording {
    switch source {
    case .interrupt:
      #if os(Linux) && InterruptSource
        return try EventRecording.interrupts()
      #else
        throw .notBuilt
      #endif
    case .scheduler:
      #if os(Linux) && SchedulerSource
        return try EventRecording.contextSwitches()
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
