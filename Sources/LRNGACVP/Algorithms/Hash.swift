// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore

/// A group of tests of SHA-2 or SHA-3.
struct HashGroup<Hash: HashFunction & ~Copyable>: ChallengeGroup {
  private let type: TestType
  private let chain: HashChainKind
  private let version: HashChainVersion?

  init(_ group: Members, chain: HashChainKind) throws(ACVPFault) {
    type = try group.testType(of: .functional, .monteCarlo, .largeData)
    self.chain = chain
    version = group.has("mctVersion") ? try group.choice("mctVersion") : nil
  }

  func challenge(_ test: Members) throws(ACVPFault) -> any Challenge {
    switch type {
    case .functional:
      return HashMessage<Hash>(message: try Self.message(of: test))
    case .monteCarlo:
      let seed = try Self.message(of: test)
      guard !seed.isEmpty else { throw test.fault("a chain needs a seed", at: "msg") }
      return HashChain<Hash>(seed: seed, kind: chain, version: version)
    case .largeData:
      return try LargeMessage<Hash>(test.object("largeMsg"))
    }
  }

  /// The message of a test, whose length is given beside it.
  private static func message(of test: Members) throws(ACVPFault) -> [UInt8] {
    let lengthInBits = try test.bits("len")
    // An empty message used to be written as one zero byte of which no bit counts.
    if lengthInBits == 0, try test.string("msg") == "00" { return [] }
    return try test.bytes("msg", lengthInBits: lengthInBits)
  }
}

/// The digest of a message.
struct HashMessage<Hash: HashFunction & ~Copyable>: Challenge {
  let message: [UInt8]

  func answer(into object: inout JSONWriter, _ work: inout Work) throws {
    object.member("md", Digest<Hash>.of(message))
  }
}

/// The digest of a message that is too long to be sent: something short over and over.
struct LargeMessage<Hash: HashFunction & ~Copyable>: Challenge {
  /// The server asks for 8 GiB at most (performLargeDataTest). Sixteen times that is no test, but hours of work.
  private static var maximumLengthInBits: Int { 1 << 40 }
  /// What is hashed at once, about: long enough for the hash, short enough for whoever wants to stop.
  private static var partLengthInBytes: Int { 1 << 16 }

  private let content: [UInt8]
  private let lengthInBytes: UInt64

  private enum Expansion: String, CaseIterable {
    case repeating
  }

  init(_ message: Members) throws(ACVPFault) {
    _ = try message.choice("expansionTechnique", Expansion.self)
    content = try message.bytes("content", lengthInBits: message.bits("contentLength"))
    guard !content.isEmpty else { throw message.fault("is empty: nothing can be repeated", at: "content") }
    lengthInBytes = UInt64(try message.bits("fullLength", in: 0...Self.maximumLengthInBits) / 8)
  }

  var workInBytes: UInt64 { lengthInBytes }

  func answer(into object: inout JSONWriter, _ work: inout Work) throws {
    // Whole repetitions, so that each part begins where the last one ended.
    let repetitions = max(1, Self.partLengthInBytes / content.count)
    let part = [UInt8]((0..<repetitions).lazy.map { _ in content }.joined())
    var hash = Hash()
    var rest = lengthInBytes
    while rest > 0 {
      let count = Int(min(rest, UInt64(part.count)))
      hash.update(part.span.extracting(first: count))
      rest -= UInt64(count)
      try work.advance(byBytes: UInt64(count))
    }
    object.member("md", Digest<Hash>.finalize(&hash))
  }
}

/// Digests as arrays.
enum Digest<Hash: HashFunction & ~Copyable> {
  static func of(_ message: [UInt8]) -> [UInt8] {
    var hash = Hash()
    hash.update(message.span)
    return finalize(&hash)
  }

  static func finalize(_ hash: inout Hash) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Hash.digestLengthInBytes)
    var bytes = digest.mutableSpan
    hash.finalize(into: &bytes)
    return digest
  }
}
