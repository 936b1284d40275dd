// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import FoundationEssentials
import LRNGAssessment

/// The HTML report of an assessment, with what is known about the recording.
enum AssessmentReport {
  static func write(_ assessment: Assessment, samples: SampleSet, restart: SampleSet?, to path: String) throws {
    let metadata = try metadata(of: samples.name)
    let report = HTMLReport(
      assessment, samples: samples, restart: restart, claim: metadata.flatMap(claim), facts: metadata.map(facts) ?? [],
      warnings: metadata?.conditioned == true
        ? ["Conditioned data: what an assessment finds says nothing about the noise source."] : [],
      program: "lrng \(Release.version), \(SystemFacts.date())")
    let file = try ReplacementFile(path: path)
    try file.write(Array(report.html.utf8))
    try file.commit()
  }

  /// `nil` if there is none, or if it is another program's.
  static func metadata(of path: String) throws -> RecordingMetadata? {
    guard let file = try InputFile(path: "\(path).json", advice: "make it readable, or move it away") else {
      return nil
    }
    return RecordingMetadata(json: try file.content(maximumLengthInBytes: 1 << 20, advice: "it is no metadata"))
  }

  /// What each source credits by default: DESIGN's table, which `lrng config` prints.
  static func claim(_ metadata: RecordingMetadata) -> HTMLReport.Claim? {
    switch metadata.source {
    case "interrupt", "scheduler":
      HTMLReport.Claim(entropy: 1, reason: "256 events are credited with 256 bits")
    case "jitter":
      HTMLReport.Claim(entropy: 1.0 / 3, reason: "the Jitter RNG takes 3 deltas for a bit, at its default rate")
    default: nil
    }
  }

  private static func facts(_ metadata: RecordingMetadata) -> [(name: String, value: String)] {
    func rounded(_ value: Double) -> String { value < 1e15 ? "\(Int(value.rounded()))" : "\(value)" }
    var facts = [
      ("Source", "\(metadata.source), \(metadata.host)"),
      ("Sample", metadata.sample),
      ("Step of the clock", "\(metadata.gcd)"),
    ]
    if let clock = metadata.clock { facts.append(("Clock", clock)) }
    if let clockSource = metadata.clockSource { facts.append(("Kernel's clock source", clockSource)) }
    facts += [
      ("Samples", "\(metadata.samples)" + (metadata.complete ? "" : " of \(metadata.requestedSamples): stopped early")),
      ("Gaps", "\(metadata.gaps)"),
      ("Joined parts", "\(metadata.seams.count + 1)"),
      ("Rate", "\(rounded(metadata.samplesPerSecond)) samples a second" + (metadata.load ? ", provoked by load" : "")),
      ("Date", metadata.date),
      (
        "Machine",
        "\(metadata.machine), \(metadata.architecture), \(metadata.processors) processors"
          + (metadata.hypervisor ? ", virtual machine" : "")
      ),
      ("Kernel", "Linux \(metadata.kernelRelease)"),
      ("Recorded by", "lrng \(metadata.version)"),
    ]
    return facts.map { (name: $0.0, value: $0.1) }
  }
}
