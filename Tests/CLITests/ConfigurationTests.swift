// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation
import Testing

@testable import lrng

@Suite("lrng config: options go before the environment, that before the file", .timeLimit(.minutes(1)))
struct ConfigurationTests {
  private func settings(
    _ arguments: [String], environment: [String: String] = [:]
  ) throws -> [String: [String: Any]] {
    let outcome = try Program.run(["config", "--json"] + arguments, environment: environment)
    #expect(outcome.status == 0)
    return try outcome.json()["settings"] as? [String: [String: Any]] ?? [:]
  }

  @Test("each layer wins over those below it")
  func hierarchy() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(
      #"{"jitter": {"enabled": false, "osr": 5}, "reseedSeconds": 60, "interrupt": {"enabled": false}}"#, to: "c.json")
    let all = try settings(
      ["--config", file, "--osr", "7"], environment: ["LRNG_JITTER_OSR": "6", "LRNG_RESEED_SECONDS": "30"])
    func check<Value: Equatable>(_ key: String, _ value: Value, _ origin: String, _ place: String?) {
      #expect(all[key]?["value"] as? Value == value)
      #expect(all[key]?["origin"] as? String == origin)
      #expect(all[key]?["place"] as? String == place)
    }
    check("jitter.osr", 7, "option", "--osr")
    check("reseedSeconds", 30, "environment", "LRNG_RESEED_SECONDS")
    check("jitter.enabled", false, "file", file)
    check("cpu.enabled", true, "default", nil)
  }

  @Test("a key of each type can be set by its variable")
  func environment() throws {
    let all = try settings(
      Program.quick,
      environment: [
        "LRNG_FIPS": "yes", "LRNG_NTG1": "2022", "LRNG_MAX_WITHOUT_RESEED": "4096", "LRNG_COLLECTION_SIZE": "2048",
        "LRNG_CPU_TRUSTED": "true", "LRNG_AUXILIARY_HWRNG_RATE": "128", "LRNG_JITTER_INTERNAL_TIMER": "false",
        "LRNG_HASH": "SHA-512",
      ])
    #expect(all["fips"]?["value"] as? Bool == true)
    #expect(all["ntg1"]?["value"] as? String == "2022")
    #expect(all["maxWithoutReseed"]?["value"] as? Int == 4096)
    #expect(all["collectionSize"]?["value"] as? Int == 2048)
    #expect(all["cpu.trusted"]?["value"] as? Bool == true)
    #expect(all["auxiliary.hwrng.rate"]?["value"] as? Int == 128)
    #expect(all["jitter.internalTimer"]?["value"] as? Bool == false)
    #expect(all["hash"]?["value"] as? String == "SHA-512")
  }

  @Test("--source leaves only the named ones, --no-source all the others")
  func sources() throws {
    let only = try settings(["--source", "kernel", "--source", "cpu"])
    #expect(only["kernel.enabled"]?["value"] as? Bool == true)
    #expect(only["cpu.enabled"]?["value"] as? Bool == true)
    for key in ["interrupt.enabled", "scheduler.enabled", "jitter.enabled", "auxiliary.hwrng.enabled"] {
      #expect(only[key]?["value"] as? Bool == false)
    }
    let without = try settings(["--no-source", "jitter"])
    #expect(without["jitter.enabled"]?["value"] as? Bool == false)
    #expect(without["cpu.enabled"]?["value"] as? Bool == true)
  }

  @Test("the table of credit has each source with a reason")
  func credit() throws {
    let outcome = try Program.run("config", "--json", "--rate", "cpu=100", "--no-source", "jitter")
    let credit = try #require(try outcome.json()["credit"] as? [[String: Any]])
    #expect(credit.compactMap { $0["source"] as? String } == StatusTests.names)
    #expect(credit.allSatisfy { ($0["reason"] as? String)?.isEmpty == false })
    let cpu = try #require(credit.first { $0["source"] as? String == "cpu" })
    if !(cpu["reason"] as? String ?? "").hasPrefix("unavailable") { #expect(cpu["rate"] as? Int == 100) }
    let text = try Program.run(["config"] + Program.quick)
    #expect(text.status == 0)
    #expect(text.text.contains("SOURCE"))
    #expect(text.text.contains("jitter.osr"))
  }

  @Test(
    "a bad file is bad data, and the line names file, key and what is allowed",
    arguments: [
      (#"{"jitter": {"ors": 3}}"#, "'jitter.ors'", "jitter.osr"),
      (#"{"fisp": true}"#, "'fisp'", "fips"),
      (#"{"fips": "true"}"#, "'fips'", "true or false"),
      (#"{"fips": 1}"#, "'fips'", "boolean"),
      (#"{"jitter": {"osr": true}}"#, "'jitter.osr'", "3 to 20"),
      (#"{"jitter": {"osr": 21}}"#, "'jitter.osr'", "3 to 20"),
      (#"{"jitter": {"osr": 3.5}}"#, "'jitter.osr'", "3 to 20"),
      (#"{"jitter": {"osr": null}}"#, "'jitter.osr'", "3 to 20"),
      (#"{"jitter": {"osr": [3]}}"#, "'jitter.osr'", "3 to 20"),
      (#"{"jitter": {"osr": {"x": 3}}}"#, "'jitter.osr.x'", "jitter.osr"),
      (#"{"jitter": 3}"#, "'jitter'", "object"),
      (#"{"reseedSeconds": -1}"#, "'reseedSeconds'", "0 to 3600"),
      (#"{"reseedSeconds": 1e300}"#, "'reseedSeconds'", "0 to 3600"),
      (#"{"interrupt": {"rate": 255}}"#, "'interrupt.rate'", "256 to"),
      (#"{"collectionSize": 1000}"#, "'collectionSize'", "1024"),
      (#"{"hash": "MD5"}"#, "'hash'", "SHA-512"),
      (#"{"jitter": {"osr": 3}, "jitter.osr": 4}"#, "'jitter.osr'", "leave one out"),
      (#"{"": 1}"#, "''", "allowed are"),
      (#"[]"#, "JSON object", "{"),
      (#"{"fips": "#, "not valid JSON", "lrng config"),
      ("\u{FEFF}nonsense", "not valid JSON", "lrng config"),
    ])
  func badFile(_ text: String, _ named: String, _ allowed: String) throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(text, to: "bad.json")
    let outcome = try Program.run("get", "1", "--config", file)
    #expect(outcome.status == 65)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("lrng: \(file): "))
    #expect(outcome.errors.contains(named))
    #expect(outcome.errors.contains(allowed))
    #expect(outcome.errors.split(separator: "\n").count == 1)
  }

  @Test("the manual and the guide name each key", arguments: ["configuration.md", "man/lrng.1"])
  func documentation(_ name: String) throws {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "../../Documentation")
    let text = try String(contentsOf: package.appendingPathComponent(name), encoding: .utf8)
    let keys = try settings(Program.quick).keys
    #expect(keys.count > 20)
    for key in keys { #expect(text.contains(key), "\(key) is missing in \(name)") }
  }

  @Test("a variable with a typing error is pointed out by lrng config, and by no other command")
  func unknownVariable() throws {
    let environment = ["LRNG_FISP": "true"]
    let outcome = try Program.run(["config"] + Program.quick, environment: environment)
    #expect(outcome.status == 0)
    #expect(outcome.errors.hasPrefix("lrng: LRNG_FISP is no setting"))
    #expect(try Program.run(["get", "1"] + Program.quick, environment: environment).errors.isEmpty)
  }

  @Test("a bad variable is a usage error that names it")
  func badVariable() throws {
    let outcome = try Program.run("get", "1", environment: ["LRNG_JITTER_OSR": "many"])
    #expect(outcome.status == 64)
    #expect(outcome.errors == "lrng: LRNG_JITTER_OSR can't be 'many': allowed is 3 to 20\n")
  }

  @Test("a file that is missing, a directory or endless is bad data; an empty one says nothing")
  func unusableFiles() throws {
    let directory = try TemporaryDirectory()
    #expect(try Program.run("get", "1", "--config", directory.file("none")).status == 65)
    #expect(try Program.run("get", "1", "--config", directory.path).status == 65)
    #expect(try Program.run("get", "1", "--config", "/dev/zero").status == 65)
    #expect(try Program.run(["get", "1", "--config", "/dev/null"] + Program.quick).status == 0)
  }

  @Test("a file without permission is bad data", .enabled(if: geteuid() == 0, "needs root to drop it"))
  func unreadableFile() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write("{}", to: "secret.json")
    try FileManager.default.copyItem(atPath: Program.path, toPath: directory.file("lrng"))
    let outcome = try Program.shell(
      """
      chmod 755 \(directory.path); chmod 600 \(file); cd /
      setpriv --reuid 65534 --regid 65534 --clear-groups \(directory.file("lrng")) get 1 --config \(file)
      """)
    let runtimeIsReachable = !outcome.errors.contains("error while loading shared libraries")
    guard runtimeIsReachable && outcome.status != 126 else { return }
    #expect(outcome.status == 65)
    #expect(outcome.errors.contains("Permission denied"))
  }
}

@Suite("The reader of the configuration file")
struct ConfigurationFileFuzzing {
  @Test("whatever a file holds, it is read, or refused with the file's name and a reason")
  func anything() throws {
    let seeds = [
      #"{"fips":true,"jitter":{"osr":5},"auxiliary":{"hwrng":{"enabled":true,"rate":128},"seedFile":"/x"}}"#,
      #"{"service":{"socket":"/run/lrng/socket","maxConnections":4096,"socketMode":"0666"},"seedKernel":{"credit":0}}"#,
      #"{"drng":"CTR_DRBG","hash":"SHA3-512","ntg1":"2024","reseedSeconds":1e2,"cpu":{"rate":-1}}"#,
      "{}", "[1,2]", "null", #"{"fips":{"fips":{"fips":[]}}}"#, String(repeating: "[", count: 200),
    ].map { Array($0.utf8) }
    let signs = Array(#"{}[]",:0129.-eE\utruefalsn "#.utf8) + [0, 0x80, 0xff, 0x0a]
    // Always the same, so that a failure can be seen again.
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % max(1, bound)
    }
    var accepted = 0
    for round in 0..<4000 {
      var text = seeds[round % seeds.count]
      for _ in 0..<random(4) where !text.isEmpty {
        let place = random(text.count)
        switch random(4) {
        case 0: text[place] = signs[random(signs.count)]
        case 1: text.remove(at: place)
        case 2: text.insert(signs[random(signs.count)], at: place)
        default: text.insert(contentsOf: text[place..<min(place + random(12), text.count)], at: random(text.count))
        }
      }
      do {
        _ = try ConfigurationFile(path: "file", text: text)
        accepted += 1
      } catch let failure as Failure {
        #expect(failure.status == .badData)
        #expect(failure.message.hasPrefix("file: "))
      }
    }
    #expect((100..<3900).contains(accepted))
  }
}
