// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Whether the machine's cycle counter is fine enough to be a noise source.
///
/// | | high | low |
/// |---|---|---|
/// | stored for an event | 8 bits of its stamp | its whole stamp and a word of other data about it |
/// | health tests | on | off: a coarse stamp repeats by nature |
/// | events for the same entropy | as configured | ten times as many |
public enum TimerResolution: UInt8, Sendable {
  case low
  case high

  /// The factor by which events are worth less at low resolution.
  static let lowResolutionFactor: UInt32 = 10

  /// Judges a counter by two readings in close succession.
  ///
  /// A fast counter has something in its lowest 8 bits; both readings having nothing there by accident is a chance of
  /// 2^-16, and costs speed only.
  public init(firstReading: UInt64, secondReading: UInt64) {
    self = (firstReading | secondReading) & 0xFF == 0 ? .low : .high
  }

  /// The rate that holds at this resolution.
  public func effectiveRate(_ configured: EventRate) -> EventRate {
    switch self {
    case .high: configured
    case .low: configured.multiplied(by: Self.lowResolutionFactor)
    }
  }
}
