// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The hash functions that can be chosen at run time. The raw value is stable.
public enum HashAlgorithm: UInt8, Sendable {
  case sha256 = 0
  case sha512 = 1
  case sha3_256 = 2
  case sha3_512 = 3

  public static let count = 4

  /// The longest digest of all algorithms: room for any.
  public static let maximumDigestLengthInBytes = 64

  public var digestLengthInBytes: Int {
    switch self {
    case .sha256: SHA256.digestLengthInBytes
    case .sha512: SHA512.digestLengthInBytes
    case .sha3_256: SHA3_256.digestLengthInBytes
    case .sha3_512: SHA3_512.digestLengthInBytes
    }
  }

  public var name: StaticString {
    switch self {
    case .sha256: "SHA-256"
    case .sha512: "SHA-512"
    case .sha3_256: "SHA3-256"
    case .sha3_512: "SHA3-512"
    }
  }
}
