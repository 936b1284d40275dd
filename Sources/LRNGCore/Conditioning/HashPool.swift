// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// A hash that collects data, delivers digests of them, and never tells what it delivered.
///
/// A pool lives on after a delivery. The entropy that nobody asked for must stay in it, but whoever gets to read it later
/// must not learn the digest, which became a seed (backtracking resistance). A hash function keeps the beginning of a
/// message verbatim until a block is full, so a digest never goes back as it is, only a one-way image of it.
struct HashPool: ~Copyable {
  typealias Digest = InlineArray<64, UInt8>

  /// Goes before a digest into the hash of its image. The seed of a single pool is the hash of the digest alone, and must
  /// not be the image as well.
  private static let imageLabel: InlineArray<1, UInt8> = [0x01]

  private var hash: ConditioningHash

  init(_ algorithm: HashAlgorithm) {
    hash = ConditioningHash(algorithm)
  }

  var algorithm: HashAlgorithm { hash.algorithm }

  mutating func absorb(_ data: Span<UInt8>) {
    hash.update(data)
  }

  /// Absorbs data that must not be readable in the pool.
  mutating func absorb(imageOf data: Span<UInt8>) {
    var image = Secret(Digest(repeating: 0))
    var imageBytes = image.value.mutableSpan
    var imageHash = ConditioningHash(algorithm)
    imageHash.update(Self.imageLabel.span)
    imageHash.update(data)
    imageHash.finalize(into: &imageBytes)
    hash.update(image.value.span.extracting(first: algorithm.digestLengthInBytes))
    image.wipe()
  }

  /// Delivers a digest of all that was absorbed, and goes on with an image of it.
  ///
  /// The image holds as much entropy as the digest: what the seed does not use of it is still there. The digest is a secret
  /// of the caller, who wipes it.
  mutating func drain(into digest: inout Digest) {
    var bytes = digest.mutableSpan
    hash.finalize(into: &bytes)
    absorb(imageOf: digest.span.extracting(first: algorithm.digestLengthInBytes))
  }

  /// Goes on with another hash, or the same, that begins with the digest of the old one.
  mutating func switchHash(to algorithm: HashAlgorithm) {
    var digest = Secret(Digest(repeating: 0))
    var bytes = digest.value.mutableSpan
    let lengthInBytes = hash.digestLengthInBytes
    hash.finalize(into: &bytes)
    hash.reset(to: algorithm)
    hash.update(digest.value.span.extracting(first: lengthInBytes))
    digest.wipe()
  }

  /// Forgets everything.
  mutating func reset() {
    hash.reset(to: algorithm)
  }
}

extension HashAlgorithm {
  /// The most entropy a digest can hold.
  public var digestLengthInBits: UInt32 { UInt32(truncatingIfNeeded: digestLengthInBytes &* 8) }
}
