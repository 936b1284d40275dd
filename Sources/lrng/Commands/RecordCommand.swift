// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import ArgumentParser
import LRNG
import LRNGCore

struct RecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Record raw, unconditioned samples of an entropy source.",
    discussion: """
      SOURCE is interrupt, scheduler or jitter: time stamps and time deltas before any processing. cpu, kernel and \
      auxiliary can be recorded, too, but their makers have conditioned what they deliver: conditioned, not assessable.

      With 8 bits a sample is what the source hands to its health tests: the lowest 8 bits of the time stamp after division \
      by the step of its clock, or of the time delta. With 32 or 64 bits it is the undivided time stamp, lowest byte first. \
      FILE.json gets the metadata: what was recorded, where, how fast, and whether there are gaps. What was recorded is \
      never credited as entropy: while interrupts or context switches are recorded, no LRNG in user space counts them.

      FILE.part becomes FILE at the end. Ctrl-C and SIGTERM end a recording early and leave a valid shorter FILE; after \
      anything worse there is FILE.part. --resume goes on with either.

      --restart makes a matrix for the restart test of SP 800-90B: each row is from a new process with a source of its own. \
      Of the kernel module a row is what it recorded since it was loaded with boot_raw_hires_test=1 (interrupt) or \
      boot_raw_sched_hires_test=1 (scheduler): each call with --kernel --restart --resume adds one row.

      EXAMPLES
        lrng record jitter --samples 1000000 -o jitter.bin
        lrng record jitter --restart 1000x1000 -o jitter-restart.bin
        sudo lrng record interrupt --samples 1000000 --load -o irq.bin
        sudo lrng record scheduler --kernel --samples 1000000 -o kernel-sched.bin
      """)

  @Argument(
    help: "interrupt, scheduler, jitter, cpu, kernel or auxiliary.", completion: .list(SourceName.all),
    transform: SourceName.kind)
  var source: EntropySourceKind

  @Option(help: ArgumentHelp("How many samples.", valueName: "N"), transform: SampleCount.init(parsing:))
  var samples: SampleCount?

  @Option(
    help: ArgumentHelp("The bits of each sample: 8, 32 or 64.", valueName: "bits"),
    completion: .list(["8", "32", "64"]),
    transform: SampleWidth.init(parsing:))
  var bits: SampleWidth = .bits8

  @Option(
    help: ArgumentHelp("So many restarts of the source, so many samples after each.", valueName: "RxC"),
    completion: .list(["1000x1000"]), transform: RestartSize.init(parsing:))
  var restart: RestartSize?

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"), completion: .file())
  var output: String

  @Flag(help: "Go on with a recording that ended early or was killed.")
  var resume = false

  @Flag(help: "Provoke interrupts and context switches, by writing to the disk that gets FILE.")
  var load = false

  @Flag(help: "The source of the kernel module (interrupt or scheduler), from its files below debugfs.")
  var kernel = false

  @Option(
    help: ArgumentHelp("Where the kernel module has its files.", valueName: "directory"), completion: .directory)
  var kernelFiles = NoiseRecorder.moduleFiles

  @Flag(help: .hidden)
  var restartRow = false

  @OptionGroup(title: "CONFIGURATION")
  var options: GlobalOptions

  /// Samples between two looks at the clock and at signals.
  private static let batchLength: UInt64 = 4096
  /// Samples of the Jitter RNG that are recorded without a break: it measures the time of whatever else happens.
  private static let undisturbedLength: UInt64 = 1 << 20

  func run() throws {
    let configuration = try options.effectiveConfiguration().configuration
    if restartRow { return try writeRow(configuration) }
    try check()
    Interruption.observe()
    let load = load ? Load(directory: directory) : nil
    defer { _ = load }
    if restart == nil {
      try recordSamples(configuration)
    } else if kernel {
      try recordModuleRow()
    } else {
      try recordRows(configuration)
    }
  }

  private func check() throws {
    if output.isEmpty { throw Failure(.usage, "the name of a file is empty: give one to --output") }
    switch (samples, restart) {
    case (nil, nil): throw Failure(.usage, "how many samples? Give --samples N or --restart 1000x1000")
    case (let samples?, let restart?) where samples.count != restart.samples:
      throw Failure(
        .usage, "\(restart.rows) restarts of \(restart.columns) samples are \(restart.samples): leave --samples out")
    default: break
    }
    if load && source != .interrupt && source != .scheduler {
      throw Failure(.usage, "--load provokes interrupts and context switches: \(source.name) has neither")
    }
    if kernel && source != .interrupt && source != .scheduler {
      throw Failure(.usage, "--kernel records interrupt and scheduler only: the module has no file for \(source.name)")
    }
  }

  private var directory: String {
    output.lastIndex(of: "/").map { $0 == output.startIndex ? "/" : String(output[..<$0]) } ?? "."
  }

  private func open(_ configuration: Configuration, isSinceLoad: Bool = false) throws -> NoiseRecorder {
    let (source, isOfModule, files, isRow) = (source, kernel, kernelFiles, restartRow)
    return try reporting { () throws(LRNGError) in
      if isOfModule { return try NoiseRecorder(moduleSource: source, files: files, isSinceLoad: isSinceLoad) }
      // Of all rows the process that starts theirs has told.
      return try NoiseRecorder(source, configuration: configuration, isAnnounced: !isRow)
    }
  }

  private func session(_ recorder: borrowing NoiseRecorder) throws -> RecordingSession {
    let isConditioned = recorder.isConditioned
    if isConditioned {
      StandardStreams.complain(
        "\(source.name) is conditioned, not assessable: its makers have processed what it delivers")
    }
    warnOfCredit(recorder.announcementProblem)
    return try RecordingSession(
      RecordingMetadata(
        source: source.name, isOfModule: kernel, isConditioned: isConditioned, width: bits,
        sample: (bits == .bits8 && recorder.clock != nil ? "low 8 bits, after division by gcd, of: " : "")
          + recorder.sampleDescription,
        requested: samples?.count ?? restart?.samples ?? 0,
        restart: restart.map { .init(rows: $0.rows, columns: $0.columns) }, load: load, clock: recorder.clock),
      path: output, resuming: resume)
  }

  /// Says who may credit the events that are recorded here.
  private func warnOfCredit(_ problem: String?) {
    guard source == .interrupt || source == .scheduler else { return }
    if let problem {
      StandardStreams.complain(
        "other processes can't be told of this recording and may credit the same events (\(problem)): record as root")
    }
    if !kernel && SystemFacts.hasModule {
      StandardStreams.complain("the kernel module credits the same events; it credits nothing that --kernel records")
    }
  }

  // MARK: - Samples in a row

  private func recordSamples(_ configuration: Configuration) throws {
    var recorder = try open(configuration)
    var session = try session(recorder)
    let before = (session.metadata.gaps, session.metadata.seams)
    var progress = ProgressBar(
      .samples, total: session.metadata.requestedSamples, startingAt: session.firstSample,
      isEnabled: StandardStreams.isTerminal(2))
    defer { progress.clear() }
    var problem: Failure?
    while session.remaining > 0 && !Interruption.isRequested {
      let done = session.metadata.samples
      let batch: [UInt64]
      do {
        batch = try reporting { () throws(LRNGError) in
          try recorder.record(atMost: batchLength(session.remaining), timeoutInMilliseconds: 200) { count in
            progress.update(done + UInt64(count))
            return !Interruption.isRequested
          }
        }
      } catch {
        // What is there is valid, and may have taken hours.
        guard session.metadata.samples > session.firstSample else { throw error }
        problem = error
        break
      }
      try session.note(gcd: recorder.commonDivisor)
      try session.append(bits.bytes(of: batch, symbols: recorder.symbols(of: batch)), samples: batch.count)
      try session.note(gaps: recorder.gapPositions, seams: recorder.seamPositions, before: before)
      progress.update(session.metadata.samples)
    }
    recorder.finish()
    try session.note(gaps: recorder.gapPositions, seams: recorder.seamPositions, before: before)
    progress.clear()
    try session.finish()
    report(session.metadata)
    if let problem { throw problem }
    try Interruption.check()
  }

  private func batchLength(_ remaining: UInt64) -> Int {
    guard source == .jitter else { return Int(min(remaining, Self.batchLength)) }
    // A short rest is not worth a break.
    return Int(
      remaining <= Self.undisturbedLength + RecordingSession.shortestPart ? remaining : Self.undisturbedLength)
  }

  private func report(_ metadata: RecordingMetadata) {
    if metadata.gaps > 0 {
      StandardStreams.complain(
        "\(output) has \(metadata.gaps) gaps, where events were lost: it can't be assessed, record anew")
    }
    if !metadata.complete {
      StandardStreams.complain(
        "stopped: \(output) is valid and has \(metadata.samples) of \(metadata.requestedSamples) samples; --resume goes on"
      )
    }
  }

  // MARK: - Restarts

  private func recordRows(_ configuration: Configuration) throws {
    guard let restart else { return }
    // Says at once if there is no such source.
    let recorder = try open(configuration)
    var session = try session(recorder)
    try session.note(gcd: recorder.commonDivisor)
    let rowsBefore = session.firstSample / restart.columns
    var progress = ProgressBar(
      .rows, total: restart.rows, startingAt: rowsBefore, isEnabled: StandardStreams.isTerminal(2))
    defer { progress.clear() }
    let length = Int(restart.columns) * bits.rawValue / 8
    var problem: (any Error)?
    for row in rowsBefore..<max(restart.rows, rowsBefore) where !Interruption.isRequested {
      do {
        try session.append(try RowProcess.run(lengthInBytes: length), samples: Int(restart.columns))
      } catch is Interruption.Ending {
        break
      } catch {
        guard session.metadata.samples > session.firstSample else { throw error }
        problem = error
        break
      }
      progress.update(row + 1)
    }
    progress.clear()
    try session.finish()
    report(session.metadata)
    if let problem { throw problem }
    try Interruption.check()
  }

  /// What a process of a restart test does: its first samples to standard output, and nothing else.
  private func writeRow(_ configuration: Configuration) throws {
    guard let restart else { throw Failure(.usage, "a row needs --restart") }
    var recorder = try open(configuration)
    var bytes: [UInt8] = []
    let length = Int(restart.columns) * bits.rawValue / 8
    while bytes.count < length {
      let missing = (length - bytes.count) * 8 / bits.rawValue
      let batch = try reporting { () throws(LRNGError) in
        try recorder.record(atMost: min(missing, NoiseRecorder.mostSamples), timeoutInMilliseconds: 200)
      }
      bytes += bits.bytes(of: batch, symbols: recorder.symbols(of: batch))
    }
    guard recorder.gapPositions.isEmpty else {
      throw Failure(.unavailable, "events were lost within a row: record anew, with less load")
    }
    try StandardOutput.write(bytes.span)
  }

  /// Adds what the kernel module recorded since it was loaded.
  private func recordModuleRow() throws {
    guard let restart else { return }
    // Where the files are others, nobody knows of the module's parameters.
    if kernelFiles == NoiseRecorder.moduleFiles, SystemFacts.moduleParameter(Self.parameter(of: source)) != "1" {
      throw Failure(
        .unavailable, "each row is from a fresh load of the module: load it with \(Self.parameter(of: source))=1")
    }
    guard restart.columns <= 1000 else {
      throw Failure(.usage, "the module keeps 1024 samples from its load on: a row has at most 1000")
    }
    var recorder = try open(.commandLine, isSinceLoad: true)
    var row: [UInt64] = []
    while row.count < Int(restart.columns) {
      try Interruption.check()
      let batch = try reporting { () throws(LRNGError) in
        try recorder.record(atMost: Int(restart.columns) - row.count, timeoutInMilliseconds: 200)
      }
      row += batch
    }
    recorder.finish()
    guard recorder.gapPositions.isEmpty else {
      throw Failure(
        .unavailable, "the module did not record from its load on: load it anew with \(Self.parameter(of: source))=1")
    }
    var session = try session(recorder)
    guard session.remaining > 0 else { return try session.finish() }
    try session.append(bits.bytes(of: row, symbols: recorder.symbols(of: row)), samples: row.count)
    if session.remaining == 0 { return try session.finish() }
    try session.leave()
    StandardStreams.complain(
      "row \(session.metadata.samples / restart.columns) of \(restart.rows): load the module anew with "
        + "\(Self.parameter(of: source))=1, then call this again with --resume")
  }

  private static func parameter(of source: EntropySourceKind) -> String {
    source == .scheduler ? "boot_raw_sched_hires_test" : "boot_raw_hires_test"
  }
}
