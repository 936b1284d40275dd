// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import ArgumentParser
import LRNGAssessment

struct AssessCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assess",
    abstract: "Assess the entropy of recorded samples after SP 800-90B.",
    discussion: """
      FILE has one sample in each byte, in its low bits, or one decimal number on each line. If FILE.json is there, as \
      'lrng record' writes it, it tells about longer samples and about gaps, which an assessment can't have.

      The estimates are those of NIST's program ea_non_iid, in bits a symbol and, for the bitstring, in bits a bit. An \
      assessment takes 1000000 samples; with fewer there is a warning.

      EXAMPLES
        lrng assess jitter.bin --bits 8
        lrng assess jitter.bin --bits 8 --json
        lrng assess jitter.bin --bits 8 --report jitter.html
        lrng get 2M > random.bin; lrng assess random.bin --screen
      """)

  @Argument(help: ArgumentHelp("The file with the samples.", valueName: "file"), completion: .file())
  var file: String

  @Option(
    help: ArgumentHelp("The bits of a symbol, 1 to 8; else those of the greatest sample.", valueName: "bits"),
    transform: SymbolWidth.init(parsing:))
  var bits: SymbolWidth?

  @Option(help: ArgumentHelp("raw or decimal, where it can't be told from the file.", valueName: "format"))
  var format: SampleFile.Format?

  @Flag(help: "Write JSON.")
  var json = false

  @Option(
    help: ArgumentHelp("Write an HTML report: one file, with charts.", valueName: "file"),
    completion: .file(extensions: ["html"]))
  var report: String?

  @Flag(
    help: """
      Look whether the bits are broken, instead: FIPS 140-2, AIS 31 procedure A, AIS 20/31 T_irn. Status 70 if so.
      """)
  var screen = false

  @Option(help: ArgumentHelp("How many threads work; else one for each processor.", valueName: "N"))
  var threads: Int?

  func run() throws {
    Interruption.observe()
    if screen { return try screenBits() }
    let samples = try AssessmentInput.samples(path: file, bits: bits, format: format)
    let assessment = try watched { watch in
      try Assessor(threads: threads).assess(samples, watch: watch)
    }
    if samples.symbols.count < Assessment.requiredSamples {
      StandardStreams.complain(
        "\(samples.name): \(samples.symbols.count) samples: SP 800-90B takes \(Assessment.requiredSamples), "
          + "so this is no assessment but an experiment")
    }
    if let report { try AssessmentReport.write(assessment, samples: samples, restart: nil, to: report) }
    try StandardOutput.print(json ? JSONText.of(assessment) : AssessmentText.of(assessment))
  }

  private func screenBits() throws {
    guard report == nil else { throw Failure(.usage, "--report is about entropy, --screen is not: leave one out") }
    // A stream of small bytes is no stream of fewer bits.
    let width = try bits ?? SymbolWidth(parsing: "8")
    let samples = try AssessmentInput.samples(path: file, bits: width, format: format)
    let screens: StatisticalScreens
    do {
      screens = try StatisticalScreens(samples)
    } catch {
      throw Failure(.badData, "\(file): \(error)")
    }
    try StandardOutput.print(json ? JSONText.of(screens) : screens.text)
    if !screens.failures.isEmpty {
      throw Failure(.testFailed, "\(file) looks broken: \(screens.failures.joined(separator: ", ")) failed")
    }
  }

  /// Shows how far it is, and ends the program at a signal: there is nothing to tidy up, so nobody waits for threads.
  private func watched<T>(_ body: ((Double) throws -> Void) throws -> T) throws -> T {
    let resolution = 1_000_000.0
    var progress = ProgressBar(.samples, total: UInt64(resolution), isEnabled: StandardStreams.isTerminal(2))
    defer { progress.clear() }
    do {
      return try body { share in
        do {
          try Interruption.check()
        } catch let ending as Interruption.Ending {
          progress.clear()
          Interruption.resign(ending)
        }
        progress.update(UInt64(share * resolution))
      }
    } catch let fault as SampleFault {
      throw Failure(.badData, "\(file): \(fault)")
    }
  }
}

extension SampleFile.Format: ExpressibleByArgument {}

/// The width of a symbol.
struct SymbolWidth {
  let bits: Int

  init(parsing text: String) throws {
    guard let bits = Int(text), (1...8).contains(bits) else { throw ValidationError("a symbol has 1 to 8 bits") }
    self.bits = bits
  }
}
