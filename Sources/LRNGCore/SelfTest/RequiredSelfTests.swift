// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// What stands on what: a mechanism works only while its own self test and those of all below it have not failed.

extension SelfTestKind {
  /// What every LRNG stands on, whatever generator and hash it has: collection, seeds, and the Jitter RNG. That one may be
  /// switched off; a machine that gets a hash wrong is not to be trusted all the same.
  static var requiredByAll: UInt32 {
    seedBuffer.bit | slotPacking.bit | timestampDivisor.bit | eventPool.bit | auxiliaryPool.bit | sha3_256.bit
      | xdrbg256.bit | commonDivisor.bit
  }
}

extension DRNGAlgorithm {
  /// The self tests that have to pass before it may serve, one bit each: those of the mechanism and of all below it.
  public var requiredSelfTests: UInt32 {
    switch self {
    case .chaCha20: SelfTestKind.chaCha20Block.bit | SelfTestKind.chaCha20DRNG.bit
    case .ctrDRBG: SelfTestKind.aes256.bit | SelfTestKind.ctrDRBG.bit
    case .hashDRBG: SelfTestKind.sha512.bit | SelfTestKind.hashDRBG.bit
    case .hmacDRBG: SelfTestKind.sha512.bit | SelfTestKind.hmacSHA512.bit | SelfTestKind.hmacDRBG.bit
    case .hardware: Self.chaCha20.requiredSelfTests | SelfTestKind.hardwareDRNG.bit
    case .external: SelfTestKind.externalDRNG.bit
    }
  }
}

extension HashAlgorithm {
  /// The self tests that have to pass before pools may stand on it, one bit each.
  public var requiredSelfTests: UInt32 {
    switch self {
    case .sha256: SelfTestKind.sha256.bit
    case .sha512: SelfTestKind.sha512.bit
    case .sha3_256: SelfTestKind.sha3_256.bit
    case .sha3_512: SelfTestKind.sha3_512.bit
    case .external: SelfTestKind.externalHash.bit
    }
  }
}
