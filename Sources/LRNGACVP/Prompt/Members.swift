// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The members of a JSON object, read with the type that they must have.
///
/// Each complaint has the path of the member, as RFC 9535 writes it.
struct Members {
  /// Where the object stands.
  let path: String
  private let values: [String: JSONValue]

  init(_ value: JSONValue, path: String) throws(ACVPFault) {
    guard case .object(let values) = value else { throw ACVPFault("must be an object", at: path) }
    self.values = values
    self.path = path
  }

  /// A fault of a member.
  func fault(_ message: String, at name: String) -> ACVPFault {
    ACVPFault(message, at: "\(path).\(name)")
  }

  func unsupported(_ text: String, _ supported: [String], at name: String) -> ACVPFault {
    fault("\(Self.quoted(text)) is not supported: \(supported.joined(separator: ", "))", at: name)
  }

  /// Whether there is such a member. `null` says that there is none.
  func has(_ name: String) -> Bool {
    switch values[name] {
    case nil, .null: false
    default: true
    }
  }

  // MARK: - Simple values

  func string(_ name: String) throws(ACVPFault) -> String {
    guard case .string(let text) = try value(name) else { throw fault("must be a string", at: name) }
    return text
  }

  func boolean(_ name: String) throws(ACVPFault) -> Bool {
    guard case .boolean(let flag) = try value(name) else { throw fault("must be true or false", at: name) }
    return flag
  }

  /// A whole number of a range.
  func integer(_ name: String, in range: ClosedRange<Int>) throws(ACVPFault) -> Int {
    guard case .number(let number?) = try value(name), range.contains(number) else {
      throw fault("must be a whole number from \(range.lowerBound) to \(range.upperBound)", at: name)
    }
    return number
  }

  /// The number that the server gave to a vector set, a group or a test.
  func identifier(_ name: String) throws(ACVPFault) -> Int {
    // JSON numbers often pass through a double, which holds no more.
    try integer(name, in: 0...1 << 53)
  }

  /// A number of bits.
  func bits(_ name: String, in range: ClosedRange<Int> = 0...Members.maximumLengthInBits) throws(ACVPFault) -> Int {
    try integer(name, in: range)
  }

  /// A number of bits that are whole bytes.
  func wholeBytes(_ name: String) throws(ACVPFault) -> Int {
    let bits = try bits(name)
    guard bits % 8 == 0 else {
      throw fault("\(bits) is no multiple of 8: only whole bytes are supported", at: name)
    }
    return bits
  }

  /// More bits than any prompt that can be read has.
  static let maximumLengthInBits = 1 << 40

  /// One of the names of an enumeration.
  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, _: Choice.Type = Choice.self
  ) throws(ACVPFault) -> Choice {
    let text = try string(name)
    guard let choice = Choice(rawValue: text) else {
      throw unsupported(text, Choice.allCases.map(\.rawValue), at: name)
    }
    return choice
  }

  /// A string of bits in the hexadecimal digits of the bytes that it takes. What they have beyond it counts for nothing.
  ///
  /// - Parameter lengthInBits: How long it is. Without a length, all bits of all bytes count.
  func bitString(_ name: String, lengthInBits: Int?) throws(ACVPFault) -> BitString {
    // An empty message used to be written as one zero byte of which no bit counts.
    if lengthInBits == 0, try string(name) == "00" { return BitString() }
    let bytes = try bytes(name)
    guard let lengthInBits else { return BitString(bytes) }
    guard bytes.count == BitString.bytes(forBits: lengthInBits) else {
      throw fault("has \(bytes.count * 8) bits instead of \(lengthInBits)", at: name)
    }
    return BitString(bytes, lengthInBits: lengthInBits)
  }

  /// Bytes in hexadecimal digits.
  ///
  /// - Parameter lengthInBits: How long it must be, if the prompt has said so elsewhere.
  func bytes(_ name: String, lengthInBits: Int? = nil) throws(ACVPFault) -> [UInt8] {
    guard let bytes = Hexadecimal.bytes(try string(name)) else {
      throw fault("must be an even number of hexadecimal digits", at: name)
    }
    if let lengthInBits, bytes.count != lengthInBits / 8 {
      throw fault("has \(bytes.count * 8) bits instead of \(lengthInBits)", at: name)
    }
    return bytes
  }

  // MARK: - Structures

  func object(_ name: String) throws(ACVPFault) -> Members {
    try Members(value(name), path: "\(path).\(name)")
  }

  /// The objects of an array.
  func list<Element>(
    _ name: String, _ element: (Members) throws(ACVPFault) -> Element
  ) throws(ACVPFault) -> [Element] {
    guard case .array(let values) = try value(name) else { throw fault("must be an array", at: name) }
    return try Self.list(values, path: "\(path).\(name)", element)
  }

  static func list<Element>(
    _ values: [JSONValue], path: String, _ element: (Members) throws(ACVPFault) -> Element
  ) throws(ACVPFault) -> [Element] {
    var elements: [Element] = []
    for (index, value) in values.enumerated() {
      elements.append(try element(Members(value, path: "\(path)[\(index)]")))
    }
    return elements
  }

  private func value(_ name: String) throws(ACVPFault) -> JSONValue {
    guard let value = values[name] else { throw fault("is missing", at: name) }
    return value
  }

  /// Some of a text of the prompt, fit for a terminal.
  private static func quoted(_ text: String) -> String {
    let printable = text.unicodeScalars.prefix(40).map { scalar in
      (0x20..<0x7F).contains(scalar.value) ? Character(scalar) : "?"
    }
    return "'\(String(printable))'"
  }
}
