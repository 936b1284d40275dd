// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// How a request wants to be served.
public enum QualityOfService: Sendable, Equatable {
  /// Bytes of a fully seeded generator; waits until there is one. What keys need.
  case fullySeeded
  /// Bytes at once, whatever the state of the seed. For early boot and for what is no secret.
  case available
  /// Each 32 bytes after a reseed with fresh entropy, as SP 800-90A and NTG.1 define prediction resistance. Slow: some
  /// milliseconds for each 32 bytes.
  case predictionResistant
}
