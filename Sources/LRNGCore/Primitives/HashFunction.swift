// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// A hash function of FIPS 180-4 or FIPS 202, fed in pieces of any length.
///
/// The running state counts as secret: it can't be copied, it is wiped when a digest has been taken and when its owner
/// is done with it. Time depends on the length of the message only, never on its content.
///
/// Not meant for more than 2^61 - 1 bytes in one message, the limit of SHA-256's length field.
public protocol HashFunction: ~Copyable {
  /// Length of a whole digest.
  static var digestLengthInBytes: Int { get }

  /// Length of the block that HMAC pads a key to (FIPS 198-1, B; FIPS 202, section 7, table 3).
  static var blockLengthInBytes: Int { get }

  /// Begins an empty message.
  init()

  /// Appends `data` to the message.
  mutating func update(_ data: Span<UInt8>)

  /// Writes the digest of the message to the start of `output`, wipes the state and begins an empty message.
  ///
  /// When `output` is shorter than the digest it gets the leftmost bytes (a truncated digest); bytes of `output` beyond
  /// the digest are left alone.
  mutating func finalize(into output: inout MutableSpan<UInt8>)

  /// Forgets the message, wipes the state and begins an empty message.
  mutating func reset()

  /// Goes on from where `other` stands: what follows is appended to the same message here and there.
  ///
  /// This is the one way to double a state. HMAC needs it, to keep the state after the key.
  mutating func copyState(of other: borrowing Self)
}
