// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The greatest common divisor of time stamps: the step width of a counter that advances in steps.
///
/// Some counters run slower than the unit they count in, so the lowest bits of their values never vary. The LRNG keeps
/// 8 bits of a stamp; taken from the stamp divided by the step width, none of them is wasted. (On an Atom Z530, whose
/// counter advances in steps of 4, this raised the assessed entropy of a stamp from 3.4 to 7.3 bits.)
///
/// The divisor is worked out from the first 100 stamps and kept. Until then a source stores stamps as whole words.
///
/// Stamps are 32 bits long here, whatever the counter is. The wrap leaves the powers of two in the step intact, and only
/// these matter: an odd factor merely permutes the values of the lowest 8 bits.
///
/// The stamps themselves are not recorded: gcd is associative, so one running value stands for the whole window. That
/// leaves no history to be wiped, and each event bears its own share of the work instead of the last one bearing all.
public struct TimestampGCD: Sendable {
  /// Stamps that the divisor is worked out from.
  public static let window: UInt32 = 100

  /// A wider step would leave so few distinct values that it rather shows a window without variety.
  public static let largestDivisor: UInt32 = 1000

  /// What stamps are to be divided by, 0 as long as it is not known.
  public private(set) var divisor: UInt32 = 0 {
    didSet { reciprocal = divisor == 0 ? 0 : .max / UInt64(divisor) }
  }

  /// (2^64 - 1) / divisor, rounded down, so that an interrupt need not divide.
  private var reciprocal: UInt64 = 0

  /// The divisor of the stamps so far. After a single stamp that is the stamp itself, so this goes once it has served.
  private var running: UInt32 = 0
  private var observedStamps: UInt32 = 0

  public init() {}

  /// Whether the window is complete.
  public var isKnown: Bool { divisor != 0 }

  /// Takes a stamp into account, unless the window is complete.
  ///
  /// - Returns: Whether this stamp completed the window.
  @discardableResult
  public mutating func observe(_ stamp: UInt32) -> Bool {
    guard !isKnown else { return false }
    running = running.greatestCommonDivisor(with: stamp)
    observedStamps &+= 1
    guard observedStamps >= Self.window else { return false }
    divisor = Self.largestUsableDivisor(of: running)
    running = 0
    return true
  }

  /// The stamp in units of the counter's step, rounded down. Only meaningful when the divisor is known.
  ///
  /// With n = stamp + 1, d = divisor and r = (2^64 - 1) mod d, n · reciprocal / 2^64 = n / d - n · (1 + r) / (d · 2^64). What is
  /// taken off is more than 0 and less than 1 / d, because n ≤ 2^32 and d < 2^32: rounded down, that is (n - 1) / d rounded
  /// down.
  @inline(__always)
  func steps(_ stamp: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: (UInt64(stamp) &+ 1).multipliedFullWidth(by: reciprocal).high)
  }

  /// Forgets the divisor: the next 100 stamps decide anew.
  public mutating func reset() {
    self = TimestampGCD()
  }

  /// The largest divisor of `gcd` that is at most ``largestDivisor``; 1 for stamps that were all zero.
  ///
  /// The reference takes 1000 itself for anything above. That need not be a divisor, so it would mix the steps up
  /// again which the division is to count.
  static func largestUsableDivisor(of gcd: UInt32) -> UInt32 {
    guard gcd > largestDivisor else { return max(gcd, 1) }
    var candidate = largestDivisor
    while candidate > 1 && gcd % candidate != 0 {
      candidate &-= 1
    }
    return candidate
  }
}
