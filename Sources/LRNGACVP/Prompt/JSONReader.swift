// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// A JSON value, as far as prompts need it.
enum JSONValue: Equatable {
  case null
  case boolean(Bool)
  /// A number; `nil` if it is not whole or does not fit.
  case number(Int?)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])
}

/// Reads JSON (RFC 8259), strictly: no name with two values in an object, nothing after the value, no broken UTF-8.
///
/// A name may come again with the same value: one of the server's own sample sets says `fullLength` twice.
///
/// What it complains about has a line and a column. `JSONDecoder` of FoundationEssentials gives neither on Linux,
/// overlooks errors in members that nobody asks for, and is a black box to a fuzzer.
struct JSONReader {
  /// A prompt needs seven levels. The reader calls itself for each.
  private static let deepestLevel = 64

  /// The values of one document. The server's sets have some thousands; a value takes much more memory than its text.
  private static let mostValues = 1 << 22

  private let text: [UInt8]
  private var position = 0
  private var level = 0
  private var values = 0

  private init(_ text: [UInt8]) {
    self.text = text
  }

  static func value(of text: [UInt8]) throws(ACVPFault) -> JSONValue {
    var reader = JSONReader(text)
    // Some editors begin a file with a byte order mark.
    if text.starts(with: [0xEF, 0xBB, 0xBF]) { reader.position = 3 }
    let value = try reader.value()
    reader.skipSpace()
    guard reader.next == nil else { throw reader.fault("the end is expected") }
    return value
  }

  // MARK: - Values

  private mutating func value() throws(ACVPFault) -> JSONValue {
    skipSpace()
    values += 1
    guard values <= Self.mostValues else { throw fault("there are more than \(Self.mostValues) values: split it") }
    guard let next else { throw fault("a value is expected") }
    switch next {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    case UInt8(ascii: "t"): return try literal("true", .boolean(true))
    case UInt8(ascii: "f"): return try literal("false", .boolean(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    default: throw fault("a value is expected")
    }
  }

  private mutating func object() throws(ACVPFault) -> JSONValue {
    var members: [String: JSONValue] = [:]
    try elements(until: UInt8(ascii: "}")) { (reader) throws(ACVPFault) in
      reader.skipSpace()
      let start = reader.position
      guard reader.next == UInt8(ascii: "\"") else { throw reader.fault("the name of a member is expected") }
      let name = try reader.string()
      reader.skipSpace()
      guard reader.take(UInt8(ascii: ":")) else { throw reader.fault("a colon is expected") }
      let value = try reader.value()
      guard members.updateValue(value, forKey: name).map({ $0 == value }) ?? true else {
        reader.position = start
        throw reader.fault("the object has a member of this name already, with another value")
      }
    }
    return .object(members)
  }

  private mutating func array() throws(ACVPFault) -> JSONValue {
    var values: [JSONValue] = []
    try elements(until: UInt8(ascii: "]")) { (reader) throws(ACVPFault) in values.append(try reader.value()) }
    return .array(values)
  }

  /// Reads a bracket, elements with commas between them, and the bracket that closes.
  private mutating func elements(
    until end: UInt8, _ element: (inout JSONReader) throws(ACVPFault) -> Void
  ) throws(ACVPFault) {
    level += 1
    guard level <= Self.deepestLevel else { throw fault("it is nested too deep") }
    position += 1
    skipSpace()
    if !take(end) {
      repeat {
        try element(&self)
        skipSpace()
      } while take(UInt8(ascii: ","))
      guard take(end) else { throw fault("a comma or the closing bracket is expected") }
    }
    level -= 1
  }

  private mutating func literal(_ literal: StaticString, _ value: JSONValue) throws(ACVPFault) -> JSONValue {
    let characters = "\(literal)".utf8
    guard text[position...].starts(with: characters) else { throw fault("a value is expected") }
    position += characters.count
    return value
  }

  // MARK: - Numbers

  private mutating func number() throws(ACVPFault) -> Int? {
    let start = position
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    let end = position
    if take(UInt8(ascii: ".")) { try digits() }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      _ = take(UInt8(ascii: "+")) || take(UInt8(ascii: "-"))
      try digits()
    }
    return end == position ? Int(String(decoding: text[start..<end], as: UTF8.self)) : nil
  }

  private mutating func digits() throws(ACVPFault) {
    let start = position
    while let next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) { position += 1 }
    guard position > start else { throw fault("a digit is expected") }
  }

  // MARK: - Strings

  private mutating func string() throws(ACVPFault) -> String {
    position += 1
    let start = position
    // Nearly all strings are as they stand.
    while let next, next != UInt8(ascii: "\""), next != UInt8(ascii: "\\"), next >= 0x20 { position += 1 }
    if take(UInt8(ascii: "\"")) { return try unicode(text[start..<position - 1], start) }

    var characters = Array(text[start..<position])
    while let next {
      switch next {
      case UInt8(ascii: "\""):
        position += 1
        return try unicode(characters[...], start)
      case UInt8(ascii: "\\"):
        characters += try escape()
      case ..<0x20:
        throw fault("a control character in a string must be escaped")
      default:
        characters.append(next)
        position += 1
      }
    }
    throw fault("the string has no end")
  }

  private func unicode(_ characters: ArraySlice<UInt8>, _ start: Int) throws(ACVPFault) -> String {
    guard let string = String(validating: characters, as: UTF8.self) else {
      throw fault("the string is not valid UTF-8", at: start)
    }
    return string
  }

  /// What a backslash and its followers stand for.
  private mutating func escape() throws(ACVPFault) -> [UInt8] {
    position += 1
    guard let sign = next else { throw fault("the string has no end") }
    position += 1
    switch sign {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [sign]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      let first = try codeUnit()
      var units = [first]
      if UTF16.isLeadSurrogate(first), take(UInt8(ascii: "\\")) {
        guard take(UInt8(ascii: "u")) else { throw fault("half of a surrogate pair is missing") }
        units.append(try codeUnit())
      }
      guard let character = String(validating: units, as: UTF16.self) else {
        throw fault("half of a surrogate pair is missing")
      }
      return Array(character.utf8)
    default:
      position -= 1
      throw fault("no such escape")
    }
  }

  private mutating func codeUnit() throws(ACVPFault) -> UInt16 {
    let digits = text[position...].prefix(4)
    // `Hexadecimal` knows no signs, which `UInt16` would take.
    guard digits.count == 4, let bytes = Hexadecimal.bytes(String(decoding: digits, as: UTF8.self)) else {
      throw fault("four hexadecimal digits are expected")
    }
    position += 4
    return UInt16(bytes[0]) << 8 | UInt16(bytes[1])
  }

  // MARK: - Characters

  private var next: UInt8? { position < text.count ? text[position] : nil }

  private mutating func take(_ character: UInt8) -> Bool {
    guard next == character else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let next, next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { position += 1 }
  }

  private func fault(_ message: String, at place: Int? = nil) -> ACVPFault {
    let before = text[..<(place ?? position)]
    let line = before.count { $0 == 0x0A } + 1
    let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return ACVPFault("not valid JSON at line \(line), column \(before.endIndex - start + 1): \(message)", at: "$")
  }
}
