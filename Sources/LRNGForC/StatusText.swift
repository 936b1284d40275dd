// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNG

/// The status in JSON, with the members of `lrng status --json`. Made by hand, because what encodes JSON elsewhere is
/// Foundation, which is larger than all of this library.
enum StatusText {
  static func json(_ status: Status) -> [UInt8] {
    let selfTests =
      switch status.failedSelfTests {
      case nil: "pending"
      case 0: "passed"
      default: "failed"
      }
    var members = [
      ("drng", quoted(status.drng)),
      ("securityStrength", "\(status.securityStrengthInBits)"),
      ("instances", "\(status.generatorCount)"),
      ("standards", array(status.standards.map(quoted))),
      ("minimallySeeded", "\(status.isMinimallySeeded)"),
      ("fullySeeded", "\(status.isFullySeeded)"),
      ("entropyLevel", "\(status.entropyLevelInBits)"),
      ("selfTests", quoted(selfTests)),
      ("hash", quoted(status.hash)),
      ("implementations", object(status.implementations.map { ($0.primitive, quoted($0.name)) })),
      ("threadGenerator", optional(status.threadGenerator)),
      ("sources", array(status.sources.map(source))),
    ]
    if let failed = status.failedSelfTests { members.append(("failedSelfTests", "\(failed)")) }
    return Array(object(members).utf8)
  }

  private static func source(_ source: Status.Source) -> String {
    object([
      ("name", quoted(source.kind.name)),
      ("title", quoted(source.title)),
      ("available", "\(source.isAvailable)"),
      ("entropy", "\(source.entropyInBits)"),
      ("rate", source.rate.map { "\($0)" } ?? "null"),
      ("reason", optional(source.reason)),
      ("properties", object(source.properties.map { ($0.label, quoted($0.value)) })),
    ])
  }

  private static func object(_ members: [(String, String)]) -> String {
    "{" + members.map { quoted($0.0) + ":" + $0.1 }.joined(separator: ",") + "}"
  }

  private static func array(_ values: [String]) -> String { "[" + values.joined(separator: ",") + "]" }

  private static func optional(_ text: String?) -> String { text.map(quoted) ?? "null" }

  /// RFC 8259, section 7.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for character in text.unicodeScalars {
      switch character {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\u{0}"..<"\u{20}":
        let digits = String(character.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(character)
      }
    }
    return quoted + "\""
  }
}
