// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import ArgumentParser
import LRNG
import LRNGCore

struct RecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Record raw, unconditioned samples of an entropy source.",
    discussion: """
      SOURCE is interrupt, scheduler or jitter: time stamps before any processing. cpu, kernel and auxiliary can be \
      recorded, too, but their makers have conditioned what they deliver; the file of metadata says so.

      A sample is written with its low 8, 32 or 64 bits, lowest byte first. FILE.json gets the metadata: what was \
      recorded, where and how fast. FILE appears when it is complete; Ctrl-C ends the recording early and leaves a valid \
      shorter file. What was recorded is never credited as entropy.

      EXAMPLES
        lrng record jitter --samples 1000000 -o jitter.bin
        sudo lrng record interrupt --samples 100000 --bits 64 -o irq.bin
      """)

  @Argument(
    help: "interrupt, scheduler, jitter, cpu, kernel or auxiliary.", completion: .list(SourceName.all),
    transform: SourceName.kind)
  var source: EntropySourceKind

  @Option(help: ArgumentHelp("How many samples.", valueName: "N"), transform: SampleCount.init(parsing:))
  var samples: SampleCount

  @Option(
    help: ArgumentHelp("The bits of each sample: 8, 32 or 64.", valueName: "bits"),
    transform: SampleWidth.init(parsing:))
  var bits: SampleWidth = .bits8

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"), completion: .file())
  var output: String

  @OptionGroup(title: "CONFIGURATION")
  var options: GlobalOptions

  /// Samples between two looks at the clock and at signals.
  private static let batchLength = 4096

  func run() throws {
    let configuration = try options.effectiveConfiguration().configuration
    let file = try ReplacementFile(path: output)
    let metadataFile = try ReplacementFile(path: "\(output).json")
    let source = source
    var recorder = try reporting { () throws(LRNGError) in try NoiseRecorder(source, configuration: configuration) }
    Interruption.observe()

    let date = SystemFacts.date()
    let start = ContinuousClock.now
    var progress = ProgressBar(.samples, total: samples.count, isEnabled: StandardStreams.isTerminal(2))
    defer { progress.clear() }
    var recorded: UInt64 = 0
    while recorded < samples.count && !Interruption.isRequested {
      let wanted = Int(min(samples.count - recorded, UInt64(Self.batchLength)))
      let batch = try reporting { () throws(LRNGError) in
        try recorder.record(atMost: wanted, timeoutInMilliseconds: 200)
      }
      try file.write(bits.bytes(of: batch))
      recorded += UInt64(batch.count)
      progress.update(recorded)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)

    progress.clear()
    let metadata = Metadata(
      source: source.name, samples: recorded, requestedSamples: samples.count, complete: recorded == samples.count,
      bits: bits.rawValue, byteOrder: "little", sample: recorder.sampleDescription, conditioned: recorder.isConditioned,
      gaps: recorder.gaps, seconds: seconds, samplesPerSecond: seconds > 0 ? Double(recorded) / seconds : 0,
      kernelRelease: SystemFacts.kernelRelease, architecture: SystemFacts.architecture, date: date,
      version: Release.version)
    try metadataFile.write(Array("\(try JSONText.of(metadata))\n".utf8))
    try file.commit()
    try metadataFile.commit()
    if recorded < samples.count {
      StandardStreams.complain("stopped: \(output) is valid and has \(recorded) of \(samples.count) samples")
    }
    try Interruption.check()
  }

  /// What FILE.json says.
  private struct Metadata: Encodable {
    let source: String
    let samples: UInt64
    let requestedSamples: UInt64
    let complete: Bool
    let bits: Int
    let byteOrder: String
    let sample: String
    let conditioned: Bool
    let gaps: UInt64
    let seconds: Double
    let samplesPerSecond: Double
    let kernelRelease: String
    let architecture: String
    let date: String
    let version: String
  }
}

/// A number of samples, at least 1.
struct SampleCount {
  let count: UInt64

  init(parsing text: String) throws {
    guard let count = UInt64(text), count > 0 else {
      throw ValidationError("the number of samples is a whole number, such as 1000000")
    }
    self.count = count
  }
}

/// What is kept of a sample.
enum SampleWidth: Int, CustomStringConvertible {
  case bits8 = 8
  case bits32 = 32
  case bits64 = 64

  init(parsing text: String) throws {
    guard let width = Int(text).flatMap(SampleWidth.init(rawValue:)) else {
      throw ValidationError("a sample has 8, 32 or 64 bits")
    }
    self = width
  }

  var description: String { "\(rawValue)" }

  func bytes(of samples: [UInt64]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(samples.count * rawValue / 8)
    for sample in samples {
      for shift in stride(from: 0, to: rawValue, by: 8) { bytes.append(UInt8(truncatingIfNeeded: sample >> shift)) }
    }
    return bytes
  }
}
