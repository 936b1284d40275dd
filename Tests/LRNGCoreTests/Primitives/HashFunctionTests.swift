// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Testing

@Suite("FIPS 180-4 and FIPS 202: hash functions against NIST's vectors")
struct HashFunctionTests {
  @Test("SHA-256 short messages")
  func sha256Short() throws { try checkMessages("SHA2/SHA256ShortMsg.rsp", count: 65, SHA256.self) }

  @Test("SHA-256 long messages")
  func sha256Long() throws { try checkMessages("SHA2/SHA256LongMsg.rsp", count: 64, SHA256.self) }

  @Test("SHA-512 short messages")
  func sha512Short() throws { try checkMessages("SHA2/SHA512ShortMsg.rsp", count: 129, SHA512.self) }

  @Test("SHA3-256 short messages")
  func sha3_256Short() throws { try checkMessages("SHA3/SHA3_256ShortMsg.rsp", count: 137, SHA3_256.self) }

  @Test("SHA3-512 short messages")
  func sha3_512Short() throws { try checkMessages("SHA3/SHA3_512ShortMsg.rsp", count: 73, SHA3_512.self) }

  @Test("SHA-256 Monte Carlo chain")
  func sha256Monte() throws {
    try checkMonteCarlo("SHA2/SHA256Monte.rsp", SHA256.self) { $0 + $1 + $2 }
  }

  @Test("SHA-512 Monte Carlo chain")
  func sha512Monte() throws {
    try checkMonteCarlo("SHA2/SHA512Monte.rsp", SHA512.self) { $0 + $1 + $2 }
  }

  @Test("SHA3-256 Monte Carlo chain")
  func sha3_256Monte() throws {
    try checkMonteCarlo("SHA3/SHA3_256Monte.rsp", SHA3_256.self) { _, _, last in last }
  }

  @Test("SHA3-512 Monte Carlo chain")
  func sha3_512Monte() throws {
    try checkMonteCarlo("SHA3/SHA3_512Monte.rsp", SHA3_512.self) { _, _, last in last }
  }

  private func checkMessages<Hash: HashFunction & ~Copyable>(_ file: String, count: Int, _: Hash.Type) throws {
    let records = try VectorFile("pyca/hashes/" + file).records(with: "len", "msg", "md")
    #expect(records.count == count)
    for record in records {
      let message = try record.bytes("msg").prefix(record.integer("len") / 8)
      #expect(digest(Array(message), Hash.self) == (try record.bytes("md")), "length \(message.count)")
    }
  }

  /// SHAVS 6.4: 1000 digests to a checkpoint, each of the message made of the last three (SHA-3: of the last one).
  ///
  /// Unoptimised code takes the first ten of the hundred checkpoints, being a hundred times slower.
  private func checkMonteCarlo<Hash: HashFunction & ~Copyable>(
    _ file: String, _: Hash.Type, message: ([UInt8], [UInt8], [UInt8]) -> [UInt8]
  ) throws {
    let vectors = try VectorFile("pyca/hashes/" + file)
    var seed = try #require(vectors.records(with: "seed").first).bytes("seed")
    let checkpoints = try vectors.records(with: "count", "md").map { try $0.bytes("md") }
    #expect(checkpoints.count == 100)
    #if DEBUG
      let checked = 10
    #else
      let checked = 100
    #endif
    for checkpoint in checkpoints.prefix(checked) {
      var (a, b, c) = (seed, seed, seed)
      for _ in 0..<1000 { (a, b, c) = (b, c, digest(message(a, b, c), Hash.self)) }
      seed = c
      #expect(seed == checkpoint)
    }
  }
}

@Suite("Hash functions: what holds for every message")
struct HashFunctionProperties {
  @Test("any chunking gives the same digest, for every length from 0 to 300 bytes")
  func chunking() {
    checkChunking(SHA256.self)
    checkChunking(SHA512.self)
    checkChunking(SHA3_256.self)
    checkChunking(SHA3_512.self)
  }

  private func checkChunking<Hash: HashFunction & ~Copyable>(_: Hash.Type) {
    for length in 0...300 {
      let message = [UInt8].counting(length)
      let whole = digest(message, Hash.self)
      for chunk in [1, 3, 8, 63, 64, 65, 71, 72, 73, 127, 128, 129, 136] where chunk < length {
        #expect(digest(message, Hash.self, inChunksOf: chunk) == whole, "length \(length) in chunks of \(chunk)")
      }
    }
  }

  @Test("a short output gets the leftmost bytes, a long one keeps what lies beyond the digest")
  func truncation() {
    checkTruncation(SHA256.self)
    checkTruncation(SHA512.self)
    checkTruncation(SHA3_256.self)
    checkTruncation(SHA3_512.self)
  }

  private func checkTruncation<Hash: HashFunction & ~Copyable>(_: Hash.Type) {
    let message = [UInt8].counting(200)
    let whole = digest(message, Hash.self)
    for length in 0...Hash.digestLengthInBytes + 8 {
      var output = [UInt8](repeating: 0xEE, count: length)
      var hash = Hash()
      hash.update(message.span)
      var span = output.mutableSpan
      hash.finalize(into: &span)
      let written = min(length, Hash.digestLengthInBytes)
      #expect(output.prefix(written) == whole.prefix(written))
      #expect(output.dropFirst(written).allSatisfy { $0 == 0xEE })
    }
  }

  @Test("finalize and reset leave an object that begins an empty message")
  func reuse() {
    checkReuse(SHA256.self)
    checkReuse(SHA512.self)
    checkReuse(SHA3_256.self)
    checkReuse(SHA3_512.self)
  }

  private func checkReuse<Hash: HashFunction & ~Copyable>(_: Hash.Type) {
    let message = [UInt8].counting(100)
    let expected = digest(message, Hash.self)
    var hash = Hash()
    for round in 0..<4 {
      if round == 2 {
        hash.update([1, 2, 3].span)
        hash.reset()
      }
      hash.update(message.span)
      var output = [UInt8](repeating: 0, count: Hash.digestLengthInBytes)
      var span = output.mutableSpan
      hash.finalize(into: &span)
      #expect(output == expected)
    }
  }

  @Test("one changed bit of the message changes the digest")
  func sensitivity() {
    var message = [UInt8].counting(150)
    let before = digests(of: message)
    message[149] ^= 0x80
    for (before, after) in zip(before, digests(of: message)) { #expect(before != after) }
  }

  private func digests(of message: [UInt8]) -> [[UInt8]] {
    [
      digest(message, SHA256.self), digest(message, SHA512.self), digest(message, SHA3_256.self),
      digest(message, SHA3_512.self),
    ]
  }

  @Test("the hash chosen at run time equals the one chosen at compile time, also after a change")
  func conditioningHash() {
    let message = [UInt8].counting(199)
    let expected: [(HashAlgorithm, [UInt8])] = [
      (.sha256, digest(message, SHA256.self)),
      (.sha512, digest(message, SHA512.self)),
      (.sha3_256, digest(message, SHA3_256.self)),
      (.sha3_512, digest(message, SHA3_512.self)),
    ]
    var hash = ConditioningHash(.sha512)
    hash.update([7, 7, 7].span)
    for (algorithm, digest) in expected {
      hash.reset(to: algorithm)
      #expect(hash.algorithm == algorithm)
      #expect(hash.digestLengthInBytes == digest.count && algorithm.digestLengthInBytes == digest.count)
      hash.update(message.span)
      var output = [UInt8](repeating: 0, count: digest.count)
      var span = output.mutableSpan
      hash.finalize(into: &span)
      #expect(output == digest)
      hash.update([7, 7, 7].span)
    }
  }
}

@Suite("FIPS 202: SHAKE256")
struct SHAKE256Tests {
  /// FIPS 202 example values, SHAKE256 of the empty message, first 32 bytes.
  static let empty = "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f"

  @Test("the empty message")
  func emptyMessage() throws {
    var shake = SHAKE256()
    #expect(squeeze(32, from: &shake) == (try [UInt8](hex: Self.empty)))
  }

  @Test("any split of message and output gives the same stream")
  func chunking() {
    let message = [UInt8].counting(500)
    var whole = SHAKE256()
    whole.absorb(message.span)
    let expected = squeeze(700, from: &whole)
    for chunk in [1, 7, 8, 64, 135, 136, 137] {
      var shake = SHAKE256()
      for start in stride(from: 0, to: message.count, by: chunk) {
        shake.absorb(Array(message[start..<min(start + chunk, message.count)]).span)
      }
      var output: [UInt8] = []
      while output.count < 700 { output += squeeze(min(chunk, 700 - output.count), from: &shake) }
      #expect(output == expected, "in chunks of \(chunk)")
    }
  }

  @Test("absorbing after squeezing, and a reset, begin a new message")
  func phases() throws {
    let message = [UInt8].counting(10)
    var fresh = SHAKE256()
    fresh.absorb(message.span)
    let expected = squeeze(40, from: &fresh)
    fresh.absorb(message.span)
    #expect(squeeze(40, from: &fresh) == expected)
    fresh.reset()
    #expect(squeeze(32, from: &fresh) == (try [UInt8](hex: Self.empty)))
  }

  private func squeeze(_ count: Int, from shake: inout SHAKE256) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: count)
    var span = output.mutableSpan
    shake.squeeze(into: &span)
    return output
  }
}

/// The digest of a message given as a whole, or in pieces of `chunk` bytes.
func digest<Hash: HashFunction & ~Copyable>(
  _ message: [UInt8], _: Hash.Type, inChunksOf chunk: Int? = nil
) -> [UInt8] {
  var hash = Hash()
  if let chunk {
    for start in stride(from: 0, to: message.count, by: chunk) {
      hash.update(Array(message[start..<min(start + chunk, message.count)]).span)
    }
  } else {
    hash.update(message.span)
  }
  var output = [UInt8](repeating: 0, count: Hash.digestLengthInBytes)
  var span = output.mutableSpan
  hash.finalize(into: &span)
  return output
}
