// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// What CTR_DRBG needs of AES-256: the seam at which a faster implementation takes the place of the portable ``AES256``.
///
/// Four blocks are encrypted at a time, because both a bitsliced cipher and a processor's pipeline have room for them.
/// Time must not depend on key or blocks.
public protocol BlockCipher: ~Copyable {
  static var keyLengthInBytes: Int { get }
  static var blockLengthInBytes: Int { get }

  /// A cipher without a key: it must get one before it is used.
  init()
  /// Expands a key.
  mutating func setKey(_ key: Span<UInt8>)
  /// Encrypts four blocks in place. Block i is the words 2i and 2i + 1, each of them eight bytes of the block, least
  /// significant byte first.
  borrowing func encrypt(_ blocks: inout InlineArray<8, UInt64>)
  /// Overwrites the key.
  mutating func wipe()
}
