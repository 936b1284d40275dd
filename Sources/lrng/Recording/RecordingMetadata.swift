// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import FoundationEssentials

/// What FILE.json says about the recording in FILE.
struct RecordingMetadata: Codable {
  /// A restart test: SP 800-90B, section 3.1.4.1.
  struct Restart: Codable, Equatable {
    let rows: UInt64
    let columns: UInt64
  }

  /// What was recorded: the name of the source, and the host it is a source of.
  var source: String
  var host: String
  /// Whether others have processed the samples, so that an assessment says nothing about the source.
  var conditioned: Bool
  /// Whether an assessment as a noise source makes sense: raw, and without gaps.
  var assessable: Bool
  /// What is in the file: the bits of a sample, their order, and what a sample is.
  var bits: Int
  var byteOrder: String
  var sample: String
  var samples: UInt64
  var requestedSamples: UInt64
  var complete: Bool
  var restart: Restart?
  /// How many gaps there are, and before which samples. The list ends after 1000.
  var gaps: UInt64
  var gapPositions: [UInt64]
  /// Before which samples consecutive parts of at least 1000 samples are joined: SP 800-90B, section 3.1.1.
  var seams: [UInt64]
  var seconds: Double
  var samplesPerSecond: Double
  /// Whether interrupts were provoked.
  var load: Bool
  /// What measures time, its step, and the machine.
  var clock: String?
  var clockSource: String?
  var gcd: UInt64
  var machine: String
  var hypervisor: Bool
  var processors: Int
  var kernelRelease: String
  var architecture: String
  var date: String
  var version: String

  /// Whether both describe the same kind of recording, so that one can go on with the other.
  func continues(_ other: RecordingMetadata) -> Bool {
    (source, host, bits, sample, restart?.rows) == (
      other.source, other.host, other.bits, other.sample, other.restart?.rows
    )
      && restart?.columns == other.restart?.columns && machine == other.machine
      && kernelRelease == other.kernelRelease
  }

  var text: [UInt8] {
    get throws { Array("\(try JSONText.of(self))\n".utf8) }
  }

  init?(json: [UInt8]) {
    guard let metadata = try? JSONDecoder().decode(Self.self, from: Data(json)) else { return nil }
    self = metadata
  }
}

extension RecordingMetadata {
  /// Metadata of a recording that has nothing yet.
  init(
    source: String, isOfModule: Bool, isConditioned: Bool, width: SampleWidth, sample: String, requested: UInt64,
    restart: Restart?, load: Bool, clock: String?
  ) {
    self.source = source
    host = isOfModule ? "kernel module" : "user space"
    conditioned = isConditioned
    assessable = !isConditioned
    bits = width.rawValue
    byteOrder = "little"
    self.sample = sample
    samples = 0
    requestedSamples = requested
    complete = false
    self.restart = restart
    gaps = 0
    gapPositions = []
    seams = []
    seconds = 0
    samplesPerSecond = 0
    self.load = load
    self.clock = clock
    clockSource = SystemFacts.clockSource
    gcd = 0
    machine = SystemFacts.processorModel
    hypervisor = SystemFacts.isVirtual
    processors = SystemFacts.processorCount
    kernelRelease = SystemFacts.kernelRelease
    architecture = SystemFacts.architecture
    date = SystemFacts.date()
    version = Release.version
  }
}
