// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore

/// A group of tests of HMAC.
///
/// Revision 1.0 gives the lengths of key, message and tag in the group, revision 2.0 in each test.
struct MACGroup<Hash: HashFunction & ~Copyable>: ChallengeGroup {
  private let keyLengthInBits: Int?
  private let messageLengthInBits: Int?
  private let tagLengthInBits: Int?

  init(_ group: Members) throws(ACVPFault) {
    _ = try group.testType(of: .functional)
    keyLengthInBits = group.has("keyLen") ? try group.bits("keyLen") : nil
    messageLengthInBits = group.has("msgLen") ? try group.bits("msgLen") : nil
    tagLengthInBits = group.has("macLen") ? try Self.tagLength(group) : nil
  }

  func challenge(_ test: Members) throws(ACVPFault) -> any Challenge {
    let keyLength = test.has("keyLen") ? try test.bits("keyLen") : keyLengthInBits
    let messageLength = test.has("msgLen") ? try test.bits("msgLen") : messageLengthInBits
    let tagLength = if let tagLengthInBits { tagLengthInBits } else { try Self.tagLength(test) }
    return MACMessage<Hash>(
      key: try test.bitString("key", lengthInBits: keyLength),
      message: try test.bitString("msg", lengthInBits: messageLength),
      tagLengthInBits: tagLength)
  }

  /// FIPS 198-1, section 5: a tag may be cut to its leftmost bits.
  private static func tagLength(_ members: Members) throws(ACVPFault) -> Int {
    try members.bits("macLen", in: 1...Hash.digestLengthInBytes * 8)
  }
}

/// The tag of a message.
struct MACMessage<Hash: HashFunction & ~Copyable>: Challenge {
  let key: BitString
  let message: BitString
  let tagLengthInBits: Int

  func answer(into object: inout JSONWriter, _ work: inout Work) throws {
    var hmac = HMAC<Hash>()
    hmac.rekey(
      key.bytes.span.extracting(first: key.wholeCount), trailingBits: key.trailingBits(Hash.bitOrder),
      count: key.trailingCount)
    hmac.update(message.bytes.span.extracting(first: message.wholeCount))
    var tag = [UInt8](repeating: 0, count: Hash.digestLengthInBytes)
    var bytes = tag.mutableSpan
    hmac.finalize(
      trailingBits: message.trailingBits(Hash.bitOrder), count: message.trailingCount, into: &bytes)
    object.member("mac", BitString(tag, lengthInBits: tagLengthInBits).bytes)
  }
}
