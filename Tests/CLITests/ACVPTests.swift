// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation
import Testing

@Suite("lrng acvp", .timeLimit(.minutes(1)))
struct ACVPTests {
  /// SHA-256 of "abc" (FIPS 180-4 example).
  static let prompt = """
    {"vsId":1,"algorithm":"SHA2-256","revision":"1.0","isSample":true,"testGroups":[{"tgId":2,"testType":"AFT",\
    "tests":[{"tcId":3,"msg":"616263","len":24}]}]}
    """
  static let response = """
    {"vsId":1,"algorithm":"SHA2-256","revision":"1.0","isSample":true,"testGroups":[{"tgId":2,"tests":[{"tcId":3,\
    "md":"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"}]}]}
    """
  /// Hours of work.
  static let long = """
    {"vsId":1,"algorithm":"SHA2-256","revision":"1.0","testGroups":[{"tgId":1,"testType":"LDT","tests":[{"tcId":1,\
    "largeMsg":{"content":"00","contentLength":8,"fullLength":1099511627776,"expansionTechnique":"repeating"}}]}]}
    """

  private func compact(_ text: String) -> String { text.filter { !$0.isWhitespace } }

  @Test("a prompt from a file, from standard input and from - has the same response")
  func sources() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(Self.prompt, to: "prompt.json")
    for script in ["$lrng acvp \(file)", "$lrng acvp < \(file)", "cat \(file) | $lrng acvp -"] {
      let outcome = try Program.shell(script)
      #expect(outcome.status == 0, "\(script)")
      #expect(compact(outcome.text) == Self.response, "\(script)")
      #expect(outcome.text.hasPrefix("{\n  \"vsId\": 1,\n"))
      #expect(outcome.text.hasSuffix("}\n"))
      #expect(outcome.errors.isEmpty)
    }
    let output = directory.file("response.json")
    let outcome = try Program.run("acvp", file, "-o", output)
    #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty)
    #expect(compact(try String(contentsOfFile: output, encoding: .utf8)) == Self.response)
  }

  @Test("a faulty prompt: status 65, the path of the fault, and no response")
  func faults() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(Self.prompt.replacing("24", with: "16"), to: "prompt.json")
    let outcome = try Program.run("acvp", file, "-o", directory.file("response.json"))
    #expect(outcome.status == 65)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors == "lrng: \(file): $.testGroups[0].tests[0].msg: has 24 bits instead of 16\n")
    #expect(directory.names == ["prompt.json"])
    let syntax = try Program.shell("echo '{\"vsId\": }' | $lrng acvp")
    #expect(syntax.status == 65)
    #expect(syntax.errors == "lrng: standard input: $: not valid JSON at line 1, column 10: a value is expected\n")
    let nothing = try Program.run("acvp")
    #expect(nothing.status == 65)
    #expect(nothing.output.isEmpty)
  }

  @Test("a prompt that can't be read")
  func unreadable() throws {
    let missing = try Program.run("acvp", "/does/not/exist.json")
    #expect(missing.status == 65)
    #expect(missing.errors.hasPrefix("lrng: /does/not/exist.json: no such file: "))
    let directory = try Program.run("acvp", "/tmp")
    #expect(directory.status == 65)
    #expect(directory.errors.hasPrefix("lrng: /tmp: Is a directory"))
    let endless = try Program.run("acvp", "/dev/zero")
    #expect(endless.status == 65)
    #expect(endless.errors.hasPrefix("lrng: /dev/zero: longer than 256 MiB"))
  }

  @Test(
    "words that do not go together",
    arguments: [
      ["--registration", "prompt.json"], ["--interactive", "prompt.json"], ["--interactive", "-o", "x"],
      ["--registration", "--interactive"], ["a", "b"], ["--fips", "a"],
    ])
  func usage(_ arguments: [String]) throws {
    let outcome = try Program.run(["acvp"] + arguments)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("lrng: "))
  }

  @Test("--registration writes the JSON for the server")
  func registration() throws {
    let outcome = try Program.run("acvp", "--registration")
    #expect(outcome.status == 0)
    let message = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [[String: Any]])
    let algorithms = try #require(message.last?["algorithms"] as? [[String: Any]])
    let names = Set(algorithms.compactMap { $0["algorithm"] as? String })
    #expect(names.isSuperset(of: ["ctrDRBG", "hashDRBG", "hmacDRBG", "ACVP-AES-ECB", "SHA3-512", "HMAC-SHA2-256"]))
  }

  @Test("--interactive answers each line at once, goes on after a fault, and remembers it in the status")
  func interactive() throws {
    // Each answer is awaited before the next line is sent.
    let script = """
      coproc lrng { "$lrng" acvp --interactive; }
      exec 3>&"${lrng[1]}" 4<&"${lrng[0]}"
      pid=$lrng_PID
      eval "exec ${lrng[1]}>&- ${lrng[0]}<&-"
      for line in "$good" '{"vsId":1}' "$array" 'no JSON'; do
        printf '\\n%s\\n' "$line" >&3
        read -r -t 20 answer <&4 || echo "no answer"
        printf '%s\\n' "$answer"
      done
      printf '%s' "$good" >&3
      exec 3>&-
      cat <&4
      wait "$pid"
      """
    let array = "[{\"acvVersion\":\"1.0\"},\(Self.prompt)]"
    let outcome = try Program.shell(script, environment: ["good": Self.prompt, "array": array])
    #expect(
      outcome.lines == [
        Self.response[...], "{\"error\":\"is missing\",\"path\":\"$.algorithm\"}",
        "[{\"acvVersion\":\"1.0\"},\(Self.response)]",
        "{\"error\":\"not valid JSON at line 1, column 1: a value is expected\",\"path\":\"$\"}",
        // A last line without an end is a line, too.
        Self.response[...], "",
      ])
    #expect(outcome.status == 65)
    #expect(outcome.errors == "lrng: 2 of 5 lines had a fault, their answers say which\n")
    let good = try Program.shell("echo \"$good\" | $lrng acvp --interactive", environment: ["good": Self.prompt])
    #expect(good.status == 0)
    #expect(good.errors.isEmpty)
  }

  @Test("a large data test takes constant memory, and Ctrl-C ends it without a response")
  func interruption() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(Self.long, to: "prompt.json")
    let started = try Program.Started(Program.path, ["acvp", file, "-o", directory.file("response.json")])
    usleep(1_000_000)
    let facts = try String(contentsOfFile: "/proc/\(started.identifier)/status", encoding: .utf8)
    started.send(SIGINT)
    let outcome = started.finish()
    #expect(outcome.status == 130)
    #expect(outcome.output.isEmpty && outcome.errors.isEmpty)
    #expect(directory.names == ["prompt.json"])
    let peak = try #require(facts.firstMatch(of: /VmHWM:\s+([0-9]+) kB/)?.1)
    // A sanitizer has shadow memory of its own.
    let limit = ProcessInfo.processInfo.environment["ASAN_OPTIONS"] == nil ? 40_000 : 400_000
    #expect(Int(peak) ?? .max < limit)
  }

  @Test("long work shows its progress on a terminal")
  func progress() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(Self.long, to: "prompt.json")
    let shown = try Program.shell("script -qec \"timeout -s INT 2 $lrng acvp \(file) > /dev/null\" /dev/null")
    #expect(shown.text.contains("/s"))
    #expect(shown.text.contains("left"))
  }
}
