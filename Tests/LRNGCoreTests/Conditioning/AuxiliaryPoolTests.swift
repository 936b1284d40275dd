// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("Auxiliary pool")
struct AuxiliaryPoolTests {
  // MARK: - Credit

  @Test(
    "data hold at most as many bits as they have, and the pool at most a digest",
    arguments: [
      (.sha256, 32, 256, 256), (.sha256, 32, 257, 256), (.sha256, 31, .max, 248), (.sha256, 1, 9, 8),
      (.sha256, 0, 100, 0), (.sha256, 64, 512, 256), (.sha512, 64, 512, 512), (.sha512, 100, 800, 512),
      (.sha256, 32, 0, 0),
    ] as [(HashAlgorithm, Int, UInt32, UInt32)])
  func credit(hash: HashAlgorithm, length: Int, credited: UInt32, entropy: UInt32) {
    var pool = AuxiliaryPool(hash)
    pool.insert([UInt8](repeating: 1, count: length).span, creditedBits: credited)
    #expect(pool.entropyInBits == entropy)
  }

  @Test("credit adds up until the pool is full")
  func sum() {
    var pool = AuxiliaryPool(.sha256)
    for expected: UInt32 in [100, 200, 256, 256] {
      pool.insert([UInt8](repeating: 1, count: 16).span, creditedBits: 100)
      #expect(pool.entropyInBits == expected)
    }
  }

  @Test(
    "oversampling collects 64 bits more than are obtained",
    arguments: [
      (.sha512, 512, 384, 448, 384, 64), (.sha512, 448, 384, 448, 384, 0), (.sha256, 256, 256, 256, 192, 0),
      (.sha256, 88, 256, 88, 24, 0), (.sha256, 64, 256, 64, 0, 0), (.sha256, 0, 256, 0, 0, 0),
      (.sha512, 512, 256, 320, 256, 192), (.sha256, 256, 384, 256, 192, 0),
    ] as [(HashAlgorithm, UInt32, UInt32, UInt32, UInt32, UInt32)])
  func oversampling(
    hash: HashAlgorithm, entropy: UInt32, requested: UInt32, collected: UInt32, obtained: UInt32, remaining: UInt32
  ) {
    var pool = filled(hash, bits: entropy)
    let (_, result) = extract(from: &pool, requestedBits: requested, oversamplingBits: 64, slotLength: 48)
    #expect(result == ConditionedEntropy(obtainedBits: obtained, collectedBits: collected))
    #expect(pool.entropyInBits == remaining)
  }

  @Test("what is available is what an extraction obtains", arguments: [0, 64] as [UInt32])
  func available(oversamplingBits: UInt32) {
    for bits: UInt32 in [0, 8, 64, 72, 248, 256] {
      var pool = filled(.sha256, bits: bits)
      let availableBits = pool.availableBits(oversamplingBits: oversamplingBits)
      let (_, result) = extract(from: &pool, requestedBits: 256, oversamplingBits: oversamplingBits)
      #expect(result.obtainedBits == availableBits)
    }
  }

  @Test("no request makes a slot hold more than it has room for", arguments: [0, 1, 32, 48])
  func slotLimit(slotLength: Int) {
    var pool = filled(.sha512, bits: 512)
    let (_, result) = extract(from: &pool, requestedBits: .max, oversamplingBits: 0, slotLength: slotLength)
    #expect(result.obtainedBits == UInt32(slotLength) * 8)
    #expect(pool.entropyInBits == 512 - UInt32(slotLength) * 8)
  }

  @Test(
    "the count can be changed within its limits",
    arguments: [
      (100, 50, 150), (100, -50, 50), (100, -200, 0), (100, .max, 256), (100, .min, 0), (256, 10, 256), (0, 0, 0),
    ] as [(UInt32, Int32, UInt32)])
  func adjusting(entropy: UInt32, change: Int32, result: UInt32) {
    var pool = AuxiliaryPool(.sha256)
    pool.adjustEntropy(byBits: Int32(entropy))
    pool.adjustEntropy(byBits: change)
    #expect(pool.entropyInBits == result)
  }

  @Test("clearing takes the credit, and the data keep stirring")
  func clearing() {
    var pool = AuxiliaryPool(.sha256)
    pool.insert([1, 2, 3].span, creditedBits: 24)
    pool.clearEntropy()
    #expect(pool.entropyInBits == 0)
    let (slot, result) = extract(from: &pool, requestedBits: 256)
    #expect(result.obtainedBits == 0)
    #expect(slot == digest(.sha256, [1, 2, 3]))
  }

  // MARK: - Data

  @Test("data without credit reach the seed: the slot is filled for the whole request")
  func uncreditedData() {
    var pool = AuxiliaryPool(.sha256)
    pool.insert([1, 2].span, creditedBits: 0)
    pool.insert([3].span, creditedBits: 0)
    let (slot, result) = extract(from: &pool, requestedBits: 256)
    #expect(result == ConditionedEntropy(obtainedBits: 0, collectedBits: 0))
    #expect(slot == digest(.sha256, [1, 2, 3]))
  }

  @Test("the slot gets the request's bytes, and zeroes behind them")
  func slotLength() {
    var pool = filled(.sha512, bits: 512)
    let (slot, _) = extract(from: &pool, requestedBits: 256, slotLength: 48)
    #expect(slot.prefix(32).contains { $0 != 0 })
    #expect(slot.suffix(16).allSatisfy { $0 == 0 })
    var short = filled(.sha256, bits: 256)
    let (other, _) = extract(from: &short, requestedBits: 384, slotLength: 48)
    #expect(other.suffix(16).allSatisfy { $0 == 0 })
  }

  @Test("after an extraction the pool goes on with a one-way image of its digest")
  func backtracking() {
    var pool = filled(.sha512, bits: 512)
    let (first, _) = extract(from: &pool, requestedBits: 512, slotLength: 64)
    pool.insert([7].span, creditedBits: 0)
    let (second, _) = extract(from: &pool, requestedBits: 512, slotLength: 64)
    #expect(second == digest(.sha512, digest(.sha512, [1] + first) + [7]))
  }

  @Test("a seed that is mixed back stirs the pool and gives no credit")
  func mixingBack() {
    var pool = AuxiliaryPool(.sha256)
    let seed = [UInt8](repeating: 0x5A, count: 220)
    pool.mixBack(seed.span)
    #expect(pool.entropyInBits == 0)
    let (slot, _) = extract(from: &pool, requestedBits: 256)
    #expect(slot == digest(.sha256, digest(.sha256, [1] + seed)))
  }

  @Test(
    "neither a seed that was mixed back nor the data of a slot stand in the pool",
    arguments: [HashAlgorithm.sha256, .sha512, .sha3_256, .sha3_512])
  func nothingToRead(algorithm: HashAlgorithm) {
    var pool = filled(algorithm, bits: 256)
    let (slot, _) = extract(from: &pool, requestedBits: 256)
    let seed = slot + [UInt8](0..<60)
    pool.mixBack(seed.span)
    let memory = withUnsafeBytes(of: &pool) { Array($0) }
    for offset in stride(from: 0, to: seed.count - 8, by: 4) {
      #expect(!memory.contains(seed[offset..<offset + 8]))
    }
  }

  // MARK: - Switching

  #if Switching
    @Test(
      "a switched pool begins with the old digest and counts no more than both digests hold",
      arguments: [
        (.sha256, .sha512, 256, 256), (.sha512, .sha256, 512, 256), (.sha512, .sha3_256, 100, 100),
        (.sha512, .sha512, 512, 512), (.sha3_256, .sha3_512, 256, 256), (.sha3_512, .sha512, 512, 512),
      ] as [(HashAlgorithm, HashAlgorithm, UInt32, UInt32)])
    func switching(from old: HashAlgorithm, to new: HashAlgorithm, entropy: UInt32, remaining: UInt32) {
      var pool = AuxiliaryPool(old)
      let data = [UInt8](0..<100)
      pool.insert(data.span, creditedBits: entropy)
      pool.switchHash(to: new)
      #expect(pool.algorithm == new)
      #expect(pool.entropyInBits == remaining)
      let (slot, _) = extract(from: &pool, requestedBits: 512, slotLength: new.digestLengthInBytes)
      #expect(slot == digest(new, digest(old, data)))
    }
  #endif

  // MARK: - Write threshold

  @Test(
    "the threshold is a digest, less oversampling, and can be lowered",
    arguments: [(.sha256, 0, 256), (.sha256, 64, 192), (.sha512, 0, 512), (.sha512, 64, 448)]
      as [(HashAlgorithm, UInt32, UInt32)])
  func threshold(hash: HashAlgorithm, oversamplingBits: UInt32, maximum: UInt32) {
    var threshold = WriteThreshold(hash, oversamplingBits: oversamplingBits)
    #expect(threshold.bits == maximum)
    #expect(threshold.set(bits: maximum + 1) == false)
    #expect(threshold.bits == maximum)
    #expect(threshold.set(bits: 100) == true)
    #expect(threshold.asksForMore(thanAvailableBits: 99))
    #expect(!threshold.asksForMore(thanAvailableBits: 100))
    #expect(threshold.set(bits: 0) == true)
    #expect(!threshold.asksForMore(thanAvailableBits: 0))
  }

  // MARK: - Fixture

  private func filled(_ hash: HashAlgorithm, bits: UInt32) -> AuxiliaryPool {
    var pool = AuxiliaryPool(hash)
    pool.insert([UInt8](repeating: 0x33, count: 64).span, creditedBits: bits)
    return pool
  }

  private func extract(
    from pool: inout AuxiliaryPool, requestedBits: UInt32, oversamplingBits: UInt32 = 0, slotLength: Int = 32
  ) -> (slot: [UInt8], entropy: ConditionedEntropy) {
    var slot = [UInt8](repeating: 0xAA, count: slotLength)
    var span = slot.mutableSpan
    let entropy = pool.extract(
      requestedBits: requestedBits, oversamplingBits: oversamplingBits, into: &span)
    return (slot, entropy)
  }
}
