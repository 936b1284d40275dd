// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// LRNG beside what a user could pick instead. Each round measures each cell once, one after the other, and cells that get
// compared are neighbours: a slow spell of a shared machine hits all of them. A framework that finishes one benchmark
// before it begins the next cannot do that, which is why this is a program of its own.

import ArgumentParser
import COthers
import Foundation
import LRNG
import Report

@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures LRNG beside what a program could use instead.",
    discussion: "Text goes to standard output; it, results.json and results.svg go to the output folder.")

  @Flag(help: "Few and short measurements: for a look, not for numbers to publish.")
  var quick = false

  @Option(help: "How often each cell is measured. (default: 15, with --quick 3)")
  var rounds: Int?

  @Option(help: ArgumentHelp("Only generators whose name has this in it, in any case of letters.", valueName: "text"))
  var filter: [String] = []

  @Option(help: ArgumentHelp("Where the results go.", valueName: "folder"))
  var output = ".build/bench"

  func validate() throws {
    if let rounds, !(1...1000).contains(rounds) { throw ValidationError("--rounds: 1 to 1000, not \(rounds)") }
    if filter.contains("") { throw ValidationError("--filter: a text that is not empty") }
  }

  func run() throws {
    let rounds = self.rounds ?? (quick ? 3 : 15)
    let progress = Progress()
    progress.show("seeding")
    let wanted = try (Contender.ours() + Contender.withCInterface + Contender.othersInSwift).filter { contender in
      filter.isEmpty || filter.contains { contender.name.lowercased().contains($0.lowercased()) }
    }
    guard !wanted.isEmpty else {
      progress.clear()
      throw ValidationError("--filter: no generator has a name with \(filter.joined(separator: " or "))")
    }

    var missing: [(name: String, reason: String)] = []
    var contenders: [Contender] = []
    for contender in wanted {
      progress.show("checking \(contender.name)")
      do {
        try Soundness.check(contender)
        contenders.append(contender)
      } catch let unavailable as Unavailable {
        missing.append((contender.name, unavailable.reason))
      }
    }

    let measurements = try measure(contenders, rounds: rounds, progress)
    progress.clear()
    let report = TextReport(
      measurements: measurements.throughput, coldStarts: measurements.coldStarts, machine: Machine.description(),
      missing: missing, rounds: rounds, isBusy: measurements.share < 0.95)
    print(report.text)
    try write(report, measurements.throughput)
  }

  private func measure(
    _ contenders: [Contender], rounds: Int, _ progress: Progress
  ) throws -> (throughput: Measurements, coldStarts: [ColdStart], share: Double) {
    var chunks: [Cell: Int] = [:]
    var cells: [(contender: Contender, cell: Cell)] = []
    for bytes in [Generators.nextSize] + Generators.sizes {
      for threads in [1, 2, Generators.crowd] {
        for contender in contenders where contender.sizes.contains(bytes) {
          // The crowd is about locks: ours, and two sizes tell.
          let isInCrowd =
            Generators.isOurs(contender.name) && [8, 16, 4096].contains(bytes) || contender.name == Generators.control
          guard threads < Generators.crowd || isInCrowd else { continue }
          cells.append((contender, Cell(contender.name, bytes: bytes, threads: threads)))
        }
      }
    }
    for (contender, cell) in cells where cell.threads == 1 {
      progress.show("calibrating \(contender.name), \(cell.bytes) bytes")
      chunks[cell] = try Stopwatch.chunk(of: contender, bytes: cell.bytes)
    }

    var measurements = Measurements()
    var coldStarts: [ColdStart] = []
    // How much of a processor a single thread got.
    var shares: [Double] = []
    let milliseconds: UInt64 = quick ? 8 : 25
    for round in 1...rounds {
      for (index, (contender, cell)) in cells.enumerated() {
        progress.show("round \(round) of \(rounds), \(index + 1) of \(cells.count): \(cell.name), \(cell.bytes) bytes")
        let chunk = chunks[Cell(cell.name, bytes: cell.bytes)] ?? 1
        if cell.threads > 1 {
          // A reseed that is due once a second would be in each cell.
          _ = try Stopwatch.measure(
            contender, bytes: cell.bytes, threads: cell.threads, nanoseconds: milliseconds * 1_000_000, chunk: chunk)
        }
        let result = try Stopwatch.measure(
          contender, bytes: cell.bytes, threads: cell.threads,
          // Each thread of a crowd needs its turn.
          nanoseconds: (cell.threads == 1 && !contender.isRemote ? 1 : 4) * milliseconds * 1_000_000, chunk: chunk)
        measurements.add(result.megabytesPerSecond, to: cell)
        if cell.threads == 1 && !contender.isRemote { shares.append(result.share) }
      }
      guard filter.isEmpty else { continue }
      progress.show("round \(round) of \(rounds): cold starts")
      for _ in 0..<5 { coldStarts.append(try coldStart()) }
    }
    return (measurements, coldStarts, shares.reduce(0, +) / Double(max(1, shares.count)))
  }

  /// Starts the program beside this one.
  private func coldStart() throws -> ColdStart {
    let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: "coldstart").path
    var printed = [CChar](repeating: 0, count: 128)
    var started: UInt64 = 0
    let result = unsafe bench_run(program, &printed, printed.count, &started)
    let text = String(decoding: printed.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard result == 0, let times = ColdStart(printed: text, started: started) else {
      throw Failure(description: "the program coldstart, which is built with this one, failed")
    }
    return times
  }

  private func write(_ report: TextReport, _ measurements: Measurements) throws {
    let folder = URL(filePath: output)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let plot = Plot(
      measurements: measurements,
      machine: unsafe "\(Machine.processor), Linux \(String(cString: bench_kernel_release()))")
    for (name, text) in [
      ("results.txt", report.text), ("results.json", JSONReport(measurements: measurements).text),
      ("results.svg", plot.text),
    ] {
      try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
    }
    print("Written to \(output): results.txt, results.json, results.svg")
  }
}

/// One line on a terminal that says what goes on.
struct Progress {
  private let isTerminal = isatty(STDERR_FILENO) == 1

  func show(_ text: String) {
    guard isTerminal else { return }
    FileHandle.standardError.write(Data("\r\u{1b}[K\(text)".utf8))
  }

  func clear() { show("") }
}
