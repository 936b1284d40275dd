// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// XDRBG-256 of Kelsey, Lucks and Müller ("XDRBG: A Proposed Deterministic Random Bit Generator Based on Any XOF"), over
/// SHAKE256 and without additional input: the pool of the Jitter RNG.
///
/// The seed is whatever has been absorbed since the last output, in pieces of any length. Each `generate` first reseeds
/// with it, so that seed bytes can be absorbed one measurement at a time and never wait in a buffer.
///
/// Strength 256 bits, state V of 64 bytes, at most 32 bytes for each output. Backtracking resistance comes with the
/// construction: V is replaced before an output leaves.
public struct XDRBG256: ~Copyable {
  public static let maximumOutputLengthInBytes = 32

  /// encode(N) of the paper with an empty additional input: the last byte of each message is N · 85.
  private enum Operation: UInt8 {
    case instantiate = 0x00
    case reseed = 0x55
    case generate = 0xaa
  }

  /// The message of the next reseed: V, then the seed so far. V needs no other place.
  private var message = SHAKE256()
  private var isInstantiated = false

  public init() {}

  /// Appends `seed` to the seed of the next output.
  public mutating func absorb(_ seed: Span<UInt8>) {
    message.absorb(seed)
  }

  /// Reseeds from what was absorbed since the last output, then fills `output`.
  ///
  /// An `output` longer than ``maximumOutputLengthInBytes`` is filled up to there.
  public mutating func generate(into output: inout MutableSpan<UInt8>) {
    // V = XOF([V ‖] seed ‖ encode, 64)
    absorb(isInstantiated ? .reseed : .instantiate)
    var state = Secret(InlineArray<64, UInt8>(repeating: 0))
    var stateBytes = state.value.mutableSpan
    message.squeeze(into: &stateBytes)
    message.reset()
    isInstantiated = true

    // V ‖ output = XOF(V ‖ encode, 96)
    message.absorb(state.value.span)
    absorb(.generate)
    stateBytes = state.value.mutableSpan
    message.squeeze(into: &stateBytes)
    var block = Secret(InlineArray<32, UInt8>(repeating: 0))
    var blockBytes = block.value.mutableSpan
    message.squeeze(into: &blockBytes)
    message.reset()

    message.absorb(state.value.span)
    output.copy(min(output.count, Self.maximumOutputLengthInBytes), from: block.value.span, at: 0, to: 0)
    state.wipe()
    block.wipe()
    wipeDeadStack()
  }

  /// Wipes the state. The next seed instantiates again.
  public mutating func reset() {
    message.reset()
    isInstantiated = false
  }

  private mutating func absorb(_ operation: Operation) {
    let encoded: InlineArray<1, UInt8> = [operation.rawValue]
    message.absorb(encoded.span)
  }
}
