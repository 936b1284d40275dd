// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGACVP

@Suite("RFC 8259: the reader of prompts")
struct JSONReaderTests {
  private func read(_ text: String) throws(ACVPFault) -> JSONValue { try JSONReader.value(of: Array(text.utf8)) }

  @Test("every kind of value")
  func values() throws {
    let text = """
      { "null" : null, "flags":[true,\tfalse], "numbers":[0,-7,12,1.5,2e3,0E-1,99999999999999999999],\r
        "strings":["","a/ü€😀","\\"\\\\\\/\\b\\f\\n\\r\\t\\u00FC\\u20ac\\ud83d\\ude00"], "empty":{}, "none":[] }
      """
    guard case .object(let members) = try read(text) else { throw Unexpected() }
    #expect(members.count == 6)
    guard case .null? = members["null"], case .object(let empty)? = members["empty"],
      case .array(let none)? = members["none"]
    else { throw Unexpected() }
    #expect(empty.isEmpty && none.isEmpty)
    guard case .array(let flags)? = members["flags"] else { throw Unexpected() }
    #expect(flags.map { flag -> Bool? in if case .boolean(let value) = flag { value } else { nil } } == [true, false])
    guard case .array(let numbers)? = members["numbers"] else { throw Unexpected() }
    let whole = numbers.map { number -> Int? in if case .number(let value) = number { value } else { nil } }
    #expect(whole == [0, -7, 12, nil, nil, nil, nil])
    guard case .array(let strings)? = members["strings"] else { throw Unexpected() }
    let texts = strings.map { string -> String? in if case .string(let value) = string { value } else { nil } }
    #expect(texts == ["", "a/ü€😀", "\"\\/\u{8}\u{C}\n\r\tü€😀"])
  }

  private struct Unexpected: Error {}

  @Test("a byte order mark is no fault")
  func byteOrderMark() throws {
    #expect(throws: Never.self) { try JSONReader.value(of: [0xEF, 0xBB, 0xBF] + Array("[]".utf8)) }
  }

  @Test("a member may come again with the same value")
  func repeated() throws {
    let value = try read("{\"a\":{\"b\":[1,null]},\"c\":2,\"a\":{\"b\":[1,null]},\"a\":{\"b\":[1,null]}}")
    #expect(try value == read("{\"c\":2,\"a\":{\"b\":[1,null]}}"))
  }

  @Test(
    "what is no JSON is refused, with the place",
    arguments: [
      ("", 1, 1, "a value is expected"),
      (" \n ", 2, 2, "a value is expected"),
      ("{", 1, 2, "the name of a member is expected"),
      ("{\"a\" 1}", 1, 6, "a colon is expected"),
      ("{\"a\":}", 1, 6, "a value is expected"),
      ("{\"a\":1,}", 1, 8, "the name of a member is expected"),
      ("{\"a\":1 \"b\":2}", 1, 8, "a comma or the closing bracket is expected"),
      ("{\"a\":1]", 1, 7, "a comma or the closing bracket is expected"),
      ("{1:2}", 1, 2, "the name of a member is expected"),
      ("[1,]", 1, 4, "a value is expected"),
      ("[1\n2]", 2, 1, "a comma or the closing bracket is expected"),
      ("[1", 1, 3, "a comma or the closing bracket is expected"),
      ("[] []", 1, 4, "the end is expected"),
      ("01", 1, 2, "the end is expected"),
      ("-", 1, 2, "a digit is expected"),
      ("1.", 1, 3, "a digit is expected"),
      ("1e+", 1, 4, "a digit is expected"),
      ("+1", 1, 1, "a value is expected"),
      ("nul", 1, 1, "a value is expected"),
      ("NaN", 1, 1, "a value is expected"),
      ("\"a", 1, 3, "the string has no end"),
      ("\"a\\", 1, 4, "the string has no end"),
      ("\"a\\\"", 1, 5, "the string has no end"),
      ("\"\\x\"", 1, 3, "no such escape"),
      ("\"\\u12\"", 1, 4, "four hexadecimal digits are expected"),
      ("\"\\u+123\"", 1, 4, "four hexadecimal digits are expected"),
      ("\"\\ud800\"", 1, 8, "half of a surrogate pair is missing"),
      ("\"\\ud800\\n\"", 1, 9, "half of a surrogate pair is missing"),
      ("\"\\udc00\"", 1, 8, "half of a surrogate pair is missing"),
      ("\"a\u{1}b\"", 1, 3, "a control character in a string must be escaped"),
      ("{\"a\":[1],\n \"a\":[2]}", 2, 2, "the object has a member of this name already, with another value"),
      ("'a'", 1, 1, "a value is expected"),
      ("// x\n[]", 1, 1, "a value is expected"),
    ])
  func faults(_ text: String, _ line: Int, _ column: Int, _ reason: String) {
    #expect(throws: ACVPFault("not valid JSON at line \(line), column \(column): \(reason)", at: "$")) {
      try read(text)
    }
  }

  @Test("no broken UTF-8", arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]] as [[UInt8]])
  func invalidText(_ bytes: [UInt8]) {
    #expect(throws: ACVPFault("not valid JSON at line 1, column 2: the string is not valid UTF-8", at: "$")) {
      try JSONReader.value(of: [0x22] + bytes + [0x22])
    }
    #expect(throws: ACVPFault.self) { try JSONReader.value(of: [0x22] + bytes) }
  }

  @Test("64 levels are read, a million is a fault and not a crash")
  func depth() throws {
    let deepest = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(throws: Never.self) { try read(deepest) }
    for opening in ["[", "{\"a\":"] {
      let fault = #expect(throws: ACVPFault.self) { try read(String(repeating: opening, count: 1_000_000)) }
      #expect(fault?.message.hasSuffix("it is nested too deep") == true)
    }
  }

  @Test("numbers of all lengths")
  func numbers() throws {
    for (text, expected) in [
      ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min), ("9223372036854775808", nil),
      (String(repeating: "9", count: 100_000), nil), ("-0", 0),
    ] as [(String, Int?)] {
      guard case .number(let number) = try read(text) else { throw Unexpected() }
      #expect(number == expected)
    }
  }
}
