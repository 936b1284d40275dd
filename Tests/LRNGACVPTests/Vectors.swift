// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation
import Testing

/// The vector sets in Vectors/, as JSON that tests can change.
enum Vectors {
  static func bytes(_ name: String, _ file: String) throws -> [UInt8] {
    let resources = try #require(Bundle.module.resourceURL)
    return Array(try Data(contentsOf: resources.appendingPathComponent("Vectors/\(name)/\(file).json")))
  }

  static func object(_ name: String, _ file: String) throws -> [String: Any] {
    try object(of: bytes(name, file))
  }

  static func object(of json: [UInt8]) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
  }

  /// With the members in the order of their names, so that equal values have equal bytes.
  static func bytes(of json: Any) throws -> [UInt8] {
    Array(try JSONSerialization.data(withJSONObject: json, options: .sortedKeys))
  }

  static func sorted(_ json: [UInt8]) throws -> [UInt8] {
    try bytes(of: JSONSerialization.jsonObject(with: Data(json)))
  }

  static func groups(of set: [String: Any]) -> [[String: Any]] { set["testGroups"] as? [[String: Any]] ?? [] }

  static func tests(of set: [String: Any]) -> [[String: Any]] {
    groups(of: set).flatMap { $0["tests"] as? [[String: Any]] ?? [] }
  }

  static func drop(group identifier: Any?, from set: inout [String: Any]) {
    set["testGroups"] = groups(of: set).filter { $0["tgId"] as? Int != identifier as? Int }
  }
}
