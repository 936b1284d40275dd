// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Configuration
import LRNG

/// The configuration in force, and where each value comes from.
struct EffectiveConfiguration {
  /// Who said so.
  enum Origin: Equatable {
    case standard
    case file(String)
    case environment(String)
    case option(String)
  }

  let settings: Settings
  /// Who set each key, in the order of ``ConfigurationKey/all``.
  let origins: [(key: ConfigurationKey, origin: Origin)]
  /// The file that was read.
  let file: String?

  /// Puts the layers together: options go before the environment, that goes before the file.
  init(options: [String: OptionSetting], file path: String?) throws {
    let file = try ConfigurationFile.find(path)
    let fileProvider = InMemoryProvider(name: "file", values: Self.values(file?.values ?? [:]))
    let environment = EnvironmentVariablesProvider()
    let optionProvider = InMemoryProvider(name: "options", values: Self.values(options.mapValues(\.value)))

    var settings = Settings(generator: .commandLine)
    var origins: [(key: ConfigurationKey, origin: Origin)] = []
    for key in ConfigurationKey.all {
      let name = AbsoluteConfigKey(key.components)
      let layers: [(Origin, () throws -> ConfigValue?)] = [
        (
          .option(options[key.name]?.option ?? ""),
          { try optionProvider.value(forKey: name, type: .string).value }
        ),
        (
          .environment(key.variable),
          { try environment.prefixKeys(with: "lrng").value(forKey: name, type: .string).value }
        ),
        (
          .file(file?.path ?? ""),
          { try fileProvider.value(forKey: name, type: .string).value }
        ),
      ]
      var origin = Origin.standard
      for (layer, value) in layers {
        guard case .string(let text) = try value()?.content else { continue }
        guard key.set(&settings, text) else { throw Self.refusal(of: text, key: key, origin: layer) }
        origin = layer
        break
      }
      origins.append((key, origin))
    }
    self.settings = settings
    self.file = file?.path
    self.origins = origins
  }

  /// The values as swift-configuration wants them.
  ///
  /// All are text: each key knows its own type and range, and says so in one way wherever the value comes from.
  private static func values(_ values: [String: String]) -> [AbsoluteConfigKey: ConfigValue] {
    var result: [AbsoluteConfigKey: ConfigValue] = [:]
    for (name, value) in values {
      result[AbsoluteConfigKey(name.split(separator: ".").map(String.init))] =
        ConfigValue(.string(value), isSecret: false)
    }
    return result
  }

  private static func refusal(of value: String, key: ConfigurationKey, origin: Origin) -> Failure {
    switch origin {
    case .file(let path):
      Failure(.badData, "\(path): '\(key.name)' can't be \(value): allowed is \(key.allowed)")
    case .environment(let variable):
      Failure(.usage, "\(variable) can't be '\(value)': allowed is \(key.allowed)")
    case .option(let option):
      Failure(.usage, "\(option) can't be '\(value)' (\(key.name)): allowed is \(key.allowed)")
    case .standard:
      Failure(.usage, "\(key.name) can't be '\(value)': allowed is \(key.allowed)")
    }
  }

  var configuration: LRNG.Configuration { settings.generator }

  /// Makes the generator.
  func generator(trace: (@Sendable (String) -> Void)? = nil) throws -> RandomBitGenerator {
    try reporting { () throws(LRNGError) in try RandomBitGenerator(configuration, trace: trace) }
  }
}
