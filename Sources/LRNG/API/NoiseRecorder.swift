// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

public import LRNGCore

/// Records raw, unconditioned noise of one source, for an assessment as in SP 800-90B, section 3.1.3.
///
/// It opens the source for itself and shares nothing with a ``RandomBitGenerator``: what it records is never credited.
/// Others on the machine see the same interrupts and context switches. While one of these is recorded, no LRNG in user space
/// credits them, unless it can't be told: see ``announcementProblem``.
public struct NoiseRecorder: ~Copyable {
  /// The most samples that one call records.
  public static let mostSamples = 1 << 24

  /// Where the kernel module has its files.
  public static let moduleFiles = "/sys/kernel/debug/lrng_testing"

  /// What is recorded.
  public let source: EntropySourceKind
  private let recording: any Recording
  #if os(Linux)
    private let announcement: RecordingAnnouncement?
  #endif
  /// Why the LRNGs of this machine were not told that interrupts or context switches are recorded, and may credit them: to do
  /// so takes the right to write to `/run`. `nil` if they were, and for sources that others don't share.
  public let announcementProblem: String?

  /// Opens a source of this process.
  ///
  /// - Parameter isAnnounced: Whether to tell the LRNGs of this machine. `false` is for a process that records on behalf of one
  ///   that has told them.
  /// - Throws: ``LRNGError/sourceUnavailable(_:reason:)``, also when somebody else is recording interrupts or context switches.
  public init(
    _ source: EntropySourceKind, configuration: Configuration = .commandLine, isAnnounced: Bool = true
  ) throws(LRNGError) {
    #if os(Linux)
      var problem: String?
      let announcement = try Self.announce(source, isAnnounced, &problem)
    #else
      let problem: String? = nil
    #endif
    recording = try Self.reporting(source) { () throws(EntropySourceUnavailability) in
      try Self.open(source, configuration)
    }
    #if os(Linux)
      self.announcement = announcement
    #endif
    self.source = source
    announcementProblem = problem
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
    guard source == .interrupt || source == .scheduler else {
      throw .invalidArgument("the kernel module records interrupt and scheduler only")
    }
    #if os(Linux)
      var problem: String?
      // Files elsewhere are copies.
      let announcement = try Self.announce(source, directory == Self.moduleFiles, &problem)
      recording = try Self.reporting(source) { () throws(EntropySourceUnavailability) in
        try ModuleRecording(source, in: directory, isSinceLoad: isSinceLoad)
      }
      self.announcement = announcement
      self.source = source
      announcementProblem = problem
    #else
      throw .sourceUnavailable(source, reason: EntropySourceUnavailability.unsupportedSystem.description)
    #endif
  }

  #if os(Linux)
    /// - Parameter problem: Why nobody could be told.
    private static func announce(
      _ source: EntropySourceKind, _ isWanted: Bool, _ problem: inout String?
    ) throws(LRNGError) -> RecordingAnnouncement? {
      guard isWanted, source == .interrupt || source == .scheduler else { return nil }
      do throws(Errno) {
        return try RecordingAnnouncement(of: source)
      } catch {
        guard error != .wouldBlock else {
          throw .sourceUnavailable(source, reason: EntropySourceUnavailability.recordingBusy.description)
        }
        problem = "\(RecordingAnnouncement.usualPath): \(error)"
        return nil
      }
    }
  #endif

  private static func reporting(
    _ source: EntropySourceKind, _ open: () throws(EntropySourceUnavailability) -> any Recording
  ) throws(LRNGError) -> any Recording {
    do throws(EntropySourceUnavailability) {
      return try open()
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
