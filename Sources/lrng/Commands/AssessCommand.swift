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
        lrng assess jitter.bin --bits 8 --restart restarts.bin
        lrng assess restarts.bin --bits 8 --restart --initial-entropy 3.5
        lrng assess --conditioning 512,256,256,320
        lrng get 2M > random.bin; lrng assess random.bin --screen
      """)

  @Argument(help: ArgumentHelp("The file with the samples.", valueName: "file"), completion: .file())
  var file: String?

  @Option(
    help: ArgumentHelp("The bits of a symbol, 1 to 8; else those of the greatest sample.", valueName: "bits"),
    transform: SymbolWidth.init(parsing:))
  var bits: SymbolWidth?

  @Option(help: ArgumentHelp("raw or decimal, where it can't be told from the file.", valueName: "format"))
  var format: SampleFile.Format?

  @Flag(help: "Take the samples for independent and identically distributed, if they pass the tests of section 5.")
  var iid = false

  @Option(
    help: ArgumentHelp(
      "Restart tests: 1000 samples after each of 1000 restarts. Without a file, FILE is that.", valueName: "file"),
    completion: .file())
  var restart: String?

  @Option(
    help: ArgumentHelp("H_I for the restart tests, in bits a symbol; else what FILE is estimated at.", valueName: "H_I")
  )
  var initialEntropy: Double?

  @Option(
    help: ArgumentHelp(
      "The entropy of conditioned output. Without h_in, as many samples of FILE as n_in bits go in.",
      valueName: "n_in,n_out,nw[,h_in]"),
    transform: ConditioningNumbers.init(parsing:))
  var conditioning: ConditioningNumbers?

  @Option(
    help: ArgumentHelp("Output of the conditioning component, when it is not a vetted one.", valueName: "file"),
    completion: .file())
  var conditionedData: String?

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

  @Option(help: ArgumentHelp("Where permutations start from, to repeat them.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("How many threads work; else one for each processor.", valueName: "N"))
  var threads: Int?

  /// The file with the samples, when the words after `--restart` are told apart.
  private var samplesPath: String? { file ?? (restart == "-" ? nil : restart) }
  /// The file with the restart matrix.
  private var restartPath: String? { restart == "-" ? file : restart }

  func validate() throws {
    if samplesPath == nil && (conditioning?.hIn == nil || screen || report != nil || iid) {
      throw ValidationError("no samples: give the path of a file with them")
    }
    if restart == nil && initialEntropy != nil { throw ValidationError("--initial-entropy is for --restart") }
    if conditioning == nil && conditionedData != nil {
      throw ValidationError("--conditioned-data is for --conditioning")
    }
    if let threads, threads < 1 { throw ValidationError("at least one thread has to work") }
    if let initialEntropy, !(initialEntropy > 0 && initialEntropy <= 8) {
      throw ValidationError("H_I is above 0 and at most the bits of a symbol")
    }
  }

  func run() throws {
    Interruption.observe()
    guard let path = samplesPath else { return try writeConditioning() }
    if screen { return try screenBits(path) }
    let samples = try AssessmentInput.samples(path: path, bits: bits, format: format)
    var matrix: SampleSet?
    if let restartPath {
      let isSame = restartPath == path
      matrix = isSame ? samples : try AssessmentInput.samples(path: restartPath, bits: bits, format: format)
    }
    // Whatever is wrong with it is said before the work.
    if let matrix, matrix.symbols.count != RestartAssessment.size * RestartAssessment.size {
      throw Failure(.badData, "\(matrix.name): \(SampleFault.restartMatrix(matrix.symbols.count))")
    }
    if let initialEntropy, initialEntropy > Double(samples.bitsPerSymbol) {
      throw Failure(
        .usage, "H_I is \(initialEntropy): it can't be more than the \(samples.bitsPerSymbol) bits of a symbol")
    }

    let assessor = Assessor(threads: threads)
    var assessment = try watched(path) { watch in
      iid ? try assessor.assessIID(samples, seed: seed, watch: watch) : try assessor.assess(samples, watch: watch)
    }
    if let matrix {
      let initialEntropy = initialEntropy ?? assessment.minEntropy
      let track = assessment.track
      assessment.take(
        try watched(matrix.name) { watch in
          try assessor.assessRestarts(
            matrix, initialEntropy: initialEntropy, track: track, seed: seed, watch: watch)
        })
    }
    if let conditioning {
      let perBit = assessment.minEntropy / Double(samples.bitsPerSymbol)
      assessment.conditioning = try conditioned(conditioning, entropyPerBit: perBit)
    }
    if samples.symbols.count < Assessment.requiredSamples {
      StandardStreams.complain(
        "\(samples.name): \(samples.symbols.count) samples: SP 800-90B takes \(Assessment.requiredSamples), "
          + "so this is no assessment but an experiment")
    }
    if let report { try AssessmentReport.write(assessment, samples: samples, restart: matrix, to: report) }
    try StandardOutput.print(json ? JSONText.of(assessment) : AssessmentText.of(assessment))
  }

  // MARK: - Conditioning

  private func writeConditioning() throws {
    guard let conditioning else { return }
    let result = try conditioned(conditioning, entropyPerBit: 0)
    struct Document: Encodable { let conditioning: ConditioningAssessment }
    try StandardOutput.print(
      json ? JSONText.of(Document(conditioning: result)) : AssessmentText.lines(of: result).joined(separator: "\n"))
  }

  private func conditioned(
    _ numbers: ConditioningNumbers, entropyPerBit: Double
  ) throws -> ConditioningAssessment {
    var hPrime: Double?
    if let conditionedData {
      let data = try AssessmentInput.samples(
        path: conditionedData, bits: SymbolWidth(parsing: "8"), format: format, isConditioned: true)
      hPrime = try watched(conditionedData) { watch in
        try Assessor(threads: threads).assessConditioned(data, watch: watch)
      }
    }
    let hIn = numbers.hIn ?? entropyPerBit * Double(numbers.nIn)
    guard
      let result = ConditioningAssessment(
        nIn: numbers.nIn, nOut: numbers.nOut, nw: numbers.nw, hIn: hIn, hPrime: hPrime)
    else {
      throw Failure(
        .badData, "an input of \(numbers.nIn) bits with \(hIn) bits of entropy: more than 0 and at most all are needed")
    }
    return result
  }

  // MARK: - Screens

  private func screenBits(_ path: String) throws {
    guard report == nil else { throw Failure(.usage, "--report is about entropy, --screen is not: leave one out") }
    // A stream of small bytes is no stream of fewer bits.
    let width = try bits ?? SymbolWidth(parsing: "8")
    let samples = try AssessmentInput.samples(path: path, bits: width, format: format)
    let screens: StatisticalScreens
    do {
      screens = try StatisticalScreens(samples)
    } catch {
      throw Failure(.badData, "\(path): \(error)")
    }
    try StandardOutput.print(json ? JSONText.of(screens) : screens.text)
    if !screens.failures.isEmpty {
      throw Failure(.testFailed, "\(path) looks broken: \(screens.failures.joined(separator: ", ")) failed")
    }
  }

  /// Shows how far it is, and ends the program at a signal: there is nothing to tidy up, so nobody waits for threads.
  private func watched<T>(_ path: String, _ body: ((Double) throws -> Void) throws -> T) throws -> T {
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
      throw Failure(.badData, "\(path): \(fault)")
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

/// The numbers of a conditioning component, SP 800-90B, 3.1.5.
struct ConditioningNumbers {
  let nIn: Int
  let nOut: Int
  let nw: Int
  let hIn: Double?

  init(parsing text: String) throws {
    let words = text.split(separator: ",", omittingEmptySubsequences: false)
    let widths = words.prefix(3).compactMap { Int($0) }.filter { $0 > 0 && $0 <= Int(Int32.max) }
    guard widths.count == 3, words.count <= 4 else {
      throw ValidationError(
        "a conditioning component has n_in,n_out,nw bits, such as 512,256,256, and h_in if you like")
    }
    (nIn, nOut, nw) = (widths[0], widths[1], widths[2])
    guard words.count == 4 else {
      hIn = nil
      return
    }
    guard let entropy = Double(words[3]), entropy > 0, entropy <= Double(nIn) else {
      throw ValidationError("h_in is more than 0 and at most the \(nIn) bits that go in")
    }
    hIn = entropy
  }
}
