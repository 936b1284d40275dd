// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore

/// Encryption or decryption.
enum Direction: String, CaseIterable {
  case encrypt
  case decrypt

  /// The member that holds the question.
  var question: String { self == .encrypt ? "pt" : "ct" }
  /// The member that holds the answer.
  var answer: String { self == .encrypt ? "ct" : "pt" }
}

/// A group of tests of AES-256 in ECB mode.
struct BlockCipherGroup: ChallengeGroup {
  private static let blockLengthInBytes = 16

  private let type: TestType
  private let direction: Direction
  private let keyLengthInBits: Int

  init(_ group: Members) throws(ACVPFault) {
    type = try group.testType(of: .functional, .monteCarlo)
    direction = try group.choice("direction")
    keyLengthInBits = try group.integer("keyLen", in: 0...Members.maximumLengthInBits)
    guard keyLengthInBits == 256 else { throw group.unsupported("\(keyLengthInBits)", ["256"], at: "keyLen") }
  }

  func challenge(_ test: Members) throws(ACVPFault) -> any Challenge {
    let key = try test.bytes("key", lengthInBits: keyLengthInBits)
    guard type == .functional else {
      let block = try test.bytes(direction.question, lengthInBits: Self.blockLengthInBytes * 8)
      return BlockChain(key: key, block: block, direction: direction)
    }
    let text = try test.bytes(direction.question)
    guard !text.isEmpty, text.count % Self.blockLengthInBytes == 0 else {
      throw test.fault("has \(text.count) bytes instead of whole blocks of 16", at: direction.question)
    }
    return BlockMessage(key: key, text: text, direction: direction)
  }
}

/// Blocks, each on its own.
struct BlockMessage: Challenge {
  let key: [UInt8]
  let text: [UInt8]
  let direction: Direction

  func answer(into object: inout JSONWriter, _ work: inout Work) throws {
    var cipher = AES256()
    cipher.setKey(key.span)
    var result = [UInt8](repeating: 0, count: text.count)
    var blocks = InlineArray<8, UInt64>(repeating: 0)
    for start in stride(from: 0, to: text.count, by: 64) {
      // The last call may have less than four blocks; what it makes of the others is left out.
      let words = min(8, (text.count - start) / 8)
      for index in 0..<words { blocks[index] = text.span.littleEndianWord(at: start + index * 8) }
      direction.apply(cipher, to: &blocks)
      var bytes = result.mutableSpan
      for index in 0..<words { bytes.storeLittleEndian(blocks[index], at: start + index * 8) }
    }
    object.member(direction.answer, result)
  }
}

/// The Monte Carlo test of AES in ECB mode: 100 times 1000 blocks, each the cipher's answer to the last one. The last two
/// of a thousand change the key.
struct BlockChain: Challenge {
  private static let checkpoints = 100
  private static let blocksToCheckpoint = 1000

  let key: [UInt8]
  let block: [UInt8]
  let direction: Direction

  var workInBytes: UInt64 { UInt64(Self.checkpoints * Self.blocksToCheckpoint * 16) }

  func answer(into object: inout JSONWriter, _ work: inout Work) throws {
    try object.member("resultsArray") { (results) throws in
      var key = key
      var cipher = AES256()
      // One block of the four that the cipher takes. The others run along and count for nothing.
      var blocks = InlineArray<8, UInt64>(repeating: 0)
      for index in 0..<2 { blocks[index] = block.span.littleEndianWord(at: index * 8) }
      for _ in 0..<Self.checkpoints {
        let start = Self.bytes(blocks[0], blocks[1])
        var previous = (blocks[0], blocks[1])
        cipher.setKey(key.span)
        for _ in 0..<Self.blocksToCheckpoint {
          previous = (blocks[0], blocks[1])
          direction.apply(cipher, to: &blocks)
        }
        let end = Self.bytes(blocks[0], blocks[1])
        results.object { result in
          result.member("key", key)
          result.member("pt", direction == .encrypt ? start : end)
          result.member("ct", direction == .encrypt ? end : start)
        }
        let change = Self.bytes(previous.0, previous.1) + end
        key = zip(key, change).map { $0 ^ $1 }
        try work.advance(byBytes: UInt64(Self.blocksToCheckpoint * 16))
      }
    }
  }

  private static func bytes(_ words: UInt64...) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: words.count * 8)
    var span = bytes.mutableSpan
    for (index, word) in words.enumerated() { span.storeLittleEndian(word, at: index * 8) }
    return bytes
  }
}

extension Direction {
  fileprivate func apply(_ cipher: borrowing AES256, to blocks: inout InlineArray<8, UInt64>) {
    switch self {
    case .encrypt: cipher.encrypt(&blocks)
    case .decrypt: cipher.decrypt(&blocks)
    }
  }
}
