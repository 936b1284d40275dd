// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore

/// A string of bits as the protocol writes it: from the most significant bit of the first byte on, and zeroes after the
/// last bit where it ends within a byte.
struct BitString: Sendable, Equatable {
  private(set) var bytes: [UInt8]
  private(set) var lengthInBits: Int

  init() {
    bytes = []
    lengthInBits = 0
  }

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    lengthInBits = bytes.count * 8
  }

  /// The first bits of `bytes`, which must hold as many.
  init(_ bytes: [UInt8], lengthInBits: Int) {
    self.init(bytes)
    resize(toBits: lengthInBits)
  }

  var isEmpty: Bool { lengthInBits == 0 }

  /// How many bits follow the last whole byte.
  var trailingCount: Int { lengthInBits % 8 }

  /// Bytes that it takes, whole or not.
  static func bytes(forBits lengthInBits: Int) -> Int { lengthInBits / 8 + (lengthInBits % 8 > 0 ? 1 : 0) }

  // MARK: - Changes

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    lengthInBits = 0
  }

  mutating func append(_ other: BitString) {
    let shift = trailingCount
    if shift == 0 {
      bytes += other.bytes
    } else {
      for byte in other.bytes {
        bytes[bytes.count - 1] |= byte >> shift
        bytes.append(byte << (8 - shift))
      }
    }
    resize(toBits: lengthInBits + other.lengthInBits)
  }

  /// Keeps the leftmost bits, or appends zero bits.
  mutating func resize(toBits newLengthInBits: Int) {
    let count = Self.bytes(forBits: newLengthInBits)
    if bytes.count > count {
      bytes.removeLast(bytes.count - count)
    } else {
      bytes.append(contentsOf: repeatElement(0, count: count - bytes.count))
    }
    lengthInBits = newLengthInBits
    if trailingCount > 0 { bytes[count - 1] &= ~(0xFF >> trailingCount) }
  }

  // MARK: - For the hash functions

  /// How many bytes are whole.
  var wholeCount: Int { lengthInBits / 8 }

  /// The bits after the last whole byte, as a hash function wants them.
  ///
  /// The server writes the last bits of a message for SHA-3 as the upper bits of their byte. They are a number: SHA-3 takes
  /// its least significant bit first (FIPS 202, B.1).
  func trailingBits(_ order: BitOrder) -> UInt8 {
    guard trailingCount > 0, let last = bytes.last else { return 0 }
    return switch order {
    case .mostSignificantFirst: last
    case .leastSignificantFirst: last >> (8 - trailingCount)
    }
  }
}
