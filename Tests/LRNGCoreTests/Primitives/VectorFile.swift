// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation

/// A third-party vector file of lines `name = value`, records separated by blank lines or by a repeated name.
///
/// Just enough of a parser for the files in Vectors/; whoever reads one asserts how many records there are, so that a
/// misread file can't pass for a file without tests.
struct VectorFile {
  /// The records; names are in lower case, comment lines and `[sections]` are left out.
  private(set) var records: [[String: String]] = []

  /// - Parameter section: Take only the records between `[section]` and the next such line.
  init(_ path: String, section: String? = nil) throws {
    var record: [String: String] = [:]
    var currentSection: String?
    func finishRecord(_ records: inout [[String: String]]) {
      if !record.isEmpty && (section == nil || section == currentSection) { records.append(record) }
      record = [:]
    }
    for line in try Self.lines(of: path) {
      if line.hasPrefix("#") { continue }
      if line.isEmpty {
        finishRecord(&records)
      } else if line.hasPrefix("[") {
        finishRecord(&records)
        currentSection = String(line.dropFirst().prefix { $0 != "]" })
      } else if let equals = line.firstIndex(of: "=") {
        let name = line[..<equals].trimmingCharacters(in: .whitespaces).lowercased()
        if record[name] != nil { finishRecord(&records) }
        record[name] = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
      }
    }
    finishRecord(&records)
  }

  /// The records that have all of `names`.
  func records(with names: String...) -> [[String: String]] {
    records.filter { record in names.allSatisfy { record[$0] != nil } }
  }

  static func lines(of path: String) throws -> [String] {
    let text = try String(contentsOf: url(path), encoding: .utf8)
    return text.split(omittingEmptySubsequences: false) { $0.isNewline }.map { $0.trimmingCharacters(in: .whitespaces) }
  }

  static func url(_ path: String) throws -> URL {
    guard let resources = Bundle.module.resourceURL else { throw VectorError.noResources }
    return resources.appendingPathComponent("Vectors").appendingPathComponent(path)
  }
}

enum VectorError: Error {
  case noResources
  case notHexadecimal(String)
  case missing(String)
}

extension [String: String] {
  func bytes(_ name: String) throws -> [UInt8] { try [UInt8](hex: text(name)) }

  func integer(_ name: String) throws -> Int {
    guard let value = Int(try text(name)) else { throw VectorError.missing(name) }
    return value
  }

  private func text(_ name: String) throws -> String {
    guard let value = self[name] else { throw VectorError.missing(name) }
    return value
  }
}

extension [UInt8] {
  init(hex: some StringProtocol) throws {
    let digits = hex.utf8.map { digit -> UInt8? in
      switch digit {
      case 0x30...0x39: digit - 0x30
      case 0x41...0x46: digit - 0x41 + 10
      case 0x61...0x66: digit - 0x61 + 10
      default: nil
      }
    }
    guard digits.count.isMultiple(of: 2) else { throw VectorError.notHexadecimal(String(hex)) }
    self = try stride(from: 0, to: digits.count, by: 2).map { index in
      guard let high = digits[index], let low = digits[index + 1] else {
        throw VectorError.notHexadecimal(String(hex))
      }
      return high << 4 | low
    }
  }

  /// 0, 1, 2, … modulo 251, a prime: no two blocks of a message are alike.
  static func counting(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 % 251) } }
}
