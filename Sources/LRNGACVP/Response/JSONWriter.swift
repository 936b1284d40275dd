// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Writes JSON with the members in the order in which they are given, as the server's own documents have them.
struct JSONWriter {
  private(set) var text: [UInt8] = []
  private let layout: ACVPLayout
  private var depth = 0
  /// Whether the object or array that is open has nothing in it yet.
  private var isEmpty = true
  /// Whether a value comes next that needs no comma, because its name had one.
  private var isAfterName = false

  init(_ layout: ACVPLayout) {
    self.layout = layout
  }

  // MARK: - Structures

  mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
    try enclosed("{", "}", body)
  }

  mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
    try enclosed("[", "]", body)
  }

  /// A member of the open object that is an array.
  mutating func member(_ name: String, _ body: (inout JSONWriter) throws -> Void) rethrows {
    begin(name)
    try array(body)
  }

  private mutating func enclosed(
    _ opening: Unicode.Scalar, _ closing: Unicode.Scalar, _ body: (inout JSONWriter) throws -> Void
  ) rethrows {
    separate()
    text.append(UInt8(ascii: opening))
    depth += 1
    isEmpty = true
    try body(&self)
    depth -= 1
    if !isEmpty { breakLine() }
    isEmpty = false
    text.append(UInt8(ascii: closing))
  }

  // MARK: - Values

  mutating func member(_ name: String, _ number: Int) {
    begin(name)
    value(number)
  }

  mutating func member(_ name: String, _ flag: Bool) {
    begin(name)
    value(flag)
  }

  mutating func member(_ name: String, _ string: String) {
    begin(name)
    value(string)
  }

  /// Bytes in hexadecimal digits.
  mutating func member(_ name: String, _ bytes: [UInt8]) {
    begin(name)
    separate()
    text.append(UInt8(ascii: "\""))
    Hexadecimal.append(bytes, to: &text)
    text.append(UInt8(ascii: "\""))
    isEmpty = false
  }

  mutating func value(_ number: Int) { literal("\(number)") }

  mutating func value(_ flag: Bool) { literal(flag ? "true" : "false") }

  mutating func value(_ string: String) {
    separate()
    quote(string)
    isEmpty = false
  }

  // MARK: - Signs

  private mutating func literal(_ literal: String) {
    separate()
    text += literal.utf8
    isEmpty = false
  }

  private mutating func begin(_ name: String) {
    separate()
    quote(name)
    text += layout == .line ? ":".utf8 : ": ".utf8
    isAfterName = true
  }

  private mutating func separate() {
    if isAfterName {
      isAfterName = false
      return
    }
    if !isEmpty { text.append(UInt8(ascii: ",")) }
    if depth > 0 { breakLine() }
  }

  private mutating func breakLine() {
    guard layout == .indented else { return }
    text.append(UInt8(ascii: "\n"))
    text += repeatElement(UInt8(ascii: " "), count: 2 * depth)
  }

  private mutating func quote(_ string: String) {
    text.append(UInt8(ascii: "\""))
    for character in string.utf8 {
      switch character {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        text.append(UInt8(ascii: "\\"))
        text.append(character)
      case ..<0x20:
        text += "\\u00".utf8
        Hexadecimal.append([character], to: &text)
      default:
        text.append(character)
      }
    }
    text.append(UInt8(ascii: "\""))
  }
}
