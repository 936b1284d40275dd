// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The hash functions that can be chosen at run time.
public enum HashAlgorithm: Sendable, Equatable {
  case sha256
  case sha512
  case sha3_256
  case sha3_512
  /// A hash function of somebody else's.
  case external(ExternalHash)

  /// The longest digest of all algorithms: room for any.
  public static let maximumDigestLengthInBytes = 64
  /// The shortest digest of all algorithms, as long as the security strength.
  public static let minimumDigestLengthInBytes = 32

  public var digestLengthInBytes: Int {
    switch self {
    case .sha256: SHA256.digestLengthInBytes
    case .sha512: SHA512.digestLengthInBytes
    case .sha3_256: SHA3_256.digestLengthInBytes
    case .sha3_512: SHA3_512.digestLengthInBytes
    // The range again, so that the compiler sees that no digest is longer than the room for it.
    case .external(let hash):
      min(max(hash.digestLengthInBytes, Self.minimumDigestLengthInBytes), Self.maximumDigestLengthInBytes)
    }
  }

  public var name: StaticString {
    switch self {
    case .sha256: "SHA-256"
    case .sha512: "SHA-512"
    case .sha3_256: "SHA3-256"
    case .sha3_512: "SHA3-512"
    case .external(let hash): hash.name
    }
  }
}
