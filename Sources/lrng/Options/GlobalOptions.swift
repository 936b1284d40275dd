// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import ArgumentParser
import LRNG
import LRNGCore

/// The options that all commands have: how the LRNG is set up.
///
/// Each has a configuration key of its own, so that a file or the environment can say the same.
struct GlobalOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Read the configuration from this file alone.", valueName: "file"), completion: .file())
  var config: String?

  @Flag(inversion: .prefixedNo, help: "SP 800-90B health tests and SP 800-90C seeding (default: as the kernel runs).")
  var fips: Bool?

  @Option(
    help: ArgumentHelp(
      "AIS 20/31 NTG.1: two sources must carry the first seed. Version 2024 (the default) or 2022.",
      valueName: "version"),
    completion: .list(["2024", "2022"]))
  var ntg1: String?

  @Flag(help: "Ask sources for more entropy than the seed holds, as SP 800-90C does.")
  var oversample = false

  @Option(
    help: ArgumentHelp("Use only the sources that are named so. Repeatable.", valueName: "name"),
    completion: .list(SourceName.all), transform: SourceName.kind)
  var source: [EntropySourceKind] = []

  @Option(
    help: ArgumentHelp("Do without this source. Repeatable.", valueName: "name"),
    completion: .list(SourceName.all), transform: SourceName.kind)
  var noSource: [EntropySourceKind] = []

  @Option(
    help: ArgumentHelp(
      "The credit of a source: bits of entropy in 256 bits of data; for interrupt and scheduler, events for 256 bits. Repeatable.",
      valueName: "source=n"),
    transform: SourceRate.init(parsing:))
  var rate: [SourceRate] = []

  @Option(help: ArgumentHelp("Time measurements of the Jitter RNG for each bit, 3 to 20.", valueName: "n"))
  var osr: String?

  @Option(
    help: ArgumentHelp("A file that carries entropy over a restart, credited with nothing.", valueName: "file"),
    completion: .file())
  var seedFile: String?

  @Option(
    help: ArgumentHelp("The native socket of a service that seeds this generator.", valueName: "path"),
    completion: .file())
  var parent: String?

  @Option(
    help: ArgumentHelp("Read /dev/hwrng. --hwrng=RATE credits that many bits of 256.", valueName: "rate"))
  var hwrng: String?

  @Option(
    help: ArgumentHelp(
      "The generator: ChaCha20, CTR_DRBG, Hash_DRBG, HMAC_DRBG, or the processor's (RDRAND, RNDR).", valueName: "name"),
    completion: .list(DRNGAlgorithm.all.map { "\($0.name)" }))
  var drng: String?

  @Option(
    help: ArgumentHelp("The hash of the entropy pools: SHA-256, SHA-512, SHA3-256 or SHA3-512.", valueName: "name"),
    completion: .list(HashAlgorithm.allNames))
  var hash: String?

  /// What the options say, by configuration key.
  var settings: [String: OptionSetting] {
    var settings: [String: OptionSetting] = [:]
    func set(_ key: String, _ value: String?, _ option: String) {
      if let value { settings[key] = OptionSetting(value: value, option: option) }
    }
    set("fips", fips.map { "\($0)" }, fips == false ? "--no-fips" : "--fips")
    set("ntg1", ntg1, "--ntg1")
    set("oversample", oversample ? "true" : nil, "--oversample")
    set("drng", drng, "--drng")
    set("hash", hash, "--hash")
    set("jitter.osr", osr, "--osr")
    for rate in rate {
      set(rate.source == .auxiliary ? "auxiliary.hwrng.rate" : "\(rate.source.name).rate", rate.value, "--rate")
    }
    for kind in EntropySourceKind.all {
      let isNamed = source.contains(kind)
      let isRefused = noSource.contains(kind)
      guard isRefused || !source.isEmpty else { continue }
      let isEnabled = isNamed && !isRefused
      let option = isRefused ? "--no-source" : "--source"
      if kind != .auxiliary {
        set("\(kind.name).enabled", "\(isEnabled)", option)
      } else if !isEnabled {
        set("auxiliary.hwrng.enabled", "false", option)
        set("auxiliary.seedFile", "", option)
        set("auxiliary.parent", "", option)
      }
    }
    set("auxiliary.seedFile", seedFile, "--seed-file")
    set("auxiliary.parent", parent, "--parent")
    if let hwrng {
      set("auxiliary.hwrng.enabled", "true", "--hwrng")
      if hwrng != "0" { set("auxiliary.hwrng.rate", hwrng, "--hwrng") }
    }
    return settings
  }

  /// The configuration that results from all layers.
  ///
  /// - Parameter more: What options of one command say.
  func effectiveConfiguration(more: [String: OptionSetting] = [:]) throws -> EffectiveConfiguration {
    try EffectiveConfiguration(options: settings.merging(more) { $1 }, file: config)
  }
}

/// What an option says about a configuration key.
struct OptionSetting {
  let value: String
  let option: String
}

/// The names of the entropy sources on the command line.
enum SourceName {
  static let all = EntropySourceKind.all.map(\.name)

  static func kind(_ name: String) throws -> EntropySourceKind {
    guard let kind = EntropySourceKind.all.first(where: { $0.name == name }) else {
      throw ValidationError("no source is named '\(name)', there are \(all.joined(separator: ", "))")
    }
    return kind
  }
}

/// The value of `--rate`.
struct SourceRate {
  let source: EntropySourceKind
  let value: String

  init(parsing text: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { throw ValidationError("a rate is given as SOURCE=N, such as cpu=256") }
    source = try SourceName.kind(String(parts[0]))
    value = String(parts[1])
  }
}
