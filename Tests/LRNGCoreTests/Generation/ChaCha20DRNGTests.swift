// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation
import Testing

@testable import LRNGCore

@Suite("ChaCha20 DRNG: the reference's state update")
struct ChaCha20DRNGTests {
  /// Third-party known answers, see Vectors/README.md.
  struct KnownAnswers: Decodable {
    struct Test: Decodable {
      let id: String
      let seed: String
      let generate_bytes: Int
      let output: String
    }
    let tests: [Test]
  }

  @Test("the three known answers of the reference")
  func knownAnswers() throws {
    let url = try #require(Bundle.module.url(forResource: "kat", withExtension: "json", subdirectory: "Vectors/lrng"))
    let answers = try JSONDecoder().decode(KnownAnswers.self, from: Data(contentsOf: url))
    #expect(answers.tests.count == 3)
    for test in answers.tests {
      var drng = ChaCha20DRNG()
      let seed = bytes(ofHex: test.seed)
      if !seed.isEmpty { try drng.seed(seed.span) }
      #expect(try generate(test.generate_bytes, from: &drng) == bytes(ofHex: test.output), "\(test.id)")
    }
  }

  @Test("state after a request with a tail: key, counter and nonce are as an independent model computed them")
  func requestWithTail() throws {
    var drng = ChaCha20DRNG()
    try drng.seed([UInt8](0..<64).span)
    _ = try generate(100, from: &drng)
    #expect(try generate(16, from: &drng) == bytes(ofHex: "eb8a9ea03252d640371df0eb0e206af5"))
  }

  @Test("33 bytes of seed: the last piece of a single byte")
  func oddSeed() throws {
    var drng = ChaCha20DRNG()
    try drng.seed([UInt8](0..<33).span)
    let expected = "5aea013b4861a6744df50968826bdab0e43cb0153049c119453c59ecb579a6817db07e7a"
    #expect(try generate(36, from: &drng) == bytes(ofHex: expected))
  }

  @Test("a seed that differs in one bit gives another output")
  func negative() throws {
    var drng = ChaCha20DRNG()
    var seed = [UInt8](0..<64)
    seed[63] ^= 1
    try drng.seed(seed.span)
    let output = try generate(64, from: &drng)
    #expect(output.prefix(4) != bytes(ofHex: "e3b08acc")[...])
  }

  @Test("no two requests of a stream are equal, whatever their lengths", arguments: 1...130)
  func lengths(length: Int) throws {
    var drng = ChaCha20DRNG()
    try drng.seed([UInt8](repeating: 7, count: 32).span)
    let first = try generate(max(length, 16), from: &drng)
    let second = try generate(max(length, 16), from: &drng)
    #expect(first != second)
  }

  @Test("a wiped generator is a new one")
  func wiped() throws {
    var drng = ChaCha20DRNG()
    try drng.seed([UInt8](repeating: 7, count: 32).span)
    drng.wipe()
    let expected = "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
    #expect(try generate(32, from: &drng) == bytes(ofHex: expected))
  }

  private func generate(_ count: Int, from drng: inout ChaCha20DRNG) throws -> [UInt8] {
    var output = [UInt8](repeating: 0, count: count)
    var span = output.mutableSpan
    try drng.generate(into: &span)
    return output
  }

  private func bytes(ofHex text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = text[...]
    while let byte = UInt8(rest.prefix(2), radix: 16), rest.count >= 2 {
      bytes.append(byte)
      rest = rest.dropFirst(2)
    }
    return bytes
  }
}
