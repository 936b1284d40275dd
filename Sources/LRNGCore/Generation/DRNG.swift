// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Why a generator did not do what it was asked for.
public enum DRNGError: Error, Equatable, Sendable {
  /// The mechanism found itself in a state in which it must not work.
  case failed
}

/// A deterministic random number generator: what turns seeds into output.
///
/// Implementations hold their state in place, never copy it, and keep backtracking resistance: the state after a
/// request says nothing about its output. What it is called, and how strong it is, says ``DRNGAlgorithm``.
public protocol DRNG: ~Copyable {
  /// Mixes seed material into the state. It never reduces the entropy that the state has.
  mutating func seed(_ material: Span<UInt8>) throws(DRNGError)
  /// Fills the output, at most ``DRNGInstance/maximumRequestLengthInBytes``, as one request.
  ///
  /// - Parameter additionalInput: Public data that need not repeat. A mechanism that knows additional input mixes it in
  ///   before it generates; it can only make the output better.
  mutating func generate(
    into output: inout MutableSpan<UInt8>, additionalInput: Span<UInt8>
  ) throws(DRNGError)
  /// Overwrites the state.
  mutating func wipe()
}
