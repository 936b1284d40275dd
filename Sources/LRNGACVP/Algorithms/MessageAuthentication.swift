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
      key: try test.bytes("key", lengthInBits: keyLength),
      message: try test.bytes("msg", lengthInBits: messageLength),
      tagLengthInBytes: tagLength / 8)
  }

  /// FIPS 198-1, section 5: a tag may be cut to its leftmost bits.
  private static func tagLength(_ members: Members) throws(ACVPFault) -> Int {
    try members.bits("macLen", in: 8...Hash.digestLengthInBytes * 8)
  }
}

/// The tag of a message.
struct MACMessage<Hash: HashFunction & ~Copyable>: Challenge {
  let key: [UInt8]
  let message: [UInt8]
  let tagLengthInBytes: Int

  func answer(into object: inout JSONWriter, _ work: inout Work) throws {
    var hmac = HMAC<Hash>()
    hmac.rekey(key.span)
    hmac.update(message.span)
    var tag = [UInt8](repeating: 0, count: tagLengthInBytes)
    var bytes = tag.mutableSpan
    hmac.finalize(into: &bytes)
    object.member("mac", tag)
  }
}
