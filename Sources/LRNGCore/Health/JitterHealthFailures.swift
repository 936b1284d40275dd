// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Which health tests of the Jitter RNG have failed, and how badly.
///
/// An intermittent failure may happen by chance (2^-30 a window, 2^-22 for the lag predictor) and calls for recovery. A
/// permanent one does not happen by chance: the noise source is broken, and nothing may come out of it any more.
public struct JitterHealthFailures: Equatable, BitwiseCopyable, Sendable {
  /// Bits 0...3 are the tests in the order below, bits 16...19 the same tests beyond their permanent cutoff.
  public private(set) var rawValue: UInt32

  public init() {
    rawValue = 0
  }

  private init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Too many stuck deltas in a row (SP 800-90B, section 4.4.1).
  public static let repetitionCount = Self(rawValue: 1 &<< 0)
  /// One delta too often in a window (SP 800-90B, section 4.4.2).
  public static let adaptiveProportion = Self(rawValue: 1 &<< 1)
  /// Deltas can be foretold from those before them (vendor's test, after SP 800-90B, section 6.3.8).
  public static let lagPredictor = Self(rawValue: 1 &<< 2)
  /// Too many stuck deltas in one block, in a row or not (AIS 20/31, class NTG.1).
  public static let repetitionCountWithMemory = Self(rawValue: 1 &<< 3)

  /// The same tests beyond their permanent cutoff.
  public var asPermanent: Self {
    Self(rawValue: rawValue &<< 16)
  }

  public var isEmpty: Bool {
    rawValue == 0
  }

  public var isPermanent: Bool {
    rawValue &>> 16 != 0
  }

  public func contains(_ other: Self) -> Bool {
    rawValue & other.rawValue == other.rawValue
  }

  mutating func formUnion(_ other: Self) {
    rawValue |= other.rawValue
  }

  /// The verdict of a test whose count has just grown.
  ///
  /// The intermittent failure is reported where the count *meets* its cutoff and not again beyond it: after a recovery
  /// the count goes on from the cutoff towards the permanent one (see ``JitterHealthTests/carryOver(toRate:)``).
  static func judge(_ count: UInt32, intermittentAt cutoff: UInt32, permanentAt permanentCutoff: UInt32, of test: Self)
    -> Self
  {
    var verdict = Self()
    if count == cutoff { verdict.formUnion(test) }
    if count >= permanentCutoff {
      verdict.formUnion(test)
      verdict.formUnion(test.asPermanent)
    }
    return verdict
  }
}
