// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation
import Testing

@Suite("lrng record", .timeLimit(.minutes(1)))
struct RecordTests {
  @Test("a sample has the bits asked for, and the metadata say what was recorded", arguments: [8, 32, 64])
  func widths(_ bits: Int) throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("kernel.bin")
    let outcome = try Program.run("record", "kernel", "--samples", "1000", "--bits", "\(bits)", "-o", file)
    #expect(outcome.status == 0)
    #expect(outcome.output.isEmpty)
    #expect(directory.names == ["kernel.bin", "kernel.bin.json"])
    #expect(FileManager.default.contents(atPath: file)?.count == 1000 * bits / 8)
    let metadata = try metadata(of: file)
    #expect(metadata["source"] as? String == "kernel")
    #expect(metadata["samples"] as? Int == 1000)
    #expect(metadata["bits"] as? Int == bits)
    #expect(metadata["conditioned"] as? Bool == true)
    #expect(metadata["complete"] as? Bool == true)
    #expect(metadata["gaps"] is Int)
    #expect(metadata["samplesPerSecond"] is Double || metadata["samplesPerSecond"] is Int)
    for key in ["kernelRelease", "architecture", "sample", "version"] { #expect(metadata[key] is String) }
    #expect((metadata["date"] as? String)?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil)
  }

  @Test("raw noise is not called conditioned")
  func jitter() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("jitter.bin")
    #expect(try Program.run("record", "jitter", "--samples", "64", "-o", file).status == 0)
    #expect(try metadata(of: file)["conditioned"] as? Bool == false)
  }

  @Test("Ctrl-C leaves a valid shorter file and says so")
  func interrupted() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("kernel.bin")
    let started = try Program.Started(
      Program.path, ["record", "kernel", "--samples", "100000000000", "--bits", "64", "-o", file])
    #expect(started.wait { directory.names.contains { $0.hasSuffix(".part") } })
    usleep(500_000)
    #expect(!directory.names.contains("kernel.bin"))
    started.send(SIGINT)
    let outcome = started.finish()
    #expect(outcome.status == 130)
    #expect(outcome.errors.contains("of 100000000000 samples"))
    #expect(directory.names == ["kernel.bin", "kernel.bin.json"])
    let metadata = try metadata(of: file)
    #expect(metadata["complete"] as? Bool == false)
    let samples = try #require(metadata["samples"] as? Int)
    #expect(samples > 0)
    #expect(FileManager.default.contents(atPath: file)?.count == samples * 8)
  }

  @Test("an error leaves nothing half-written, and what was there before as it was")
  func errors() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write("before", to: "kernel.bin")
    let outcome = try Program.shell("ulimit -f 1; $lrng record kernel --samples 1000000 -o \(file)")
    #expect(outcome.status == 74)
    #expect(outcome.errors.contains("File too large"))
    #expect(directory.names == ["kernel.bin"])
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "before")
  }

  @Test("a source that is not there has status 69 and leaves no file")
  func unavailable() throws {
    let directory = try TemporaryDirectory()
    // Where there is a hardware generator that delivers, there is a recording instead.
    let outcome = try Program.run("record", "auxiliary", "--samples", "1", "-o", directory.file("hwrng.bin"))
    #expect(outcome.status == 69 && directory.names.isEmpty || outcome.status == 0 && directory.names.count == 2)
  }

  @Test("a device is not replaced by a file")
  func device() throws {
    let outcome = try Program.run("record", "kernel", "--samples", "1", "-o", "/dev/null")
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("not a regular file"))
  }

  @Test("a link stays, and the file that it leads to is replaced")
  func link() throws {
    let directory = try TemporaryDirectory()
    _ = try directory.write("before", to: "target.bin")
    try FileManager.default.createSymbolicLink(
      atPath: directory.file("link.bin"), withDestinationPath: directory.file("target.bin"))
    #expect(try Program.run("record", "kernel", "--samples", "9", "-o", directory.file("link.bin")).status == 0)
    #expect(FileManager.default.contents(atPath: directory.file("target.bin"))?.count == 9)
    #expect(
      (try? FileManager.default.destinationOfSymbolicLink(atPath: directory.file("link.bin"))) != nil)
  }

  @Test(
    "nonsense is a usage error",
    arguments: [
      ["record"], ["record", "lava", "--samples", "1", "-o", "x"], ["record", "cpu", "-o", "x"],
      ["record", "cpu", "--samples", "0", "-o", "x"], ["record", "cpu", "--samples", "-5", "-o", "x"],
      ["record", "cpu", "--samples", "1M", "-o", "x"], ["record", "cpu", "--samples", "1"],
      ["record", "cpu", "--samples", "1", "--bits", "16", "-o", "x"], ["record", "cpu", "--samples", "1", "-o", ""],
      ["record", "cpu", "--samples", "1", "--load", "-o", "x"],
      ["record", "jitter", "--kernel", "--samples", "1", "-o", "x"],
      ["record", "cpu", "--restart", "1000", "-o", "x"], ["record", "cpu", "--restart", "0x5", "-o", "x"],
      ["record", "cpu", "--restart", "2x5", "--samples", "9", "-o", "x"],
    ])
  func usage(_ arguments: [String]) throws {
    let outcome = try Program.run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.hasPrefix("lrng: "))
    #expect(outcome.errors.split(separator: "\n").count == 1)
  }

  @Test("a directory that is not there is an error in words")
  func missingDirectory() throws {
    let outcome = try Program.run("record", "kernel", "--samples", "1", "-o", "/nonexistent/x.bin")
    #expect(outcome.status == 74)
    #expect(outcome.errors.contains("No such file or directory"))
  }

  @Test("a killed recording is continued, with a seam between two parts of at least 1000 samples")
  func killed() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("kernel.bin")
    let started = try Program.Started(
      Program.path, ["record", "kernel", "--samples", "100000000000", "--bits", "64", "-o", file])
    let part = "\(file).part"
    #expect(started.wait { (FileManager.default.contents(atPath: part)?.count ?? 0) > 100_000 })
    started.send(SIGKILL)
    #expect(started.finish().status == 137)
    #expect(directory.names == ["kernel.bin.part", "kernel.bin.part.json"])

    let again = try Program.run("record", "kernel", "--samples", "10", "--bits", "64", "-o", file)
    #expect(again.status == 64)
    #expect(again.errors.contains("--resume"))
    let other = try Program.run("record", "kernel", "--samples", "10", "--bits", "32", "--resume", "-o", file)
    #expect(other.status == 65)

    let had = try #require(FileManager.default.contents(atPath: part)?.count) / 8
    let wanted = had + 5000
    let outcome = try Program.run("record", "kernel", "--samples", "\(wanted)", "--bits", "64", "--resume", "-o", file)
    #expect(outcome.status == 0)
    #expect(directory.names == ["kernel.bin", "kernel.bin.json"])
    #expect(FileManager.default.contents(atPath: file)?.count == wanted * 8)
    let metadata = try metadata(of: file)
    #expect(metadata["seams"] as? [Int] == [had])
    #expect(metadata["samples"] as? Int == wanted)
    #expect(metadata["complete"] as? Bool == true)
    #expect(metadata["gaps"] as? Int == 0)
  }

  @Test("each row of a restart test is from a process of its own, and rows that are there stay")
  func restarts() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("rows.bin")
    #expect(try Program.run("record", "kernel", "--restart", "3x100", "-o", file).status == 0)
    let first = try #require(FileManager.default.contents(atPath: file))
    #expect(first.count == 300)
    let restart = try metadata(of: file)["restart"] as? [String: Int]
    #expect(restart == ["rows": 3, "columns": 100])
    #expect(try Program.run("record", "kernel", "--restart", "3x100", "--resume", "-o", file).status == 0)
    #expect(FileManager.default.contents(atPath: file) == first)
    #expect(try Program.run("record", "kernel", "--restart", "3x99", "--resume", "-o", file).status == 65)
  }

  @Test("the kernel module's files are words of 32 bits; 8 bits of them are taken after division by their step")
  func module() throws {
    let directory = try TemporaryDirectory()
    let stamps = (0..<2000).map { UInt32(truncatingIfNeeded: 12 * ($0 * $0 * 977 + 6 * $0 + 1)) }
    var words = Data()
    for stamp in stamps { withUnsafeBytes(of: stamp.littleEndian) { words.append(contentsOf: $0) } }
    try words.write(to: URL(fileURLWithPath: directory.file("lrng_raw_hires")))
    let file = directory.file("irq.bin")
    let arguments = ["record", "interrupt", "--kernel", "--kernel-files", directory.path, "-o", file]
    #expect(try Program.run(arguments + ["--samples", "1500"]).status == 0)
    let symbols = try #require(FileManager.default.contents(atPath: file))
    let expected = stamps.prefix(1500).map { UInt8(truncatingIfNeeded: $0 / 12) }
    #expect(zip(symbols, expected).allSatisfy { $0 == $1 } && symbols.count == expected.count)
    let metadata = try metadata(of: file)
    #expect(metadata["gcd"] as? Int == 12)
    #expect(metadata["host"] as? String == "kernel module")
    #expect(metadata["conditioned"] as? Bool == false)

    // A file that ends early leaves a valid shorter one.
    let short = try Program.run(arguments + ["--samples", "5000", "--bits", "32"])
    #expect(short.status == 69)
    #expect(FileManager.default.contents(atPath: file) == words)

    let missing = try Program.run(
      "record", "scheduler", "--kernel", "--kernel-files", directory.path, "--samples", "1", "-o", file)
    #expect(missing.status == 69)
    #expect(missing.errors.contains("load lrng.ko"))
  }

  @Test("a row of the kernel module is added with each load, until the matrix is complete")
  func moduleRows() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("rows.bin")
    let arguments = [
      "record", "scheduler", "--kernel", "--kernel-files", directory.path, "--restart", "2x150", "--resume", "-o", file,
    ]
    for row in 0..<2 {
      var words = Data()
      for index in 0..<150 {
        withUnsafeBytes(of: UInt32(1000 * row + index * index + 1).littleEndian) { words.append(contentsOf: $0) }
      }
      try words.write(to: URL(fileURLWithPath: directory.file("lrng_raw_sched_hires")))
      let outcome = try Program.run(arguments)
      #expect(outcome.status == 0)
      #expect(outcome.errors.contains("row 1 of 2") == (row == 0))
    }
    let rows = try #require(FileManager.default.contents(atPath: file))
    #expect(rows.count == 300)
    #expect(rows[149] == UInt8(truncatingIfNeeded: 149 * 149 + 1))
    #expect(rows[150] == UInt8(truncatingIfNeeded: 1001))
  }

  @Test("what is conditioned is called so", arguments: ["kernel"])
  func conditioned(_ source: String) throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("x.bin")
    let outcome = try Program.run("record", source, "--samples", "10", "-o", file)
    #expect(outcome.errors.contains("conditioned, not assessable"))
    #expect(try metadata(of: file)["assessable"] as? Bool == false)
  }

  private func metadata(of file: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(file).json"))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }
}
