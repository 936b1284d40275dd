// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// A DRBG mechanism of SP 800-90A, section 10: the algorithms alone, with their working state.
///
/// Who calls, when, and with what is the business of ``DRBG``, the envelope of section 9. It checks every argument against
/// the limits that a mechanism names (tables 2 and 3 there), so the algorithms cannot fail.
///
/// Implementations keep their state in place and wipe what a step leaves behind. Time depends on lengths only.
public protocol DRBGMechanism: ~Copyable {
  /// The fewest bytes of entropy input.
  var minimumEntropyInputLengthInBytes: Int { get }
  /// The most bytes of entropy input.
  var maximumEntropyInputLengthInBytes: Int { get }
  /// Whether instantiation takes a nonce, or entropy input in its place.
  var usesNonce: Bool { get }
  /// The most bytes of a personalization string or of additional input.
  var maximumInputLengthInBytes: Int { get }
  /// The most bytes of one generate request: 2^19 bits, or fewer.
  var maximumRequestLengthInBytes: Int { get }

  /// Instantiate_algorithm.
  mutating func instantiate(entropyInput: Span<UInt8>, nonce: Span<UInt8>, personalization: Span<UInt8>)
  /// Reseed_algorithm.
  mutating func reseed(entropyInput: Span<UInt8>, additionalInput: Span<UInt8>)
  /// Generate_algorithm.
  ///
  /// - Parameter reseedCounter: Requests since the last seed, this one included: 1 for the first.
  mutating func generate(into output: inout MutableSpan<UInt8>, additionalInput: Span<UInt8>, reseedCounter: UInt64)
  /// Overwrites the working state.
  mutating func wipe()
}

extension DRBGMechanism where Self: ~Copyable {
  /// All our mechanisms support 256 bits, the highest strength there is (table 2, table 3).
  public static var highestStrengthInBits: Int { 256 }

  public var minimumEntropyInputLengthInBytes: Int { Self.highestStrengthInBits / 8 }

  /// The most bytes of any input. The standard allows 2^35 bits of each. 2^28 bytes are more than anybody has to say, and the
  /// sum of all inputs of a call still fits the 32-bit length field of Block_Cipher_df.
  static var inputLimitInBytes: Int { 1 << 28 }

  /// The most bytes of a request: 2^19 bits (tables 2 and 3).
  static var requestLimitInBytes: Int { (1 << 19) / 8 }

  public var maximumEntropyInputLengthInBytes: Int { Self.inputLimitInBytes }
  public var maximumInputLengthInBytes: Int { Self.inputLimitInBytes }

  public var usesNonce: Bool { true }

  public var maximumRequestLengthInBytes: Int { Self.requestLimitInBytes }
}
