// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import ArgumentParser
import LRNG
import LRNGCore

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Show the configuration in force, and what each entropy source is credited with.",
    discussion: """
      A value comes from an option, else from the environment (LRNG_JITTER_OSR for the key jitter.osr), else from the \
      file given to --config, else $XDG_CONFIG_HOME/lrng/config.json (not for root) or /etc/lrng/config.json, else it \
      is the default. The file is a JSON object:

        { "fips": true, "jitter": { "osr": 5 }, "scheduler": { "enabled": false } }

      EXAMPLES
        lrng config
        lrng config --fips --rate cpu=256
        LRNG_JITTER_OSR=5 lrng config --json | jq '.settings["jitter.osr"]'
      """)

  @Flag(help: "JSON instead of text.")
  var json = false

  @OptionGroup(title: "CONFIGURATION")
  var options: GlobalOptions

  func run() throws {
    let effective = try options.effectiveConfiguration()
    let generator = try effective.generator()
    // The generator has settled what was left open, such as the mode of the kernel.
    var settled = effective.settings
    settled.generator = generator.configuration
    let settings = effective.origins.map { Setting(key: $0.key, value: $0.key.get(settled), origin: $0.origin) }
    let credits = generator.status.sources.map {
      Credit(source: $0, configuration: generator.configuration, isConfigured: effective.hasRate(of: $0.kind))
    }
    try StandardOutput.print(
      json ? JSONText.of(Document(file: effective.file, settings, credits)) : text(settings, credits))
    for name in UnknownVariables.all {
      StandardStreams.complain("\(name) is no setting of this program and was ignored: see its manual for the names")
    }
  }

  /// A key with its value.
  private struct Setting {
    let key: ConfigurationKey
    let value: String?
    let origin: EffectiveConfiguration.Origin
  }

  private func text(_ settings: [Setting], _ credits: [Credit]) -> String {
    let rows = settings.map { [$0.key.name, $0.value.map { $0.isEmpty ? "none" : $0 } ?? "automatic", $0.origin.text] }
    return """
      \(Table.text(["KEY", "VALUE", "FROM"], rows))

      \(Table.text(["SOURCE", "CREDIT", "WHY"], credits.map { [$0.source, $0.text, $0.reason] }))
      """
  }

  private struct Document: Encodable {
    struct Entry: Encodable {
      let setting: Setting

      private enum CodingKeys: String, CodingKey {
        case value, origin, place
      }

      /// The value has the type that it has in the file; `null` is "automatic".
      func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch setting.key.type {
        case .boolean: try container.encode(setting.value.map { $0 == "true" }, forKey: .value)
        case .number: try container.encode(setting.value.flatMap { UInt64($0) }, forKey: .value)
        case .string: try container.encode(setting.value, forKey: .value)
        }
        try container.encode(setting.origin.name, forKey: .origin)
        try container.encode(setting.origin.place, forKey: .place)
      }
    }

    let file: String?
    let settings: [String: Entry]
    let credit: [Credit]

    init(file: String?, _ settings: [Setting], _ credits: [Credit]) {
      self.file = file
      credit = credits
      self.settings = Dictionary(
        settings.map { ($0.key.name, Entry(setting: $0)) }, uniquingKeysWith: { first, _ in first })
    }
  }
}

/// What a source is credited with, and why.
struct Credit: Encodable {
  let source: String
  /// Events for 256 bits, or bits in 256 bits of data; `nil` for nothing.
  let rate: UInt32?
  let unit: String
  let reason: String

  init(source status: Status.Source, configuration: LRNG.Configuration, isConfigured: Bool) {
    source = status.kind.name
    let countsEvents = status.kind == .interrupt || status.kind == .scheduler
    unit = countsEvents ? "events for 256 bits" : "bits of 256"
    let credited = status.kind == .auxiliary ? configuration.auxiliary.hardwareGeneratorRate : status.rate
    rate = credited == 0 ? nil : credited
    reason =
      if let problem = status.reason {
        "unavailable: \(problem)"
      } else if isConfigured {
        "configured"
      } else {
        Self.reason(status.kind, rate: rate, configuration: configuration)
      }
  }

  var text: String { rate.map { "\($0) \(unit)" } ?? "none" }

  private static func reason(
    _ kind: EntropySourceKind, rate: UInt32?, configuration: LRNG.Configuration
  ) -> String {
    switch kind {
    case .interrupt: "1 bit of an 8-bit time stamp; every machine assessed so far had 1.9 or more"
    case .scheduler:
      rate == nil
        ? "not independent of interrupts, which are credited" : "stands in for interrupts: they see the same events"
    case .jitter: "1/\(configuration.jitter.oversamplingRate) bit is claimed for each time measurement"
    case .cpu:
      (rate ?? 0) > 8 ? "the administrator trusts the processor" : "nobody outside the processor can verify it"
    case .kernel:
      rate != nil
        ? "nothing else here sees the interrupts that it eats"
        : "it eats the interrupts that are credited already, or the mode forbids it"
    case .auxiliary:
      "the rate is that of /dev/hwrng; whoever inserts data vouches for them; the seed file counts for nothing"
    }
  }
}

extension EffectiveConfiguration {
  /// Whether somebody set the credit of a source.
  fileprivate func hasRate(of kind: EntropySourceKind) -> Bool {
    origins.contains { $0.key.name == "\(kind.name).rate" && $0.origin != .standard }
  }
}

extension EffectiveConfiguration.Origin {
  fileprivate var name: String {
    switch self {
    case .standard: "default"
    case .file: "file"
    case .environment: "environment"
    case .option: "option"
    }
  }

  /// Which file, variable or option.
  fileprivate var place: String? {
    switch self {
    case .standard: nil
    case .file(let place), .environment(let place), .option(let place): place
    }
  }

  fileprivate var text: String { place ?? name }
}

/// Columns of text.
private enum Table {
  static func text(_ header: [String], _ rows: [[String]]) -> String {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      row.enumerated().map { column, cell in
        column == header.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
