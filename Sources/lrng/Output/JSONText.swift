// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import FoundationEssentials

/// JSON for scripts and readable for people: the keys in order, one value a line.
enum JSONText {
  static func of(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
