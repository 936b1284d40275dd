// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore

/// Which digests make the next message of a chain.
enum HashChainKind {
  /// SHA-2: the last three, one after the other.
  case lastThree
  /// SHA-3: the last one.
  case last
}

/// How a chain goes on from its seed.
enum HashChainVersion: String, CaseIterable {
  /// Messages are as long as they come.
  case standard
  /// Messages are cut, or filled with zeroes, to the length of the first seed, for the sake of implementations that
  /// can't hash short ones.
  case alternate
}

/// The Monte Carlo test of a hash function: 100 times 1000 digests. The last of a thousand is an answer, and the seed of
/// the next thousand.
struct HashChain<Hash: HashFunction & ~Copyable>: Challenge {
  private static var checkpoints: Int { 100 }
  private static var digestsToCheckpoint: Int { 1000 }

  private let seed: BitString
  private let kind: HashChainKind
  private let version: HashChainVersion

  /// - Parameter version: Without one the seed tells: in the standard chain it is as long as a digest.
  init(seed: BitString, kind: HashChainKind, version: HashChainVersion?) {
    self.seed = seed
    self.kind = kind
    self.version = version ?? (seed.lengthInBits == Hash.digestLengthInBytes * 8 ? .standard : .alternate)
  }

  /// The length of a message, all but the first few of a standard chain.
  private var messageLengthInBytes: Int {
    switch version {
    case .alternate: seed.bytes.count
    case .standard: Hash.digestLengthInBytes * (kind == .last ? 1 : 3)
    }
  }

  var workInBytes: UInt64 {
    UInt64(messageLengthInBytes) &* UInt64(Self.checkpoints * Self.digestsToCheckpoint)
  }

  func answer(into object: inout JSONWriter, _ work: inout Work) throws {
    try object.member("resultsArray") { (results) throws in
      var seed = seed
      for _ in 0..<Self.checkpoints {
        seed = try checkpoint(after: seed, &work)
        results.object { $0.member("md", seed.bytes) }
      }
    }
  }

  /// The last of a thousand digests.
  private func checkpoint(after seed: BitString, _ work: inout Work) throws -> BitString {
    var (a, b, c) = (seed, seed, seed)
    var message = BitString()
    var hash = Hash()
    for _ in 0..<Self.digestsToCheckpoint {
      message.removeAll()
      switch kind {
      case .lastThree:
        message.append(a)
        message.append(b)
        message.append(c)
      case .last:
        message.append(c)
      }
      if version == .alternate { message.resize(toBits: self.seed.lengthInBits) }
      hash.update(message.bytes.span.extracting(first: message.wholeCount))
      (a, b, c) = (b, c, BitString(Digest<Hash>.finalize(&hash, message)))
      // A seed of megabytes would take long to come to the end of the thousand.
      try work.advance(byBytes: UInt64(messageLengthInBytes))
    }
    return c
  }
}
