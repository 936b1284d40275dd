// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The generators to choose from at run time.
///
/// | name | what | designed to meet |
/// |---|---|---|
/// | `ChaCha20` | ``ChaCha20DRNG``, the default | no standard of NIST's |
/// | `CTR_DRBG` | ``CTRDRBG`` with AES-256 and derivation function | SP 800-90A, 10.2.1 |
/// | `Hash_DRBG` | ``HashDRBG`` with SHA-512 | SP 800-90A, 10.1.1 |
/// | `HMAC_DRBG` | ``HMACDRBG`` with SHA-512 | SP 800-90A, 10.1.2 |
/// | `RDRAND`, `RNDR` | ``HardwareDRNG`` | none |
/// | its own | ``ExternalDRNG`` | what its maker says |
///
/// All have 256 bits of security strength; nothing with less can be chosen.
public enum DRNGAlgorithm: Sendable, Equatable {
  case chaCha20
  case ctrDRBG
  case hashDRBG
  case hmacDRBG
  /// The processor's generator, where there is one: the host knows.
  case hardware(HardwareRandomInstruction)
  /// A generator of somebody else's.
  case external(ExternalDRNG)

  /// The name for configurations and command lines.
  public var name: StaticString {
    switch self {
    case .chaCha20: "ChaCha20"
    case .ctrDRBG: "CTR_DRBG"
    case .hashDRBG: "Hash_DRBG"
    case .hmacDRBG: "HMAC_DRBG"
    case .hardware(let instruction): instruction.name
    case .external(let drng): drng.name
    }
  }

  /// The name for displays, with the primitive that it stands on.
  public var displayName: StaticString {
    switch self {
    case .chaCha20: "ChaCha20 DRNG"
    case .ctrDRBG: "CTR_DRBG AES-256"
    case .hashDRBG: "Hash_DRBG SHA-512"
    case .hmacDRBG: "HMAC_DRBG SHA-512"
    case .hardware, .external: name
    }
  }

  /// The security strength in bits.
  public var securityStrengthInBits: UInt32 {
    if case .external(let drng) = self { return drng.securityStrengthInBits }
    return 256
  }

  /// Whether both keep their state in the same place, so that neither can take over from the other.
  func sharesState(with other: DRNGAlgorithm) -> Bool {
    switch (self, other) {
    case (.chaCha20, .chaCha20), (.ctrDRBG, .ctrDRBG), (.hashDRBG, .hashDRBG), (.hmacDRBG, .hmacDRBG): true
    case (.hardware, .hardware), (.external, .external): true
    default: false
    }
  }
}
