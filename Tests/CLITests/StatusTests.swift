// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation
import Testing

@Suite("lrng status, selftest and the program itself", .timeLimit(.minutes(1)))
struct StatusTests {
  static let names = ["interrupt", "scheduler", "jitter", "cpu", "kernel", "auxiliary"]

  @Test("the text has the labels of /proc/lrng_type in their order")
  func text() throws {
    let outcome = try Program.run(["status"] + Program.quick)
    #expect(outcome.status == 0)
    let labels = [
      "DRNG name: ChaCha20 DRNG", "LRNG security strength in bits: 256", "Number of DRNG instances: ",
      "Standards compliance: ", "LRNG minimally seeded: true", "LRNG fully seeded: true", "LRNG entropy level: ",
      "Entropy Source 0 properties:", " Name: IRQ", "Entropy Source 1 properties:", " Name: Scheduler",
      "Entropy Source 2 properties:", " Name: JitterRNG", "Entropy Source 3 properties:", " Name: CPU",
      "Entropy Source 4 properties:", " Name: KernelRNG", "Entropy Source 5 properties:", " Name: Auxiliary",
    ]
    var rest = outcome.lines[...]
    for label in labels {
      let position = rest.firstIndex { $0.hasPrefix(label) }
      rest = rest[(try #require(position, "\(label)") + 1)...]
    }
    // Scripts rely on this neighbourhood.
    let auxiliary = try #require(outcome.lines.firstIndex(of: " Name: Auxiliary"))
    #expect(outcome.lines[auxiliary + 1].hasPrefix(" Hash for operating entropy pool: "))
  }

  @Test("JSON has the fields that scripts go by")
  func json() throws {
    let status = try Program.run(["status", "--json"] + Program.quick).json()
    #expect(status["drng"] as? String == "ChaCha20 DRNG")
    #expect(status["fullySeeded"] as? Bool == true)
    #expect(status["minimallySeeded"] as? Bool == true)
    #expect(status["entropyLevel"] is Int)
    #expect(status["securityStrength"] as? Int == 256)
    #expect((status["instances"] as? Int).map { $0 >= 1 } == true)
    #expect(status["standards"] as? [String] == [])
    #expect(status["selfTests"] as? String == "passed")
    let sources = try #require(status["sources"] as? [[String: Any]])
    #expect(sources.compactMap { $0["name"] as? String } == Self.names)
    for source in sources {
      #expect(source["available"] is Bool)
      #expect(source["entropy"] is Int)
      #expect(source.keys.contains("rate"))
      #expect(source.keys.contains("reason"))
      // Whatever is unavailable says why.
      if source["available"] as? Bool == false { #expect(source["reason"] is String) }
    }
  }

  @Test(
    "LRNG_CPU_FEATURES leaves implementations out, and status names those that are left",
    arguments: [
      ("none", ["ChaCha20": "portable", "AES": "portable", "SHA-256": "portable", "SHA-512": "portable"]),
      ("aes,sha", ["ChaCha20": "portable", "AES": "AES-NI", "SHA-256": "SHA-NI", "SHA-512": "portable"]),
      ("avx2,bmi2", ["ChaCha20": "AVX2", "AES": "portable", "SHA-256": "portable", "SHA-512": "AVX2"]),
      ("vaes,avx2,aes", ["ChaCha20": "AVX2", "AES": "VAES-256", "SHA-256": "portable", "SHA-512": "portable"]),
      ("neon", ["ChaCha20": "NEON", "AES": "portable", "SHA-256": "portable", "SHA-512": "portable"]),
      // Longer vectors without shorter ones are no use, and names count as they are written.
      ("avx512,vaes", ["ChaCha20": "portable", "AES": "portable", "SHA-256": "portable", "SHA-512": "portable"]),
      ("AES,sha2,", ["ChaCha20": "portable", "AES": "portable", "SHA-256": "portable", "SHA-512": "portable"]),
    ])
  func implementations(features: String, expected: [String: String]) throws {
    let all = try Self.implementations(environment: [:])
    let left = try Self.implementations(environment: ["LRNG_CPU_FEATURES": features])
    #expect(left.keys.sorted() == expected.keys.sorted())
    for (primitive, name) in left {
      // A processor may have less than the list allows.
      #expect(name == expected[primitive] || (name == "portable" && Self.lacks(expected[primitive], all)))
    }
    let outcome = try Program.run(["selftest"], environment: ["LRNG_CPU_FEATURES": features])
    #expect(outcome.status == 0)
  }

  private static func implementations(environment: [String: String]) throws -> [String: String] {
    let status = try Program.run(["status", "--json"] + Program.quick, environment: environment).json()
    let implementations = try #require(status["implementations"] as? [String: String])
    let text = try Program.run(["status"] + Program.quick, environment: environment)
    let line = try #require(text.lines.first { $0.hasPrefix("Implementations: ") })
    for (primitive, name) in implementations { #expect(line.contains("\(primitive): \(name)")) }
    return implementations
  }

  /// Whether a processor that uses `all` by itself has nothing of that name.
  private static func lacks(_ name: String?, _ all: [String: String]) -> Bool {
    switch name {
    case "AES-NI": all["AES"] == "portable"
    case "VAES-256": all["AES"]?.hasPrefix("VAES") == false
    case "SHA-NI": all["SHA-256"] == "portable"
    case "AVX2": all["ChaCha20"]?.hasPrefix("AVX") == false || all["SHA-512"] == "portable"
    case "NEON": all["ChaCha20"] != "NEON"
    default: false
    }
  }

  @Test("the modes show in the line of standards")
  func standards() throws {
    let status = try Program.run(["status", "--json", "--fips", "--ntg1"] + Program.quick).json()
    #expect(status["standards"] as? [String] == ["SP800-90C", "NTG.1 (2011 / 2024)"])
    // One source is not enough for NTG.1.
    #expect(status["fullySeeded"] as? Bool == false)
  }

  @Test(
    "an unprivileged user is told what the sources of events need",
    .enabled(if: geteuid() == 0, "needs root to drop it"))
  func unprivileged() throws {
    // The user may not enter the build directory.
    let directory = try TemporaryDirectory()
    try FileManager.default.copyItem(atPath: Program.path, toPath: directory.file("lrng"))
    let outcome = try Program.shell(
      """
      chmod 755 \(directory.path)
      cd / && setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
        \(directory.file("lrng")) status --json --no-source jitter --config /dev/null
      """)
    let runtimeIsReachable = !outcome.errors.contains("error while loading shared libraries")
    guard runtimeIsReachable && outcome.status != 126 else { return }
    let sources = try #require(try outcome.json()["sources"] as? [[String: Any]])
    for name in ["interrupt", "scheduler"] {
      let source = try #require(sources.first { $0["name"] as? String == name })
      if source["available"] as? Bool == true { continue }
      #expect((source["reason"] as? String)?.isEmpty == false)
    }
    #expect(try outcome.json()["fullySeeded"] as? Bool == true)
  }

  @Test("--watch goes on until Ctrl-C, and appends where there is no terminal")
  func watch() throws {
    let started = try Program.Started(Program.path, ["status", "--watch", "0.1"] + Program.quick)
    let isRepeating = started.wait {
      String(decoding: started.output, as: UTF8.self).split(separator: "DRNG name").count > 2
    }
    #expect(isRepeating)
    started.send(SIGINT)
    let outcome = started.finish()
    #expect(outcome.status == 130)
    #expect(!outcome.output.contains(0x1B))
    #expect(outcome.errors.isEmpty)
  }

  @Test("each self test and its negative twin is listed, and all pass")
  func selfTest() throws {
    let text = try Program.run("selftest")
    #expect(text.status == 0)
    let names = [
      "SHA-256", "SHA-512", "SHA3-256", "SHA3-512", "HMAC-SHA-256", "ChaCha20 block", "ChaCha20 DRNG", "AES-256",
    ]
    for name in names {
      #expect(text.text.contains("ok      \(name): known answer found\n"))
      #expect(text.text.contains("ok      \(name): negative twin refused\n"))
    }
    let json = try Program.run("selftest", "--json").json()
    #expect(json["passed"] as? Bool == true)
    let tests = try #require(json["tests"] as? [[String: Any]])
    #expect(tests.count >= 8)
    #expect(tests.allSatisfy { $0["knownAnswer"] as? Bool == true && $0["negativeTwin"] as? Bool == true })
  }

  @Test("help has examples at each level", arguments: ["", "status", "get", "record", "selftest", "config", "acvp"])
  func help(_ command: String) throws {
    let outcome = try Program.run([command, "--help"].filter { !$0.isEmpty })
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    #expect(outcome.text.contains("EXAMPLES"))
    #expect(outcome.text.contains("USAGE: lrng"))
  }

  @Test("--version is one line")
  func version() throws {
    let outcome = try Program.run("--version")
    #expect(outcome.status == 0)
    #expect(outcome.text.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\n/) != nil)
  }

  @Test("completion scripts name the commands", arguments: ["bash", "zsh", "fish"])
  func completions(_ shell: String) throws {
    let outcome = try Program.run("--generate-completion-script", shell)
    #expect(outcome.status == 0)
    for word in ["status", "selftest", "record", "prediction-resistance", "acvp", "interactive"] {
      #expect(outcome.text.contains(word))
    }
  }
}
