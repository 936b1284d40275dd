// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// HMAC of FIPS 198-1 (RFC 2104): a message authentication code, and the pseudo-random function of HMAC_DRBG.
///
/// The hash states after the padded keys are kept, so that a further message under the same key costs two compressions
/// less than the first. They are as secret as the key.
public struct HMAC<Hash: HashFunction & ~Copyable>: ~Copyable {
  public static var tagLengthInBytes: Int { Hash.digestLengthInBytes }

  /// Room for the block of every hash function: that of SHA3-256 is the longest.
  private typealias Block = InlineArray<136, UInt8>

  /// The hash after K0 xor ipad, the hash after K0 xor opad, and the one that takes the message.
  private var innerStart = Hash()
  private var outerStart = Hash()
  private var running = Hash()

  /// Not for use before ``rekey(_:)``. There is no initialiser with a key, because what an initialiser returns is moved to
  /// its place and would leave the key where it came from.
  public init() {}

  /// Forgets key and message, and begins an empty message under `key`, which may have any length.
  public mutating func rekey(_ key: Span<UInt8>) {
    rekey(key, trailingBits: 0, count: 0)
  }

  /// Forgets key and message, and begins an empty message under `key` and up to seven bits more, which stand in a byte as
  /// the hash function has them.
  public mutating func rekey(_ key: Span<UInt8>, trailingBits: UInt8, count: Int) {
    var block = Block(repeating: 0)

    // FIPS 198-1, table 1, steps 1 to 3: a key longer than a block is hashed, then zeroes fill the block.
    var bytes = block.mutableSpan
    let hasTrailingBits = count & 7 > 0
    if key.count > Hash.blockLengthInBytes || key.count == Hash.blockLengthInBytes && hasTrailingBits {
      innerStart.reset()
      innerStart.update(key)
      innerStart.finalize(trailingBits: trailingBits, count: count, into: &bytes)
    } else {
      bytes.copy(from: key, at: 0, to: 0)
      if hasTrailingBits && bytes.holds(1, at: key.count) {
        bytes.storeLittleEndian(Hash.bitOrder.first(count, of: trailingBits), at: key.count)
      }
    }

    // Steps 4 and 5, steps 7 and 8.
    Self.begin(&innerStart, with: &block, xor: 0x36)
    Self.begin(&outerStart, with: &block, xor: 0x36 ^ 0x5C)
    running.copyState(of: innerStart)
    LRNGCore.wipe(&block)
  }

  /// Appends `data` to the message.
  public mutating func update(_ data: Span<UInt8>) {
    running.update(data)
  }

  /// Writes the tag of the message to the start of `output` and begins an empty message under the same key.
  ///
  /// When `output` is shorter than the tag it gets the leftmost bytes; bytes beyond the tag are left alone.
  public mutating func finalize(into output: inout MutableSpan<UInt8>) {
    finalize(trailingBits: 0, count: 0, into: &output)
  }

  /// Appends up to seven bits to the message, as the hash function has them in a byte, and ends it like
  /// ``finalize(into:)``.
  public mutating func finalize(trailingBits: UInt8, count: Int, into output: inout MutableSpan<UInt8>) {
    var inner = InlineArray<64, UInt8>(repeating: 0)
    var bytes = inner.mutableSpan
    running.finalize(trailingBits: trailingBits, count: count, into: &bytes)

    running.copyState(of: outerStart)
    running.update(inner.span.extracting(first: Hash.digestLengthInBytes))
    running.finalize(into: &output)

    LRNGCore.wipe(&inner)
    running.copyState(of: innerStart)
  }

  /// Forgets the message, and begins an empty one under the same key.
  public mutating func reset() {
    running.copyState(of: innerStart)
  }

  /// Forgets key and message. Until ``rekey(_:)`` this is HMAC under the empty key.
  public mutating func wipe() {
    rekey(Span())
  }

  /// Feeds the key block, changed by `pad`, to a fresh hash. The change stays in the block.
  private static func begin(_ hash: inout Hash, with block: inout Block, xor pad: UInt8) {
    for index in block.indices {
      block[index] ^= pad
    }
    hash.reset()
    hash.update(block.span.extracting(first: Hash.blockLengthInBytes))
  }
}
