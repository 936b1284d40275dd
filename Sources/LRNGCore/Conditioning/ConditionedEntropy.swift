// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// What a conditioned source put into a slot of the seed buffer.
public struct ConditionedEntropy: Equatable, Sendable {
  /// What the slot is credited with.
  public let obtainedBits: UInt32
  /// What was taken from the pool for that: more, when oversampling.
  public let collectedBits: UInt32
}
