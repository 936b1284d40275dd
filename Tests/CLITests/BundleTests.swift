// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation
import Testing

@Suite("lrng bundle, lrng assess --screen and --report", .timeLimit(.minutes(2)))
struct BundleTests {
  /// A recording that looks like one of the Jitter RNG, of data from the kernel's generator.
  private func recording(_ directory: TemporaryDirectory, _ name: String, restart: Bool) throws -> String {
    let file = directory.file(name)
    let size = restart ? ["--restart", "1x1000000"] : ["--samples", "1000000"]
    #expect(try Program.run(["record", "kernel"] + size + ["-o", file]).status == 0)
    var text = try String(contentsOfFile: "\(file).json", encoding: .utf8)
    text = text.replacingOccurrences(of: "\"kernel\"", with: "\"jitter\"")
      .replacingOccurrences(of: "\"assessable\" : false", with: "\"assessable\" : true")
      .replacingOccurrences(of: "\"conditioned\" : true", with: "\"conditioned\" : false")
      .replacingOccurrences(of: "\"rows\" : 1\n", with: "\"rows\" : 1000\n")
    try text.write(toFile: "\(file).json", atomically: true, encoding: .utf8)
    return file
  }

  @Test("what does not fit together is refused before anything is assessed, and why is said")
  func refusals() throws {
    let directory = try TemporaryDirectory()
    let (noise, restarts) = (
      try recording(directory, "noise.bin", restart: false), try recording(directory, "restarts.bin", restart: true)
    )
    let output = directory.file("esv")
    let swapped = try Program.run("bundle", restarts, noise, "-o", output)
    #expect(swapped.status == 65)
    #expect(swapped.errors.contains("the noise comes first"))

    #expect(try Program.run("record", "kernel", "--samples", "1000000", "-o", directory.file("kernel.bin")).status == 0)
    let conditioned = try Program.run("bundle", directory.file("kernel.bin"), restarts, "-o", output)
    #expect(conditioned.status == 65)
    #expect(conditioned.errors.contains("it is conditioned"))

    #expect(try Program.run("record", "kernel", "--samples", "999999", "-o", directory.file("short.bin")).status == 0)
    let short = try Program.run("bundle", directory.file("short.bin"), restarts, "-o", output)
    #expect(short.status == 65)
    #expect(short.errors.contains("999999 samples of 8 bits: exactly 1000000"))

    try FileManager.default.removeItem(atPath: "\(noise).json")
    #expect(try Program.run("bundle", noise, restarts, "-o", output).status == 65)
    #expect(!directory.names.contains("esv"))
  }

  @Test("a good stream passes the screens, a broken one has status 70 and the names of those it fails")
  func screens() throws {
    let directory = try TemporaryDirectory()
    #expect(try Program.run("record", "kernel", "--samples", "20004", "-o", directory.file("good.bin")).status == 0)
    let good = try Program.run("assess", directory.file("good.bin"), "--screen")
    #expect(good.status == 0)
    #expect(good.text.contains("FIPS 140-2"))
    _ = FileManager.default.createFile(atPath: directory.file("bad.bin"), contents: Data(count: 20_004))
    let bad = try Program.run("assess", directory.file("bad.bin"), "--screen", "--json")
    #expect(bad.status == 70)
    #expect(bad.errors.contains("looks broken: FIPS 140-2 failed"))
    let fips = try bad.json()["fips140"] as? [String: Any]
    #expect(fips?["blocks"] as? Int == 8)
    #expect(fips?["failures"] as? Int == 8)
    let short = try Program.run("assess", "--screen", try directory.write("short", to: "short.bin"))
    #expect(short.status == 65)
    #expect(short.errors.contains("2504"))
  }

  @Test("a report has the recording's facts, and says when they make it worthless")
  func report() throws {
    let directory = try TemporaryDirectory()
    #expect(try Program.run("record", "kernel", "--samples", "20000", "-o", directory.file("k.bin")).status == 0)
    let page = directory.file("k.html")
    #expect(try Program.run("assess", directory.file("k.bin"), "--bits", "8", "--report", page).status == 0)
    let html = try String(contentsOfFile: page, encoding: .utf8)
    #expect(html.hasPrefix("<!doctype html>"))
    #expect(html.contains("Conditioned data"))
    #expect(html.contains("kernel, user space"))
    #expect(html.contains("no assessment but an experiment"))
  }
}
