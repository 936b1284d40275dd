// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// A hash function of FIPS 180-4 or FIPS 202, fed in pieces of any length.
///
/// The running state counts as secret: it can't be copied, it is wiped when a digest has been taken and when its owner
/// is done with it. Time depends on the length of the message only, never on its content.
///
/// Not meant for more than 2^61 - 1 bytes in one message, the limit of SHA-256's length field.
///
/// A message is a string of bits. Bytes are what everybody hashes; only the last few bits of a message may be no whole
/// byte, and they come with its end.
public protocol HashFunction: ~Copyable {
  /// Length of a whole digest.
  static var digestLengthInBytes: Int { get }

  /// Length of the block that HMAC pads a key to (FIPS 198-1, B; FIPS 202, section 7, table 3).
  static var blockLengthInBytes: Int { get }

  /// How the bits of a message stand in its bytes.
  static var bitOrder: BitOrder { get }

  /// Begins an empty message.
  init()

  /// Appends `data` to the message.
  mutating func update(_ data: Span<UInt8>)

  /// Appends the first bits of a byte to the message, and ends it like ``finalize(into:)``.
  ///
  /// - Parameters:
  ///   - trailingBits: The byte, whose first bits are those of the ``bitOrder``. The others count for nothing.
  ///   - count: How many bits, 0 to 7; of other numbers the remainder of a division by 8 counts.
  mutating func finalize(trailingBits: UInt8, count: Int, into output: inout MutableSpan<UInt8>)

  /// Forgets the message, wipes the state and begins an empty message.
  mutating func reset()

  /// Goes on from where `other` stands: what follows is appended to the same message here and there.
  ///
  /// This is the one way to double a state. HMAC needs it, to keep the state after the key.
  mutating func copyState(of other: borrowing Self)
}

extension HashFunction where Self: ~Copyable {
  /// Writes the digest of the message to the start of `output`, wipes the state and begins an empty message.
  ///
  /// When `output` is shorter than the digest it gets the leftmost bytes (a truncated digest); bytes of `output` beyond
  /// the digest are left alone.
  @inlinable
  @inline(__always)
  public mutating func finalize(into output: inout MutableSpan<UInt8>) {
    finalize(trailingBits: 0, count: 0, into: &output)
  }
}

/// At which end of a byte a string of bits begins.
public enum BitOrder: Sendable {
  /// FIPS 180-4, section 3.1.
  case mostSignificantFirst
  /// FIPS 202, appendix B.1.
  case leastSignificantFirst

  /// The first `count` modulo 8 bits of a byte where they stand, and zeroes.
  @inline(__always)
  func first(_ count: Int, of byte: UInt8) -> UInt8 {
    let others: UInt8 = 0xFF
    let count = UInt8(truncatingIfNeeded: count & 7)
    return switch self {
    case .mostSignificantFirst: byte & ~(others &>> count)
    case .leastSignificantFirst: byte & ~(others &<< count)
    }
  }
}
