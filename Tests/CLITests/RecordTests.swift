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

  private func metadata(of file: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(file).json"))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }
}
