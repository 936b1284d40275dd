// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation
import Testing

@Suite("lrng get", .timeLimit(.minutes(1)))
struct GetTests {
  @Test("raw, hex and base64 have exactly the bytes asked for", arguments: [0, 1, 2, 31, 32, 33, 4096, 4097, 1 << 20])
  func lengths(_ count: Int) throws {
    let raw = try Program.run(["get", "\(count)"] + Program.quick)
    #expect(raw.status == 0)
    #expect(raw.output.count == count)

    let hex = try Program.run(["get", "\(count)", "--format", "hex"] + Program.quick)
    #expect(hex.output.count == 2 * count + 1)
    #expect(hex.text.wholeMatch(of: /[0-9a-f]*\n/) != nil)

    let base64 = try Program.run(["get", "\(count)", "--format", "base64"] + Program.quick)
    #expect(base64.output.last == UInt8(ascii: "\n"))
    let decoded = try #require(Data(base64Encoded: String(base64.text.dropLast())))
    #expect(decoded.count == count)
  }

  @Test("all characters of the text formats appear, so that no range of digits is missing")
  func alphabets() throws {
    let hex = try Program.run(["get", "4k", "--format", "hex"] + Program.quick)
    #expect(Set(hex.text) == Set("0123456789abcdef\n"))
    let base64 = try Program.run(["get", "96k", "--format", "base64"] + Program.quick)
    #expect(Set(base64.text.filter { $0 != "\n" }).count == 64)
  }

  @Test(
    "a unit is a power of 1024",
    arguments: [("2k", 2048), ("2K", 2048), ("3KiB", 3072), ("1M", 1 << 20), ("1MiB", 1 << 20)])
  func units(_ text: String, _ count: Int) throws {
    let outcome = try Program.run(["get", text] + Program.quick)
    #expect(outcome.output.count == count)
  }

  @Test("two runs are never equal", arguments: [[], ["--insecure"], ["--prediction-resistance"], ["--seed"]])
  func distinct(_ options: [String]) throws {
    let count = options == ["--seed"] ? "4096" : "32"
    let first = try Program.run(["get", count] + options + Program.quick)
    let second = try Program.run(["get", count] + options + Program.quick)
    #expect(first.status == 0)
    #expect(second.status == 0)
    #expect(first.output != second.output)
  }

  @Test("no block of 16 bytes repeats within a mebibyte")
  func noRepetition() throws {
    let bytes = try Program.run(["get", "1M"] + Program.quick).output
    let blocks = Set(stride(from: 0, to: bytes.count, by: 16).map { Array(bytes[$0..<$0 + 16]) })
    #expect(blocks.count == bytes.count / 16)
  }

  @Test("prediction resistance delivers all bytes in rounds of 32", arguments: [1, 33, 100, 200])
  func predictionResistance(_ count: Int) throws {
    let outcome = try Program.run(["get", "\(count)", "--prediction-resistance"] + Program.quick)
    #expect(outcome.status == 0)
    #expect(outcome.output.count == count)
  }

  @Test("raw seed material begins with its length and its entropy")
  func seed() throws {
    let outcome = try Program.run(["get", "--seed"] + Program.quick)
    #expect(outcome.status == 0)
    let words = outcome.output.withUnsafeBytes {
      ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }
    #expect(words.0 == UInt64(outcome.output.count))
    #expect((256...512).contains(words.1))
  }

  @Test("a buffer too small for the seed is a usage error that names the size")
  func seedTooLarge() throws {
    let outcome = try Program.run(["get", "8", "--seed"] + Program.quick)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    let size = try #require(outcome.errors.firstMatch(of: /the seed has ([0-9]+) bytes/)?.1)
    let retry = try Program.run(["get", String(size), "--seed"] + Program.quick)
    #expect(retry.status == 0)
    #expect(retry.output.count == Int(size))
  }

  @Test("without entropy --nonblocking ends with status 75 and --insecure delivers")
  func notSeeded() throws {
    let starved = ["--source", "cpu", "--rate", "cpu=0"]
    let refused = try Program.run(["get", "16", "--nonblocking"] + starved)
    #expect(refused.status == 75)
    #expect(refused.output.isEmpty)
    #expect(refused.errors.hasPrefix("lrng: not fully seeded"))
    let insecure = try Program.run(["get", "16", "--insecure"] + starved)
    #expect(insecure.status == 0)
    #expect(insecure.output.count == 16)
  }

  @Test("a wait for entropy ends at Ctrl-C")
  func interruptedWait() throws {
    let started = try Program.Started(
      Program.path, ["get", "16", "--source", "cpu", "--rate", "cpu=0"])
    usleep(700_000)
    started.send(SIGINT)
    let outcome = started.finish()
    #expect(outcome.status == 130)
    #expect(outcome.output.isEmpty)
  }

  @Test(
    "what is no number of bytes is a usage error",
    arguments: ["x", "-1", "1.5", "1Q", "", "k", "99999999999999999999", "99999999999T", "0x10", "１"])
  func nonsense(_ count: String) throws {
    let outcome = try Program.run("get", count)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("lrng: "))
    #expect(outcome.errors.split(separator: "\n").count == 1)
  }

  @Test(
    "contradictory or unknown options are a usage error",
    arguments: [
      ["get"], ["get", "1", "--format", "octal"], ["get", "1", "--seed", "--insecure"], ["get", "1", "--drng", "dice"],
      ["get", "1", "--hash", "md5"], ["get", "1", "--source", "lava"], ["get", "1", "--rate", "cpu"],
      ["get", "1", "--rate", "cpu=257"], ["get", "1", "--rate", "interrupt=255"], ["get", "1", "--osr", "2"],
      ["get", "1", "--ntg1=2011"], ["get", "1", "--hwrng=300"], ["get", "1", "2"], ["get", "1", "--frobnicate"],
      ["frobnicate"],
    ])
  func usage(_ arguments: [String]) throws {
    let outcome = try Program.run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("lrng: "))
    #expect(outcome.errors.split(separator: "\n").count == 1)
  }

  @Test("a complaint names the word that is wrong, and the help of its command")
  func complaint() throws {
    let outcome = try Program.run("get", "--frobnicate")
    #expect(outcome.errors == "lrng: Unknown option '--frobnicate': see 'lrng get --help'\n")
  }

  @Test("an option without its value does not swallow the number of bytes")
  func optionalValues() throws {
    for option in ["--ntg1", "--hwrng"] {
      let outcome = try Program.run(
        ["get", option, "8", "--insecure", "--source", "kernel", "--source", "auxiliary"])
      #expect(outcome.status == 0)
      #expect(outcome.output.count == 8)
    }
  }

  @Test("each generator writes what it is asked for", arguments: ["ChaCha20", "CTR_DRBG", "Hash_DRBG", "HMAC_DRBG"])
  func generators(name: String) throws {
    let outcome = try Program.run(["get", "100", "--drng", name] + Program.quick)
    #expect(outcome.status == 0)
    #expect(outcome.output.count == 100)
    let status = try Program.run(["status", "--json", "--drng", name, "--hash", "SHA3-512"] + Program.quick)
    #expect(status.text.contains(name))
    #expect(status.text.contains("SHA3-512"))
  }

  @Test(
    "a hash or a generator can be chosen by any spelling of its name",
    arguments: ["SHA-256", "sha-512", "sha3-256", "SHA3-512"])
  func hash(_ name: String) throws {
    let outcome = try Program.run(["get", "8", "--hash", name, "--drng", "chacha20"] + Program.quick)
    #expect(outcome.status == 0)
    #expect(outcome.output.count == 8)
  }

  @Test("a terminal gets no raw bytes unless it asks for them")
  func terminal() throws {
    // script(1) gives the program a terminal.
    let refused = try Program.shell("script -qec \"$lrng get 8 $quick\" /dev/null")
    #expect(refused.status == 64)
    #expect(refused.text.contains("--format hex"))
    let wanted = try Program.shell("script -qec \"$lrng get 8 --format raw $quick\" /dev/null | wc -c")
    #expect(wanted.status == 0)
    let hex = try Program.shell("script -qec \"$lrng get 8 --format hex $quick\" /dev/null")
    #expect(hex.text.trimmingCharacters(in: .whitespacesAndNewlines).wholeMatch(of: /[0-9a-f]{16}/) != nil)
  }

  @Test("--trace shows each step in the wording of the reference, and no step without it")
  func trace() throws {
    let outcome = try Program.run(
      "get", "8", "--trace", "--source", "kernel", "--source", "interrupt", "--source", "cpu")
    #expect(outcome.status == 0)
    #expect(outcome.output.count == 8)
    #expect(outcome.errors.contains("LRNG self-tests passed"))
    #expect(outcome.errors.contains("seeding regular DRNG with "))
    #expect(outcome.errors.firstMatch(of: /obtained [0-9]+ bits of entropy from CPU/) != nil)
    #expect(
      outcome.errors.firstMatch(of: #/obtained [0-9]+ bits by collecting [0-9]+ bits of entropy from /#) != nil)
    #expect(outcome.errors.firstMatch(of: /LRNG fully seeded with [0-9]+ bits of entropy/) != nil)
    let quiet = try Program.run(["get", "8"] + Program.quick)
    #expect(quiet.errors.isEmpty)
  }

  @Test(
    "--trace counts the interrupts of each processor",
    .enabled(if: geteuid() == 0, "perf events need root"))
  func traceOfInterrupts() throws {
    let outcome = try Program.run("get", "8", "--trace", "--insecure", "--source", "interrupt")
    #expect(outcome.status == 0)
    let status = try Program.run("status", "--json", "--source", "interrupt").json()
    let sources = try #require(status["sources"] as? [[String: Any]])
    // Where the machine refuses, `status` says why; elsewhere the trace must show it.
    if sources.first?["available"] as? Bool == true {
      let pattern = /([0-9]+) interrupts used from entropy pool of CPU ([0-9]+), ([0-9]+) interrupts remain unused/
      #expect(outcome.errors.firstMatch(of: pattern) != nil)
    } else {
      #expect(sources.first?["reason"] as? String != nil)
    }
  }
}
