// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The six entropy sources, in the order in which a seed buffer holds them.
///
/// Every word about sources in the project (configuration, status, trace) goes by this list.
public enum EntropySourceKind: UInt8, Sendable {
  /// Time stamps of interrupts.
  case interrupt = 0
  /// Time stamps of context switches.
  case scheduler = 1
  /// Execution time jitter of the processor.
  case jitter = 2
  /// The processor's own generator.
  case cpu = 3
  /// The kernel's generator: in user space `getrandom(2)`, in the kernel host the displaced generator.
  case kernel = 4
  /// Data that users, drivers and files put in.
  case auxiliary = 5

  /// How many sources there are.
  public static let count = 6

  /// The source at a position of the seed buffer, 0 ..< ``count``.
  public static func at(_ index: Int) -> EntropySourceKind? {
    EntropySourceKind(rawValue: UInt8(truncatingIfNeeded: index))
  }

  /// The position in the seed buffer, 0 ..< ``count``.
  ///
  /// The minimum is never taken. It shows the compiler that an index into six elements needs no check that could trap.
  public var index: Int { min(Int(rawValue), Self.count &- 1) }

  /// Interrupts, context switches and the kernel's generator see the same hardware events: entropy of one is not
  /// independent of the other two, so that at most one of them may be credited in a seed.
  public var sharesInterrupts: Bool {
    switch self {
    case .interrupt, .scheduler, .kernel: true
    case .jitter, .cpu, .auxiliary: false
    }
  }
}
