// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// What CTR_DRBG needs of a block cipher: a key, and the forward direction for four blocks at a time.
///
/// It is the seam for faster implementations: whoever has instructions for AES, and may use them, puts them behind the
/// same interface. Time depends on neither key nor blocks.
public protocol BlockCipher: ~Copyable {
  static var keyLengthInBytes: Int { get }
  static var blockLengthInBytes: Int { get }

  /// Not for use before ``setKey(_:)``. There is no initialiser with a key, because what an initialiser returns is moved to
  /// its place and would leave the key where it came from.
  init()

  /// Takes the first `keyLengthInBytes` bytes of `key`. What a shorter key lacks counts as zeroes.
  ///
  /// It works on copies of the key below the caller's stack: who is done with the key calls ``wipeDeadStack()``.
  mutating func setKey(_ key: Span<UInt8>)

  /// Encrypts four blocks in place. Block i is words 2i and 2i + 1, eight bytes each, least significant byte first.
  ///
  /// It leaves states of the rounds below the caller's stack: who is done with the blocks calls ``wipeDeadStack()``.
  borrowing func encrypt(_ blocks: inout InlineArray<8, UInt64>)

  /// Fills all of `output`, which is whole blocks, with the encrypted numbers `counter` + 1, `counter` + 2 and so on, modulo
  /// 2^128 and most significant byte first; `counter`, its higher half first, is the last one then.
  ///
  /// - Returns: Whether it did: `false` where that would be no faster than ``encrypt(_:)`` for each four of them.
  borrowing func counterStream(
    from counter: inout InlineArray<2, UInt64>, into output: inout MutableSpan<UInt8>
  ) -> Bool

  /// Forgets the key where it stands.
  mutating func wipe()
}

extension BlockCipher where Self: ~Copyable {
  public borrowing func counterStream(
    from counter: inout InlineArray<2, UInt64>, into output: inout MutableSpan<UInt8>
  ) -> Bool {
    false
  }
}
