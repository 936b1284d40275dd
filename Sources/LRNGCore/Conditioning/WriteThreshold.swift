// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The entropy count below which the auxiliary pool asks for more: `write_wakeup_threshold`.
///
/// It begins at the most that the pool can deliver, and returns there when the hash is switched.
public struct WriteThreshold: Sendable {
  public private(set) var bits: UInt32
  /// A digest, less what oversampling takes: 256 or 512 bits, or 192 or 448.
  public let maximumBits: UInt32

  public init(_ algorithm: HashAlgorithm, oversamplingBits: UInt32) {
    maximumBits = algorithm.digestLengthInBits.reduced(byOversampling: oversamplingBits)
    bits = maximumBits
  }

  /// Sets the threshold, unless it is above the maximum.
  ///
  /// - Returns: Whether it was accepted.
  public mutating func set(bits: UInt32) -> Bool {
    guard bits <= maximumBits else { return false }
    self.bits = bits
    return true
  }

  /// Whether writers are to be woken, because the pool can deliver less than that.
  public func asksForMore(thanAvailableBits availableBits: UInt32) -> Bool {
    availableBits < bits
  }
}
