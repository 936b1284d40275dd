// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNG
import LRNGCore

/// A key of the configuration: how it is spelled, what it may be, and what it sets.
///
/// This table is the only place that knows the keys. Documentation/configuration.md shows the same to people, and a test
/// compares the two.
struct ConfigurationKey: Sendable {
  /// The type in the JSON file.
  enum ValueType: String, Sendable {
    case boolean, number, string
  }

  /// With a dot for each level of the JSON file.
  let name: String
  let type: ValueType
  /// What it may be, in words.
  let allowed: String
  /// Sets the value. It returns `false` for one that is not allowed.
  let set: @Sendable (inout Settings, String) -> Bool
  /// The value in force, `nil` where the program decides by itself.
  let get: @Sendable (Settings) -> String?

  /// The name of the environment variable: in capitals, with LRNG_ in front and an underscore at the start of each word.
  var variable: String {
    name.reduce(into: "LRNG_") { result, character in
      if character.isUppercase { result += "_" }
      result += character == "." ? "_" : character.uppercased()
    }
  }

  /// The components for swift-configuration.
  var components: [String] { name.split(separator: ".").map(String.init) }

  static func named(_ name: String) -> ConfigurationKey? { all.first { $0.name == name } }
}

extension ConfigurationKey {
  /// All keys, in the order in which they are shown.
  static let all = ofGenerator + ofService

  private static let ofGenerator: [ConfigurationKey] = [
    ConfigurationKey(
      name: "fips", type: .boolean, allowed: "true or false",
      set: { configuration, text in
        guard let value = boolean(text) else { return false }
        configuration.isFIPS = value
        return true
      },
      get: { $0.isFIPS.map { "\($0)" } }),
    ConfigurationKey(
      name: "ntg1", type: .string, allowed: "\"2024\", \"2022\" or \"off\"",
      set: { configuration, text in
        switch text {
        case "2024": configuration.ntg1 = .version2024
        case "2022": configuration.ntg1 = .draft2022
        case "off": configuration.ntg1 = nil
        default: return false
        }
        return true
      },
      get: {
        switch $0.ntg1 {
        case .version2024: "2024"
        case .draft2022: "2022"
        case nil: "off"
        }
      }),
    flag("oversample", \.wantsOversampling),
    ConfigurationKey(
      name: "drng", type: .string, allowed: DRNGAlgorithm.all.map { "\($0.name)" }.joined(separator: ", "),
      set: { configuration, text in
        guard let algorithm = DRNGAlgorithm(named: text) else { return false }
        configuration.drng = algorithm
        return true
      },
      get: { "\($0.drng.name)" }),
    ConfigurationKey(
      name: "hash", type: .string, allowed: HashAlgorithm.allNames.joined(separator: ", "),
      set: { configuration, text in
        guard let hash = HashAlgorithm(named: text) else { return false }
        configuration.hash = hash
        return true
      },
      get: { $0.hash.map { "\($0.name)" } }),
    flag("forceSeeding", \.allowsForcedSeeding),
    number("maxWithoutReseed", \.maximumRequestsWithoutReseed, 1...1 << 30, "1 to 1073741824 requests"),
    number("selfTestSeconds", \.selfTestIntervalInSeconds, 0...1 << 31, "0 to 2147483648 seconds, 0 for never again"),
    number("reseedSeconds", \.reseedIntervalInSeconds, 0...3600, "0 to 3600 seconds, 0 for each request"),
    ConfigurationKey(
      name: "collectionSize", type: .number,
      allowed: CollectionSize.allSizes.map { "\($0.rawValue)" }.joined(separator: ", ") + " bytes",
      set: { configuration, text in
        guard let bytes = UInt32(text), let size = CollectionSize(rawValue: bytes) else { return false }
        configuration.collectionSize = size
        return true
      },
      get: { "\($0.collectionSize.rawValue)" }),
    flag("interrupt.enabled", \.interrupt.isEnabled),
    rate("interrupt.rate", \.interrupt.rate, 256...UInt32.max, eventsAllowed),
    flag("scheduler.enabled", \.scheduler.isEnabled),
    rate("scheduler.rate", \.scheduler.rate, 256...UInt32.max, eventsAllowed),
    flag("jitter.enabled", \.jitter.isEnabled),
    rate("jitter.rate", \.jitter.rate, 0...256, bitsAllowed),
    number("jitter.osr", \.jitter.oversamplingRate, 3...20, "3 to 20"),
    ConfigurationKey(
      name: "jitter.internalTimer", type: .boolean, allowed: "true or false",
      set: { configuration, text in
        guard let value = boolean(text) else { return false }
        configuration.jitter.usesInternalTimer = value
        return true
      },
      get: { $0.jitter.usesInternalTimer.map { "\($0)" } }),
    flag("cpu.enabled", \.cpu.isEnabled),
    rate("cpu.rate", \.cpu.rate, 0...256, bitsAllowed),
    flag("cpu.trusted", \.cpu.isTrusted),
    ConfigurationKey(
      name: "cpu.multiplier", type: .number, allowed: "1 to 1024",
      set: { configuration, text in
        guard let value = Int(text), (1...1024).contains(value) else { return false }
        configuration.cpu.multiplier = value
        return true
      },
      get: { $0.cpu.multiplier.map { "\($0)" } }),
    flag("kernel.enabled", \.kernel.isEnabled),
    rate("kernel.rate", \.kernel.rate, 0...256, bitsAllowed),
    flag("auxiliary.hwrng.enabled", \.auxiliary.readsHardwareGenerator),
    number("auxiliary.hwrng.rate", \.auxiliary.hardwareGeneratorRate, 0...256, bitsAllowed),
    ConfigurationKey(
      name: "auxiliary.seedFile", type: .string, allowed: "a path, or \"\" for none",
      set: { configuration, text in
        configuration.auxiliary.seedFile = text.isEmpty ? nil : text
        return true
      },
      get: { $0.auxiliary.seedFile ?? "" }),
    ConfigurationKey(
      name: "auxiliary.parent", type: .string, allowed: "the path of a service's native socket, or \"\" for none",
      set: { configuration, text in
        configuration.auxiliary.parent = text.isEmpty ? nil : text
        return true
      },
      get: { $0.auxiliary.parent ?? "" }),
  ]

  private static let eventsAllowed = "256 to 4294967295 events for 256 bits, the largest for no credit"
  private static let bitsAllowed = "0 to 256 bits of 256"

  static func boolean(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "yes", "1": true
    case "false", "no", "0": false
    default: nil
    }
  }

  private static func flag(
    _ name: String, _ path: WritableKeyPath<Configuration, Bool> & Sendable
  ) -> ConfigurationKey {
    ConfigurationKey(
      name: name, type: .boolean, allowed: "true or false",
      set: { configuration, text in
        guard let value = boolean(text) else { return false }
        configuration.generator[keyPath: path] = value
        return true
      },
      get: { "\($0.generator[keyPath: path])" })
  }

  private static func number<Number: FixedWidthInteger & Sendable>(
    _ name: String, _ path: WritableKeyPath<Configuration, Number> & Sendable, _ range: ClosedRange<Number>,
    _ allowed: String
  ) -> ConfigurationKey {
    ConfigurationKey(
      name: name, type: .number, allowed: allowed,
      set: { configuration, text in
        guard let value = Number(text), range.contains(value) else { return false }
        configuration.generator[keyPath: path] = value
        return true
      },
      get: { "\($0.generator[keyPath: path])" })
  }

  private static func rate(
    _ name: String, _ path: WritableKeyPath<Configuration, UInt32?> & Sendable, _ range: ClosedRange<UInt32>,
    _ allowed: String
  ) -> ConfigurationKey {
    ConfigurationKey(
      name: name, type: .number, allowed: allowed,
      set: { configuration, text in
        guard let value = UInt32(text), range.contains(value) else { return false }
        configuration.generator[keyPath: path] = value
        return true
      },
      get: { $0.generator[keyPath: path].map { "\($0)" } })
  }
}

extension CollectionSize {
  fileprivate static let allSizes: [CollectionSize] = [
    .bytes32, .bytes64, .bytes256, .bytes512, .bytes1024, .bytes2048, .bytes4096, .bytes8192,
  ]
}

extension HashAlgorithm {
  static let allNames = all.map { "\($0.name)" }
}
