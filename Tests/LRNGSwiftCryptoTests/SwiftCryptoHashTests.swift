// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if SwiftCrypto

  import Crypto
  import LRNGSwiftCrypto
  import Testing

  @testable import LRNGCore

  @Suite("SHA-2 of swift-crypto hashes as the core's own does")
  struct SwiftCryptoHashTests {
    struct Pair: Sendable, CustomTestStringConvertible {
      let core: HashAlgorithm
      let plugged: ExternalHash
      var testDescription: String { "\(plugged.name)" }
    }

    static let pairs = [
      Pair(core: .sha256, plugged: .swiftCryptoSHA256), Pair(core: .sha512, plugged: .swiftCryptoSHA512),
    ]

    /// Bytes that no hash could mistake for others.
    private static let message = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 167 ^ $0 >> 3) }

    private static func update(_ hash: inout ConditioningHash, _ data: ArraySlice<UInt8>) { hash.update(data.span) }

    /// The digest, in room that shows what else was written.
    private static func finalize(_ hash: inout ConditioningHash) -> [UInt8] {
      var digest = [UInt8](repeating: 0x5a, count: 70)
      var bytes = digest.mutableSpan
      hash.finalize(into: &bytes)
      return digest
    }

    private static func digest(_ message: ArraySlice<UInt8>, _ algorithm: HashAlgorithm) -> [UInt8] {
      var hash = ConditioningHash(algorithm)
      hash.update(message.span)
      return finalize(&hash)
    }

    @Test("for each length from 0 to 300", arguments: pairs)
    func lengths(pair: Pair) {
      #expect(HashAlgorithm.external(pair.plugged).digestLengthInBytes == pair.core.digestLengthInBytes)
      for length in 0...300 {
        let message = Self.message.prefix(length)
        let expected = Self.digest(message, pair.core)
        let found = Self.digest(message, .external(pair.plugged))
        #expect(found == expected, "\(length) bytes")
      }
    }

    @Test("in pieces of any length, one after the other with the same state", arguments: pairs)
    func pieces(pair: Pair) {
      var hash = ConditioningHash(.external(pair.plugged))
      var generator = SystemRandomNumberGenerator()
      for piece in 1...300 {
        let message = Self.message.prefix(Int.random(in: 0...1000, using: &generator))
        var rest = message
        while !rest.isEmpty {
          Self.update(&hash, rest.prefix(piece))
          rest = rest.dropFirst(piece)
        }
        let found = Self.finalize(&hash)
        #expect(found == Self.digest(message, pair.core), "\(message.count) bytes in pieces of \(piece)")
      }
      for _ in 0..<200 {
        var rest = Self.message[...]
        while !rest.isEmpty {
          let piece = Int.random(in: 0...400, using: &generator)
          Self.update(&hash, rest.prefix(piece))
          rest = rest.dropFirst(piece)
        }
        let found = Self.finalize(&hash)
        #expect(found == Self.digest(Self.message[...], pair.core))
      }
    }

    @Test("a short output gets the leftmost bytes", arguments: pairs)
    func truncation(pair: Pair) {
      let whole = Self.digest(Self.message[...], pair.core)
      for length in 0...pair.core.digestLengthInBytes {
        var hash = ConditioningHash(.external(pair.plugged))
        hash.update(Self.message.span)
        var output = [UInt8](repeating: 0, count: length)
        var bytes = output.mutableSpan
        hash.finalize(into: &bytes)
        #expect(output == Array(whole.prefix(length)))
      }
    }

    @Test("a message that is dropped half way is gone", arguments: pairs)
    func reset(pair: Pair) {
      let other = Self.pairs.first { $0.plugged != pair.plugged } ?? pair
      var hash = ConditioningHash(.external(pair.plugged))
      for next in [pair.core, .external(pair.plugged), .external(other.plugged), .external(pair.plugged)] {
        Self.update(&hash, Self.message.prefix(77))
        hash.reset(to: next)
        Self.update(&hash, Self.message.prefix(200))
        let found = Self.finalize(&hash)
        #expect(found == Self.digest(Self.message.prefix(200), next))
      }
    }

    @Test("a pool that changes its hash does so as if both were the core's", arguments: pairs)
    func pools(pair: Pair) {
      func digests(_ algorithms: [HashAlgorithm]) -> [UInt8] {
        var pool = HashPool(algorithms[0])
        let stirring = Self.message.prefix(100)
        var all: [UInt8] = []
        for algorithm in algorithms {
          pool.switchHash(to: algorithm)
          pool.absorb(stirring.span)
          pool.absorb(imageOf: Self.message.span)
          for _ in 0..<2 {
            var digest = HashPool.Digest(repeating: 0)
            pool.drain(into: &digest)
            all += digest.indices.map { digest[$0] }
          }
        }
        return all
      }
      let ours: [HashAlgorithm] = [.sha256, .sha512, .sha3_256, .sha256, .sha256, .sha512]
      let mixed: [HashAlgorithm] = [
        .sha256, .external(.swiftCryptoSHA512), .sha3_256, .external(.swiftCryptoSHA256), .sha256,
        .external(.swiftCryptoSHA512),
      ]
      #expect(digests(mixed) == digests(ours))
      #expect(digests([pair.core, .external(pair.plugged)]) == digests([pair.core, pair.core]))
    }

    @Test("the known answer is found, and not in the corrupted twin", arguments: pairs)
    func selfTest(pair: Pair) {
      #expect(pair.plugged.findsKnownAnswer(corrupting: false))
      #expect(!pair.plugged.findsKnownAnswer(corrupting: true))
    }

    @Test("a table is the same each time, and each has its own")
    func identity() {
      #expect(ExternalHash.swiftCryptoSHA256 == .swiftCryptoSHA256)
      #expect(ExternalHash.swiftCryptoSHA256 != .swiftCryptoSHA512)
    }

    /// What a function may find if a signal handler forked in the middle of a call.
    @Test("zeroes instead of a state do no harm", arguments: pairs)
    func wipedState(pair: Pair) {
      withUnsafeTemporaryAllocation(byteCount: ExternalHash.stateLengthInBytes, alignment: 8) { memory in
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        guard let state = memory.baseAddress else { return }
        pair.plugged.update?(nil, state, Self.message, 100)
        var digest = [UInt8](repeating: 0, count: 64)
        pair.plugged.finish?(nil, state, &digest)
        pair.plugged.abandon?(nil, state)
        #expect(memory.allSatisfy { $0 == 0 } && digest.allSatisfy { $0 == 0 })
      }
    }

    @Test("a state may be moved between two calls", arguments: pairs)
    func movedState(pair: Pair) {
      let table = pair.plugged
      let length = ExternalHash.stateLengthInBytes
      let places = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * length, alignment: 8)
      defer { places.deallocate() }
      guard let first = places.baseAddress else { return }
      table.begin?(nil, first)
      for piece in 0..<10 {
        let (from, to) = piece % 2 == 0 ? (first, first + length) : (first + length, first)
        to.copyMemory(from: from, byteCount: length)
        from.initializeMemory(as: UInt8.self, repeating: 0xff, count: length)
        table.update?(nil, to, Array(Self.message[piece * 100..<piece * 100 + 100]), 100)
      }
      var digest = [UInt8](repeating: 0, count: 64)
      table.finish?(nil, first, &digest)
      let expected = Self.digest(Self.message.prefix(1000), pair.core)
      #expect(digest.prefix(pair.core.digestLengthInBytes) == expected.prefix(pair.core.digestLengthInBytes))
    }

    @Test("what a message has on the heap goes when it ends, and when it is abandoned", arguments: pairs)
    func release(pair: Pair) {
      for isFinished in [true, false] {
        withUnsafeTemporaryAllocation(byteCount: ExternalHash.stateLengthInBytes, alignment: 8) { memory in
          guard let state = memory.baseAddress else { return }
          pair.plugged.begin?(nil, state)
          pair.plugged.update?(nil, state, Self.message, 100)
          weak let context: AnyObject? =
            pair.core == .sha256
            ? Self.object(in: state.assumingMemoryBound(to: Optional<Crypto.SHA256>.self).pointee as Any)
            : Self.object(in: state.assumingMemoryBound(to: Optional<Crypto.SHA512>.self).pointee as Any)
          #expect(context != nil)
          if isFinished {
            var digest = [UInt8](repeating: 0, count: 64)
            pair.plugged.finish?(nil, state, &digest)
          } else {
            pair.plugged.abandon?(nil, state)
          }
          #expect(context == nil)
        }
      }
    }

    /// The first object that a value refers to.
    private static func object(in value: Any) -> AnyObject? {
      let mirror = Mirror(reflecting: value)
      if mirror.displayStyle == .class { return value as AnyObject }
      for child in mirror.children {
        if let found = object(in: child.value) { return found }
      }
      return nil
    }
  }

#endif
