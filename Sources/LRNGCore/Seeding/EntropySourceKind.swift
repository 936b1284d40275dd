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

  public static let count = 6
}
