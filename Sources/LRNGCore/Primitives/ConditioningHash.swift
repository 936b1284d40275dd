// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// A hash function chosen at run time: the conditioning component of the entropy pools.
///
/// The hash functions of FIPS 180-4 and FIPS 202 are vetted conditioning components (SP 800-90B, section 3.1.5.1.1).
///
/// The states stand side by side, although one at a time is in use: a payload of an enum can't be changed without being
/// moved, and each move would leave a copy of a secret state behind.
public struct ConditioningHash: ~Copyable {
  public private(set) var algorithm: HashAlgorithm

  private var sha256 = SHA256()
  private var sha512 = SHA512()
  private var sha3_256 = SHA3_256()
  private var sha3_512 = SHA3_512()
  private var external = ExternalHashState()

  /// Begins an empty message.
  public init(_ algorithm: HashAlgorithm) {
    self.algorithm = algorithm
  }

  public var digestLengthInBytes: Int { algorithm.digestLengthInBytes }

  /// Appends `data` to the message.
  public mutating func update(_ data: Span<UInt8>) {
    switch algorithm {
    case .sha256: sha256.update(data)
    case .sha512: sha512.update(data)
    case .sha3_256: sha3_256.update(data)
    case .sha3_512: sha3_512.update(data)
    case .external(let table): external.update(data, of: table)
    }
  }

  /// Writes the digest of the message to the start of `output`, wipes the state and begins an empty message.
  ///
  /// When `output` is shorter than the digest it gets the leftmost bytes; bytes beyond the digest are left alone.
  public mutating func finalize(into output: inout MutableSpan<UInt8>) {
    switch algorithm {
    case .sha256: sha256.finalize(into: &output)
    case .sha512: sha512.finalize(into: &output)
    case .sha3_256: sha3_256.finalize(into: &output)
    case .sha3_512: sha3_512.finalize(into: &output)
    case .external(let table): external.finalize(into: &output, of: table)
    }
  }

  /// Forgets the message, wipes the state and begins an empty message with another algorithm, or the same.
  public mutating func reset(to algorithm: HashAlgorithm) {
    switch self.algorithm {
    case .sha256: sha256.reset()
    case .sha512: sha512.reset()
    case .sha3_256: sha3_256.reset()
    case .sha3_512: sha3_512.reset()
    case .external: external.reset()
    }
    self.algorithm = algorithm
  }
}
