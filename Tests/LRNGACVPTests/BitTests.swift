// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Testing

@testable import LRNGACVP

@Suite("ACVP: strings of bits")
struct BitStringTests {
  /// The bits as characters, most significant first.
  private func text(_ bits: BitString) -> String {
    String(
      bits.bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 == 1 ? Character("1") : "0" } }
        .prefix(bits.lengthInBits))
  }

  /// Nothing is set behind the last bit.
  private func isClean(_ bits: BitString) -> Bool {
    bits.bytes.count == (bits.lengthInBits + 7) / 8
      && (bits.trailingCount == 0 || bits.bytes[bits.bytes.count - 1] & 0xFF >> bits.trailingCount == 0)
  }

  @Test("any two strings appended, cut and filled up are what their characters are")
  func model() {
    let pattern: [UInt8] = [0xB6, 0xFF, 0x01, 0xA5]
    for first in 0...20 {
      let start = BitString(Array(pattern.prefix((first + 7) / 8)), lengthInBits: first)
      #expect(isClean(start))
      for second in 0...20 {
        var bits = start
        let end = BitString(Array(pattern.reversed().prefix((second + 7) / 8)), lengthInBits: second)
        bits.append(end)
        let whole = text(start) + text(end)
        #expect(text(bits) == whole && isClean(bits))
        for length in [0, 1, 7, 8, 9, 19, 41, 48] {
          var resized = bits
          resized.resize(toBits: length)
          #expect(text(resized) == String((whole + String(repeating: "0", count: 48)).prefix(length)))
          #expect(isClean(resized))
        }
      }
    }
  }

  @Test("the last bits are the upper ones of the byte for SHA-2, and a number in the lower ones for SHA-3")
  func order() {
    let bits = BitString([0xFF, 0xB7], lengthInBits: 13)
    #expect(bits.trailingBits(.mostSignificantFirst) == 0b1011_0000)
    #expect(bits.trailingBits(.leastSignificantFirst) == 0b0001_0110)
    #expect(BitString([0xFF]).trailingBits(.leastSignificantFirst) == 0)
    #expect(BitString().trailingBits(.mostSignificantFirst) == 0)
  }
}

@Suite("ACVP: lengths that are no whole bytes")
struct BitPromptTests {
  private func response(_ algorithm: String, _ revision: String, _ group: String, _ test: String...) throws -> String {
    let tests = test.enumerated().map { "{\"tcId\":\($0),\($1)}" }.joined(separator: ",")
    let prompt = """
      {"vsId":1,"algorithm":"\(algorithm)","revision":"\(revision)","testGroups":[{"tgId":1,\(group),"tests":[\(tests)]}]}
      """
    return String(decoding: try ACVPPrompt(json: Array(prompt.utf8)).response(layout: .line), as: UTF8.self)
  }

  private let functional = "\"testType\":\"AFT\""

  // RFC 6234, section 8.5, test 7.
  @Test("SHA-2 takes the upper bits of the last byte, whatever the others are", arguments: ["68", "6f", "69"])
  func sha2(_ message: String) throws {
    let md = "D6D3E02A31A84A8CAA9718ED6C2057BE09DB45E7823EB5079CE7A573A3760F95"
    let response = try response("SHA2-256", "1.0", functional, "\"msg\":\"\(message)\",\"len\":5")
    #expect(response.contains("\"md\":\"\(md)\""))
  }

  // NIST example value SHA3-256 of 5 bits: 11001.
  @Test("SHA-3 takes the last bits where the server has them, and where the files of the CAVP have them")
  func sha3() throws {
    let md = "7B0047CF5A456882363CBF0FB05322CF65F4B7059A46365E830132E3B5D957AF"
    for revision in ["1.0", "2.0"] {
      for message in ["98", "13"] {
        let response = try response("SHA3-256", revision, functional, "\"msg\":\"\(message)\",\"len\":5")
        #expect(response.contains("\"md\":\"\(md)\""))
      }
    }
    // The second test shows how the group has its bits: the first message is the number 11000 then, and not 00011.
    let mixed = try response("SHA3-256", "2.0", functional, "\"msg\":\"18\",\"len\":5", "\"msg\":\"13\",\"len\":5")
    let digest = try #require(mixed.firstMatch(of: /"tcId":0,"md":"([0-9A-F]+)"/)).1
    #expect(mixed.contains(md))
    #expect(try response("SHA3-256", "2.0", functional, "\"msg\":\"C0\",\"len\":5").contains(digest))
    #expect(try !response("SHA3-256", "2.0", functional, "\"msg\":\"18\",\"len\":5").contains(digest))
  }

  @Test("a message without a length is as long as it comes")
  func noLength() throws {
    let md = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"
    #expect(try response("SHA2-256", "1.0", functional, "\"msg\":\"616263\"").contains(md))
    #expect(
      try response("SHA2-256", "1.0", functional, "\"msg\":\"616263\",\"len\":null").contains(md))
  }

  @Test("a tag is cut to its leftmost bits")
  func tag() throws {
    let test = "\"key\":\"4A656665\",\"keyLen\":32,\"msg\":\"00\",\"msgLen\":0"
    let whole = try response("HMAC-SHA2-256", "2.0", functional, test + ",\"macLen\":256")
    let mac = try #require(whole.firstMatch(of: /"mac":"([0-9A-F]{4})/)).1
    let number = try #require(UInt16(mac, radix: 16))
    for length in 1...16 {
      let cut = String(number & ~(0xFFFF >> UInt16(length)), radix: 16, uppercase: true)
      let expected = (String(repeating: "0", count: 4 - cut.count) + cut).prefix(length > 8 ? 4 : 2)
      let response = try response("HMAC-SHA2-256", "2.0", functional, test + ",\"macLen\":\(length)")
      #expect(response.contains("\"mac\":\"\(expected)\""))
    }
  }

  /// Zero bits after the key change nothing (FIPS 198-1, table 1), and what else stands in its last byte does not count.
  @Test("a key may end within a byte")
  func key() throws {
    func mac(_ key: String, _ length: Int, _ message: String, _ messageLength: Int) throws -> String {
      let response = try response(
        "HMAC-SHA2-512", "2.0", functional,
        "\"key\":\"\(key)\",\"keyLen\":\(length),\"msg\":\"\(message)\",\"msgLen\":\(messageLength),\"macLen\":512")
      return String(try #require(response.firstMatch(of: /"mac":"([0-9A-F]+)"/)).1)
    }
    #expect(try mac("ABCE", 13, "FF", 8) == mac("ABC8", 16, "FF", 8))
    #expect(try mac("ABCE", 15, "FF", 8) != mac("ABC8", 16, "FF", 8))
    #expect(try mac("AB", 8, "FF", 3) == mac("AB", 8, "E0", 3))
    #expect(try mac("AB", 8, "FF", 3) != mac("AB", 8, "FF", 4))
  }

  @Test("a large message may end, and its content too, within a byte")
  func large() throws {
    // 6 times 110, and 11.
    let large = try response(
      "SHA2-256", "1.0", "\"testType\":\"LDT\"",
      """
      "largeMsg":{"content":"DF","contentLength":3,"fullLength":20,"expansionTechnique":"repeating"}
      """)
    let short = try response("SHA2-256", "1.0", functional, "\"msg\":\"DB6DB0\",\"len\":20")
    let md = try #require(short.firstMatch(of: /"md":"[0-9A-F]+"/)).0
    #expect(large.contains(md))
  }

  @Test("a request of a DRBG may end within a byte, which is cut")
  func generator() throws {
    func bits(_ length: Int) throws -> String {
      let response = try response(
        "hashDRBG", "SP800-90Ar1",
        "\(functional),\"predResistance\":false,\"reSeed\":false,\"mode\":\"SHA2-256\",\"returnedBitsLen\":\(length)",
        """
        "entropyInput":"\(String(repeating: "A5", count: 32))","nonce":"\(String(repeating: "C3", count: 16))",\
        "persoString":"","otherInput":[{"intendedUse":"generate","additionalInput":"","entropyInput":""}]
        """)
      return String(try #require(response.firstMatch(of: /"returnedBits":"([0-9A-F]+)"/)).1)
    }
    let whole = try bits(272)
    for length in 257..<272 {
      let cut = try bits(length)
      let count = (length + 7) / 8 * 2
      #expect(cut.count == count)
      #expect(cut.prefix(count - 2) == whole.prefix(count - 2))
      let (last, byte) = (UInt8(cut.suffix(2), radix: 16), UInt8(whole.prefix(count).suffix(2), radix: 16))
      #expect(last == byte.map { $0 & ~(length % 8 == 0 ? 0 : 0xFF >> (length % 8)) })
    }
  }

  /// Steps of the chain by hand.
  @Test("a chain cuts its messages to the bits of the seed")
  func chain() throws {
    var message = BitString([0xAB, 0xCE], lengthInBits: 13)
    for _ in 0..<1000 {
      let digest = Digest<SHA3_256>.of(message)
      message = BitString(digest)
      message.resize(toBits: 13)
    }
    struct Enough: Error {}
    var writer = JSONWriter(.line)
    var work = Work { if $0 > 2 * 1000 { throw Enough() } }
    let chain = HashChain<SHA3_256>(seed: BitString([0xAB, 0xCE], lengthInBits: 13), kind: .last, version: .alternate)
    try? writer.object { try chain.answer(into: &$0, &work) }
    let text = String(decoding: writer.text, as: UTF8.self)
    let first = try #require(text.firstMatch(of: /"md":"([0-9A-F]{4})/)).1
    var digits: [UInt8] = []
    Hexadecimal.append(message.bytes, to: &digits)
    #expect(UInt16(first, radix: 16).map { $0 & 0xFFF8 } == UInt16(String(decoding: digits, as: UTF8.self), radix: 16))
  }
}
