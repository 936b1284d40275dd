// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// A point of the host's monotonic clock, which goes on during suspend.
public struct MonotonicInstant: Sendable, Comparable {
  /// Milliseconds since a start that only the host knows.
  public let milliseconds: UInt64

  public init(milliseconds: UInt64) {
    self.milliseconds = milliseconds
  }

  /// The instant that many seconds later.
  public func advanced(bySeconds seconds: UInt64) -> MonotonicInstant {
    let (span, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    let (sum, carry) = milliseconds.addingReportingOverflow(span)
    return MonotonicInstant(milliseconds: overflow || carry ? .max : sum)
  }

  public static func < (left: Self, right: Self) -> Bool {
    left.milliseconds < right.milliseconds
  }
}
