// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// Entropy accounting: how much entropy raw data are worth.
//
// All results are rounded down in favour of security (less credit, more data), and all arithmetic is 64 bits wide with
// saturation, so that no configured rate can wrap around into credit.

/// What events are worth: how many of them hold 256 bits of entropy.
///
/// 256 is the best rate there is: one bit for each 8-bit time stamp.
public struct EventRate: Sendable, Equatable {
  /// Events for 256 bits of entropy, 256 or more.
  public let eventsPer256Bits: UInt32

  /// One bit of entropy for each event.
  public static let oneBitPerEvent = EventRate(eventsPer256Bits: 256)

  /// Events are mixed in, but count for nothing.
  public static let noCredit = EventRate(eventsPer256Bits: .max)

  /// - Parameter eventsPer256Bits: Raised to 256 if less; `.max` is ``noCredit``.
  public init(eventsPer256Bits: UInt32) {
    self.eventsPer256Bits = max(eventsPer256Bits, 256)
  }

  public var isCredited: Bool { self != .noCredit }

  /// The entropy of that many events, in whole bits.
  public func bits(ofEvents events: UInt32) -> UInt32 {
    guard isCredited else { return 0 }
    // The rate is never 0, which the compiler does not know: this is a division without a trap.
    let bits = (UInt64(events) &* 256).dividedReportingOverflow(by: UInt64(eventsPer256Bits)).partialValue
    return UInt32(truncatingIfNeeded: bits)
  }

  /// The fewest events that hold that much entropy, as many as can be counted when nothing is credited.
  ///
  /// The reference rounds down, so that at a rate of 257 the events for 320 bits hold 319, and what is left after
  /// oversampling is never a full seed.
  public func events(forBits bits: UInt32) -> UInt32 {
    guard isCredited else { return .max }
    let events = (UInt64(bits) &* UInt64(eventsPer256Bits) &+ 255) / 256
    return UInt32(clamping: events)
  }

  /// The rate at which events are worth `factor` times less, down to nothing.
  func multiplied(by factor: UInt32) -> EventRate {
    EventRate(eventsPer256Bits: UInt32(clamping: UInt64(eventsPer256Bits) &* UInt64(factor)))
  }
}

/// What data are worth: how many bits of entropy 256 bits of them hold.
public struct DataRate: Sendable, Equatable {
  /// Bits of entropy in 256 bits of data, 0 to 256.
  public let bitsPer256Bits: UInt32

  public static let fullEntropy = DataRate(bitsPer256Bits: 256)
  public static let noCredit = DataRate(bitsPer256Bits: 0)

  /// - Parameter bitsPer256Bits: Lowered to 256 if more.
  public init(bitsPer256Bits: UInt32) {
    self.bitsPer256Bits = min(bitsPer256Bits, 256)
  }

  public var isCredited: Bool { self != .noCredit }

  /// The entropy of that many bits of data.
  public func bits(ofDataBits dataBits: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: UInt64(dataBits) &* UInt64(bitsPer256Bits) / 256)
  }
}

extension UInt32 {
  /// The entropy left after conditioning: SP 800-90C asks for 64 bits more than come out (3.2.2.2).
  public func reduced(byOversampling oversamplingBits: UInt32) -> UInt32 {
    saturatingSubtracting(oversamplingBits)
  }

  /// Entropy is counted with saturation: a sum that does not fit is "more than anyone asks for".
  func saturatingAdding(_ other: UInt32) -> UInt32 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  func saturatingSubtracting(_ other: UInt32) -> UInt32 {
    self > other ? self &- other : 0
  }
}
