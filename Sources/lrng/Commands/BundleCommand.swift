// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import ArgumentParser
import LRNGAssessment

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

struct BundleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bundle",
    abstract: "Put together what an entropy source validation (ESV) asks for.",
    discussion: """
      NOISE and RESTARTS are recordings of one source by 'lrng record', with their metadata beside them: exactly 1000000 \
      samples of one byte each, without gaps, the second as --restart 1000x1000. DIRECTORY gets both, the assessment as \
      JSON and as a report, and skeletons of the two documents that a submission needs: the Entropy Assessment Report and \
      the Public Use Document. What the run can tell is filled in; what only people can tell is marked TO DO.

      EXAMPLES
        lrng record jitter --samples 1000000 -o noise.bin
        lrng record jitter --restart 1000x1000 -o restarts.bin
        lrng bundle noise.bin restarts.bin -o esv-jitter
      """)

  @Argument(help: ArgumentHelp("The consecutive samples.", valueName: "noise"), completion: .file())
  var noise: String

  @Argument(help: ArgumentHelp("The matrix of the restart test.", valueName: "restarts"), completion: .file())
  var restarts: String

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The directory to make.", valueName: "directory"), completion: .directory)
  var output: String

  func run() throws {
    Interruption.observe()
    let (samples, about) = try recording(noise, isRestart: false)
    let (matrix, aboutRestarts) = try recording(restarts, isRestart: true)
    guard about.source == aboutRestarts.source, about.host == aboutRestarts.host, about.machine == aboutRestarts.machine
    else {
      throw Failure(
        .badData,
        "\(noise) is of \(about.source) (\(about.host)), \(restarts) of \(aboutRestarts.source) "
          + "(\(aboutRestarts.host)): both must be of one source on one machine")
    }
    let claim = AssessmentReport.claim(about)
    let assessor = Assessor()
    var assessment = try assessed { watch in try assessor.assess(samples, watch: watch) }
    assessment.restart = try assessed { watch in
      // SP 800-90B, 3.1.3: H_I is the smaller of what was measured and what is claimed.
      try assessor.assessRestarts(
        matrix, initialEntropy: min(assessment.minEntropy, claim?.entropy ?? .infinity), watch: watch)
    }

    guard unsafe mkdir(output, 0o777) == 0 else {
      throw Failure(
        .inputOutput, "\(output): \(SystemError.text(errno)): give the name of a directory that is not there yet")
    }
    try write(samples.symbols, to: "raw-noise.bin")
    try write(matrix.symbols, to: "restart.bin")
    try write(try about.text, to: "raw-noise.bin.json")
    try write(try aboutRestarts.text, to: "restart.bin.json")
    try write(Array("\(try JSONText.of(assessment))\n".utf8), to: "assessment.json")
    try AssessmentReport.write(assessment, samples: samples, restart: matrix, to: "\(output)/report.html")
    let documents = ESVDocuments(assessment: assessment, metadata: about, claim: claim)
    try write(Array(documents.entropyAssessmentReport.utf8), to: "EntropyAssessmentReport.md")
    try write(Array(documents.publicUseDocument.utf8), to: "PublicUseDocument.md")
    let restart = assessment.restart
    if restart?.passed == false { throw Failure(.testFailed, "the restart tests failed: \(output) says how") }
    if let claim, assessment.minEntropy < claim.entropy {
      throw Failure(.testFailed, "less entropy than is credited: \(output) says how much")
    }
  }

  /// A recording that fits, with what is known about it.
  private func recording(_ path: String, isRestart: Bool) throws -> (SampleSet, RecordingMetadata) {
    let samples = try AssessmentInput.samples(path: path, bits: SymbolWidth(parsing: "8"), format: .raw)
    guard let metadata = try AssessmentReport.metadata(of: path) else {
      throw Failure(.badData, "\(path).json is missing or no metadata: take a recording of 'lrng record'")
    }
    let side = RestartAssessment.size
    guard metadata.bits == 8, samples.symbols.count == Assessment.requiredSamples else {
      throw Failure(
        .badData,
        "\(path) has \(samples.symbols.count) samples of \(metadata.bits) bits: exactly "
          + "\(Assessment.requiredSamples) of 8 bits are needed")
    }
    guard metadata.assessable else {
      throw Failure(
        .badData, "\(path) can't be assessed: it is \(metadata.conditioned ? "conditioned" : "not gapless")")
    }
    guard (metadata.restart != nil) == isRestart, !isRestart || metadata.restart?.rows == UInt64(side) else {
      throw Failure(
        .badData,
        "\(path) is \(isRestart ? "no" : "a") restart matrix: the noise comes first, then the recording with "
          + "--restart \(side)x\(side)")
    }
    return (samples, metadata)
  }

  private func write(_ bytes: [UInt8], to name: String) throws {
    let file = try ReplacementFile(path: "\(output)/\(name)")
    try file.write(bytes)
    try file.commit()
  }

  private func assessed<T>(_ body: ((Double) throws -> Void) throws -> T) throws -> T {
    do {
      return try body { _ in try Interruption.check() }
    } catch let fault as SampleFault {
      throw Failure(.badData, "\(fault)")
    }
  }
}
