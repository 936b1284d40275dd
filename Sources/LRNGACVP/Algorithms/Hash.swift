// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore

/// A group of tests of SHA-2 or SHA-3.
struct HashGroup<Hash: HashFunction & ~Copyable>: ChallengeGroup {
  private let type: TestType
  private let chain: HashChainKind
  private let version: HashChainVersion?
  private let isRightAligned: Bool

  init(_ group: Members, chain: HashChainKind) throws(ACVPFault) {
    type = try group.testType(of: .functional, .monteCarlo, .largeData)
    self.chain = chain
    version = group.has("mctVersion") ? try group.choice("mctVersion") : nil
    isRightAligned = Hash.bitOrder == .leastSignificantFirst && Self.isRightAligned(group)
  }

  func challenge(_ test: Members) throws(ACVPFault) -> any Challenge {
    switch type {
    case .functional:
      return HashMessage<Hash>(message: try message(of: test))
    case .monteCarlo:
      let seed = try message(of: test)
      guard !seed.isEmpty else { throw test.fault("a chain needs a seed", at: "msg") }
      return HashChain<Hash>(seed: seed, kind: chain, version: version)
    case .largeData:
      return try LargeMessage<Hash>(test.object("largeMsg"))
    }
  }

  private func message(of test: Members) throws(ACVPFault) -> BitString {
    let length = test.has("len") ? try test.bits("len") : nil
    let message = try test.bitString("msg", lengthInBits: length)
    guard isRightAligned, message.trailingCount > 0 else { return message }
    var bytes = try test.bytes("msg")
    bytes[bytes.count - 1] <<= 8 - message.trailingCount
    return BitString(bytes, lengthInBits: message.lengthInBits)
  }

  /// Whether the last bits of the messages are the lower bits of their byte, as in the files of the CAVP, and not the upper
  /// ones, as the server writes them.
  ///
  /// The server leaves the lower bits zero. So a single test of a group that has any of them set tells.
  private static func isRightAligned(_ group: Members) -> Bool {
    let tests = try? group.list("tests") { (test) throws(ACVPFault) -> Bool in
      guard let length = try? test.bits("len"), length % 8 > 0, let last = try? test.bytes("msg").last else {
        return false
      }
      return last & 0xFF >> (length % 8) != 0
    }
    return tests?.contains(true) ?? false
  }
}

/// The digest of a message.
struct HashMessage<Hash: HashFunction & ~Copyable>: Challenge {
  let message: BitString

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

  private let content: BitString
  private let lengthInBits: Int

  private enum Expansion: String, CaseIterable {
    case repeating
  }

  init(_ message: Members) throws(ACVPFault) {
    _ = try message.choice("expansionTechnique", Expansion.self)
    let length = message.has("contentLength") ? try message.bits("contentLength") : nil
    content = try message.bitString("content", lengthInBits: length)
    guard !content.isEmpty else { throw message.fault("is empty: nothing can be repeated", at: "content") }
    lengthInBits = try message.bits("fullLength", in: 0...Self.maximumLengthInBits)
  }

  var workInBytes: UInt64 { UInt64(lengthInBits / 8) }

  func answer(into object: inout JSONWriter, _ work: inout Work) throws {
    let part = part()
    var hash = Hash()
    var rest = lengthInBits / 8
    while rest > 0 {
      let count = min(rest, part.count)
      hash.update(part.span.extracting(first: count))
      rest -= count
      try work.advance(byBytes: UInt64(count))
    }
    let end = BitString([part[lengthInBits / 8 % part.count]], lengthInBits: lengthInBits % 8)
    object.member("md", Digest<Hash>.finalize(&hash, end))
  }

  /// Whole repetitions in whole bytes, so that each part begins where the last one ended.
  private func part() -> [UInt8] {
    var unit = BitString()
    // Eight times anything is whole bytes.
    for _ in 0..<(content.trailingCount == 0 ? 1 : 8) { unit.append(content) }
    let repetitions = max(1, Self.partLengthInBytes / unit.bytes.count)
    return [UInt8]((0..<repetitions).lazy.map { _ in unit.bytes }.joined())
  }
}

/// Digests as arrays.
enum Digest<Hash: HashFunction & ~Copyable> {
  static func of(_ message: BitString) -> [UInt8] {
    var hash = Hash()
    hash.update(message.bytes.span.extracting(first: message.wholeCount))
    return finalize(&hash, message)
  }

  /// The digest of what the hash function has got, and of the bits of `end` that follow its last whole byte.
  static func finalize(_ hash: inout Hash, _ end: BitString) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Hash.digestLengthInBytes)
    var bytes = digest.mutableSpan
    hash.finalize(trailingBits: end.trailingBits(Hash.bitOrder), count: end.trailingCount, into: &bytes)
    return digest
  }
}
