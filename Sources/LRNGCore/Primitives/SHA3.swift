// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// SHA3-256 of FIPS 202, section 6.1: a 256 bit digest with 128 bits of collision resistance.
public struct SHA3_256: HashFunction, ~Copyable {
  public static let digestLengthInBytes = 32
  public static let blockLengthInBytes = 136
  public static let bitOrder = BitOrder.leastSignificantFirst

  private var sponge = KeccakSponge<136>()

  public init() {}

  public mutating func update(_ data: Span<UInt8>) {
    sponge.absorb(data)
  }

  public mutating func finalize(trailingBits: UInt8, count: Int, into output: inout MutableSpan<UInt8>) {
    var digest = InlineArray<32, UInt8>(repeating: 0)
    sponge.finalize(trailingBits: trailingBits, count: count & 7, through: &digest, into: &output)
  }

  public mutating func reset() {
    sponge.reset()
  }

  public mutating func copyState(of other: borrowing Self) {
    sponge.copyState(of: other.sponge)
  }
}

/// SHA3-512 of FIPS 202, section 6.1: a 512 bit digest with 256 bits of collision resistance.
public struct SHA3_512: HashFunction, ~Copyable {
  public static let digestLengthInBytes = 64
  public static let blockLengthInBytes = 72
  public static let bitOrder = BitOrder.leastSignificantFirst

  private var sponge = KeccakSponge<72>()

  public init() {}

  public mutating func update(_ data: Span<UInt8>) {
    sponge.absorb(data)
  }

  public mutating func finalize(trailingBits: UInt8, count: Int, into output: inout MutableSpan<UInt8>) {
    var digest = InlineArray<64, UInt8>(repeating: 0)
    sponge.finalize(trailingBits: trailingBits, count: count & 7, through: &digest, into: &output)
  }

  public mutating func reset() {
    sponge.reset()
  }

  public mutating func copyState(of other: borrowing Self) {
    sponge.copyState(of: other.sponge)
  }
}

extension KeccakSponge {
  /// Ends the message of a SHA-3 function with up to seven bits. The digest has the length of `digest`, of which nothing
  /// is left.
  @inline(__always)
  fileprivate mutating func finalize<let length: Int>(
    trailingBits: UInt8, count: Int, through digest: inout InlineArray<length, UInt8>,
    into output: inout MutableSpan<UInt8>
  ) {
    // The suffix 01 and the first bit of the padding (appendix B.2, table 6), behind the last bits of the message.
    var ending = UInt16(BitOrder.leastSignificantFirst.first(count, of: trailingBits))
    ending |= 0x06 &<< UInt16(truncatingIfNeeded: count)
    if count >= 5 {
      // They fill a byte, which is the last of its block when the padding takes a block of its own.
      absorb(UInt8(truncatingIfNeeded: ending))
      ending &>>= 8
    }
    pad(domain: UInt8(truncatingIfNeeded: ending))
    var digestBytes = digest.mutableSpan
    squeeze(into: &digestBytes)
    output.copy(from: digest.span, at: 0, to: 0)
    wipe(&digest)
    reset()
  }
}

/// SHAKE256 of FIPS 202, section 6.2: output of any length with up to 256 bits of strength.
///
/// First `absorb`, then `squeeze`, each in pieces of any length. Absorbing again after squeezing begins a new message, so
/// that no order of calls mixes the two phases.
public struct SHAKE256: ~Copyable {
  private var sponge = KeccakSponge<136>()
  private var isSqueezing = false

  public init() {}

  /// Appends `data` to the message.
  public mutating func absorb(_ data: Span<UInt8>) {
    if isSqueezing { reset() }
    sponge.absorb(data)
  }

  /// Fills `output` with the next bytes of the output.
  public mutating func squeeze(into output: inout MutableSpan<UInt8>) {
    if !isSqueezing {
      // The suffix 1111 and the first bit of the padding (appendix B.2, table 6).
      sponge.pad(domain: 0x1F)
      isSqueezing = true
    }
    sponge.squeeze(into: &output)
  }

  /// Forgets the message, wipes the state and begins an empty message.
  public mutating func reset() {
    sponge.reset()
    isSqueezing = false
  }
}
