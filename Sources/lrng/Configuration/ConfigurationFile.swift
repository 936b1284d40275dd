// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The configuration file: a JSON object with an object for each entropy source.
///
/// It is read strictly. A key with a typing error would otherwise leave a default in force that nobody wanted.
struct ConfigurationFile {
  let path: String
  /// The values by key, as text.
  let values: [String: String]

  /// The longest file that is read.
  private static let maximumLengthInBytes = 1 << 20

  /// Finds the file and reads it.
  ///
  /// - Parameter explicitPath: The path that the user gave; otherwise the usual places are looked at, and a file that is
  ///   not there is no error.
  static func find(_ explicitPath: String?) throws -> ConfigurationFile? {
    if let explicitPath {
      guard let text = try read(explicitPath) else {
        throw Failure(.badData, "\(explicitPath): no such file: give the path of a configuration file to --config")
      }
      return try ConfigurationFile(path: explicitPath, text: text)
    }
    for path in usualPaths {
      if let text = try read(path) { return try ConfigurationFile(path: path, text: text) }
    }
    return nil
  }

  /// Where it is looked for, in this order. Root goes by nothing that a user could write.
  static var usualPaths: [String] {
    var paths = ["/etc/lrng/config.json"]
    guard geteuid() != 0 else { return paths }
    if let directory = environment("XDG_CONFIG_HOME"), directory.hasPrefix("/") {
      paths.insert("\(directory)/lrng/config.json", at: 0)
    } else if let home = environment("HOME"), home.hasPrefix("/") {
      paths.insert("\(home)/.config/lrng/config.json", at: 0)
    }
    return paths
  }

  private static func environment(_ name: String) -> String? {
    // Nothing in this program changes the environment.
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// - Returns: The content, `nil` if there is no such file.
  private static func read(_ path: String) throws -> [UInt8]? {
    let file = try InputFile(path: path, advice: "make it readable, or give another one to --config")
    return try file?.content(maximumLengthInBytes: maximumLengthInBytes, advice: "this is no configuration file")
  }

  init(path: String, text: [UInt8]) throws {
    self.path = path
    // An empty file, /dev/null for example, says nothing.
    guard text.contains(where: { !" \t\r\n".utf8.contains($0) }) else {
      values = [:]
      return
    }
    let tree: JSONValue
    do {
      tree = try JSONDecoder().decode(JSONValue.self, from: Data(text))
    } catch {
      throw Failure(.badData, "\(path): not valid JSON\(Self.details(error)): see 'lrng config --help' for an example")
    }
    guard case .object = tree else {
      throw Failure(.badData, "\(path): not a JSON object: it must begin with { and end with }")
    }
    var values: [String: String] = [:]
    try Self.flatten(tree, name: "", path: path, into: &values)
    self.values = values
  }

  private static func details(_ error: any Error) -> String {
    guard case DecodingError.dataCorrupted(let context) = error,
      let underlying = context.underlyingError
    else { return "" }
    let text = "\(underlying)"
    // The decoder says where in the description of the underlying error, if at all.
    guard let start = text.firstRange(of: "around line ") else { return "" }
    let place = text[start.lowerBound...].prefix { !".\"".contains($0) }
    return " \(place)"
  }

  private static func flatten(
    _ value: JSONValue, name: String, path: String, into values: inout [String: String]
  ) throws {
    if case .object(let members) = value {
      // In order, so that the first complaint is always the same.
      for (member, value) in members.sorted(by: { $0.key < $1.key }) {
        let name = name.isEmpty ? member : "\(name).\(member)"
        if ConfigurationKey.named(name) == nil {
          let isSection = ConfigurationKey.all.contains { $0.name.hasPrefix("\(name).") }
          guard isSection else {
            throw Failure(.badData, "\(path): unknown key '\(name)': \(suggestion(for: name))")
          }
          guard case .object = value else {
            throw Failure(.badData, "\(path): '\(name)' must be an object with the settings of that name")
          }
        }
        try flatten(value, name: name, path: path, into: &values)
      }
      if ConfigurationKey.named(name) == nil { return }
    }
    guard let key = ConfigurationKey.named(name) else { return }
    guard let text = value.text(as: key.type) else {
      throw Failure(.badData, "\(path): '\(name)' must be a \(key.type.rawValue): allowed is \(key.allowed)")
    }
    // "a.b" is the same key as the member "b" of "a".
    guard values.updateValue(text, forKey: name) == nil else {
      throw Failure(.badData, "\(path): '\(name)' is there twice: leave one out")
    }
  }

  private static func suggestion(for name: String) -> String {
    let section = name.split(separator: ".").first.map { "\($0)." } ?? ""
    let near = ConfigurationKey.all.filter { name.contains(".") && $0.name.hasPrefix(section) }
    let keys = near.isEmpty ? ConfigurationKey.all : near
    return "allowed are \(keys.map(\.name).joined(separator: ", "))"
  }
}

/// Any JSON value.
private enum JSONValue: Decodable {
  case null, boolean(Bool), number(Double), string(String), array, object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    if let members = try? decoder.container(keyedBy: Name.self) {
      var object: [String: JSONValue] = [:]
      for name in members.allKeys { object[name.stringValue] = try members.decode(JSONValue.self, forKey: name) }
      self = .object(object)
      return
    }
    if (try? decoder.unkeyedContainer()) != nil {
      self = .array
      return
    }
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let boolean = try? value.decode(Bool.self) {
      self = .boolean(boolean)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else {
      self = .string(try value.decode(String.self))
    }
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// The value as text, if it has the type.
  func text(as type: ConfigurationKey.ValueType) -> String? {
    switch (self, type) {
    case (.boolean(let value), .boolean): "\(value)"
    case (.string(let value), .string): value
    case (.number(let value), .number): Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    default: nil
    }
  }
}
