// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// An SP 800-90A DRBG as a generator of the LRNG.
///
/// The LRNG decides when to seed, with what, and what the seed is worth; the DRBG gets it as entropy input. The first seed
/// instantiates, without a nonce of its own: a seed buffer always has more than one and a half times 256 bits, and in SP
/// 800-90C mode as much entropy (8.6.7). Later seeds reseed.
public struct DRBGGenerator<Mechanism: DRBGMechanism & ~Copyable>: DRNG, ~Copyable {
  private var drbg: DRBG<Mechanism>

  /// - Parameter mechanism: Without a seed.
  public init(_ mechanism: consuming Mechanism) {
    drbg = DRBG(mechanism)
  }

  public mutating func seed(_ material: Span<UInt8>) throws(DRNGError) {
    do throws(DRBGError) {
      switch drbg.state {
      case .uninstantiated: try drbg.instantiate(entropyInput: material, nonce: Span())
      case .instantiated, .failed: try drbg.reseed(entropyInput: material)
      }
    } catch {
      throw .failed
    }
  }

  /// Without a seed there is no output: an SP 800-90A DRBG that is not instantiated has no state to generate from.
  public mutating func generate(
    into output: inout MutableSpan<UInt8>, additionalInput: Span<UInt8>
  ) throws(DRNGError) {
    do throws(DRBGError) {
      try drbg.generate(into: &output, additionalInput: additionalInput)
    } catch {
      throw .failed
    }
  }

  public mutating func wipe() {
    drbg.uninstantiate()
  }
}
