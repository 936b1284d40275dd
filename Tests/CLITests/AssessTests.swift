// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation
import Testing

@Suite("lrng assess", .timeLimit(.minutes(2)))
struct AssessTests {
  /// Samples that anybody can make again.
  private static func samples(_ count: Int, bits: Int) -> [UInt8] {
    var state: UInt64 = 1
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> UInt64(64 - bits))
    }
  }

  private static func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  private static let symbolKeys: Set = ["mostCommonValue", "tTuple", "lrs", "multiMCW", "lag", "multiMMC", "lz78y"]
  private static let bitKeys = symbolKeys.union(["collision", "markov", "compression"])

  @Test("the JSON has a key for each estimator that applies, and none for another")
  func json() throws {
    let directory = try TemporaryDirectory()
    let (bytes, bits) = (directory.file("bytes"), directory.file("bits"))
    // Of 256 values none would be there 35 times, which a t-tuple estimate takes.
    try Self.write(Self.samples(4200, bits: 6), to: bytes)
    try Self.write(Self.samples(6100, bits: 1), to: bits)
    let eight = try Program.run("assess", bytes, "--bits", "8", "--json")
    #expect(eight.status == 0)
    // The only complaint is about the number of samples.
    #expect(eight.errors.contains("4200 samples: SP 800-90B takes 1000000"))
    let document = try eight.json()
    let estimators = try #require(document["estimators"] as? [String: Double])
    let bitstring = try #require(document["bitstring"] as? [String: Double])
    #expect(Set(estimators.keys) == Self.symbolKeys)
    #expect(Set(bitstring.keys) == Self.bitKeys)
    let hOriginal = try #require(document["hOriginal"] as? Double)
    let hBitstring = try #require(document["hBitstring"] as? Double)
    #expect(hOriginal == estimators.values.min())
    #expect(hBitstring == bitstring.values.min())
    // Foundation reads numbers to some 15 digits.
    #expect(abs(try #require(document["minEntropy"] as? Double) - min(hOriginal, 8 * hBitstring)) < 1e-12)

    let one = try Program.run("assess", bits, "--bits", "1", "--json").json()
    #expect(Set(try #require(one["estimators"] as? [String: Double]).keys) == Self.bitKeys)
    #expect(one["bitstring"] == nil && one["hBitstring"] == nil)
  }

  @Test("numbers on lines give what bytes give, and longer samples what their metadata says")
  func formats() throws {
    let directory = try TemporaryDirectory()
    let samples = Self.samples(4200, bits: 8)
    let (raw, decimal, wide) = (directory.file("raw"), directory.file("decimal"), directory.file("wide"))
    try Self.write(samples, to: raw)
    try Self.write(Array(samples.map { "\($0)\n" }.joined().utf8), to: decimal)
    try Self.write(samples.flatMap { [$0, 77, 77, 77] }, to: wide)
    try Self.write(Array(#"{"bits": 32, "gaps": 0}"#.utf8), to: wide + ".json")
    let estimates = try [raw, decimal, wide].map {
      try Program.run("assess", $0, "--bits", "8", "--json").json()["estimators"] as? [String: Double]
    }
    #expect(estimates[0] != nil && estimates[0] == estimates[1] && estimates[0] == estimates[2])
  }

  @Test("bad data: status 65, what was found, and what is needed")
  func badData() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("samples")
    func failure(_ bytes: [UInt8], _ arguments: String...) throws -> String {
      try Self.write(bytes, to: file)
      let outcome = try Program.run(["assess", file] + arguments)
      #expect(outcome.status == 65)
      #expect(outcome.output.isEmpty)
      return outcome.errors
    }
    #expect(try failure([], "--bits", "8") == "lrng: \(file): it is empty: 1000000 samples are needed\n")
    #expect(try failure(Array(repeating: 3, count: 50)).contains("50 samples: at least 4096 are needed"))
    #expect(try failure([1, 2, 3, 17], "--bits", "4").contains("sample 3 is 17, which has more than 4 bits"))
    #expect(try failure(Array("1\n2\n300\n".utf8)).contains("line 3 is '300'"))
    let samples = Self.samples(5000, bits: 8)
    #expect(try failure(samples, "--restart").contains("5000 samples: a restart matrix has 1000000, 1000 after each"))
    #expect(try failure(samples, "--restart", file).contains("a restart matrix has 1000000"))
    try Self.write(Array(#"{"bits": 8, "gaps": 2}"#.utf8), to: file + ".json")
    #expect(try failure(samples).contains("recorded with 2 gaps"))
    let missing = try Program.run("assess", directory.file("missing"), "--bits", "8")
    #expect(missing.status == 65)
    #expect(missing.errors.contains("no such file"))
    let unreadable = try Program.run("assess", directory.path)
    #expect(unreadable.status == 65)
  }

  @Test("what is no use: status 64")
  func usage() throws {
    for arguments in [
      [], ["x", "--bits", "9"], ["x", "--bits", "0"], ["--conditioning", "256,256"], ["--conditioning", "256,256,256"],
      ["--conditioning", "256,256,256,257"], ["x", "--initial-entropy", "3"], ["x", "--threads", "0"],
    ] {
      #expect(try Program.run(["assess"] + arguments).status == 64, "\(arguments)")
    }
  }

  @Test("conditioning needs no samples, and takes its input from them where it is not told")
  func conditioning() throws {
    let alone = try Program.run("assess", "--conditioning", "512,256,256,300", "--json")
    #expect(alone.status == 0)
    let result = try #require(try alone.json()["conditioning"] as? [String: Any])
    // NIST's ea_conditioning 1.1.8.
    #expect(abs(try #require(result["hOut"] as? Double) - 255.9999999999999179961) < 1e-9)
    #expect(result["isVetted"] as? Bool == true)

    let directory = try TemporaryDirectory()
    let file = directory.file("samples")
    try Self.write(Self.samples(4200, bits: 8), to: file)
    let document = try Program.run(
      "assess", file, "--bits", "8", "--conditioning", "512,256,256", "--conditioned-data", file, "--json"
    ).json()
    let conditioning = try #require(document["conditioning"] as? [String: Any])
    let minEntropy = try #require(document["minEntropy"] as? Double)
    #expect(abs(try #require(conditioning["hIn"] as? Double) - minEntropy * 64) < 1e-9)
    #expect(conditioning["hPrime"] as? Double == document["hBitstring"] as? Double)
    #expect(conditioning["isVetted"] as? Bool == false)
  }

  @Test("Ctrl-C ends it at once")
  func interrupt() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("samples")
    try Self.write(Self.samples(1_000_000, bits: 8), to: file)
    let outcome = try Program.shell("$lrng assess \(file) --bits 8 & sleep 1; kill -INT $!; wait $!")
    #expect(outcome.status == 130)
    #expect(outcome.output.isEmpty)
  }
}
