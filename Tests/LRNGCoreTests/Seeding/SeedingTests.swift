// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("Seeding strategies and levels")
struct SeedingTests {
  @Test("strategy I: 256 bits in total, from any sources")
  func strategyOne() {
    let policy = SeedingPolicy()
    var credit = SeedCredit()
    credit.add(200, from: .auxiliary)
    credit.add(55, from: .cpu)
    #expect(!policy.isSufficient(credit, alreadyFullySeeded: false))
    credit.add(1, from: .jitter)
    #expect(policy.isSufficient(credit, alreadyFullySeeded: false))
  }

  @Test("strategy II: 384 bits at first, 256 later, and only with a digest of at least 384 bits")
  func strategyTwo() {
    let policy = SeedingPolicy(isSP80090C: true, digestLengthInBits: 384)
    #expect(policy.isOversampling)
    #expect(policy.requestedBits(fullySeeded: false) == 384)
    #expect(policy.requestedBits(fullySeeded: true) == 256)
    #expect(policy.conditioningOversamplingBits == 64)
    #expect(policy.minimumReseedBits == 256)
    let short = SeedingPolicy(isSP80090C: true, digestLengthInBits: 256)
    #expect(!short.isOversampling)
    #expect(short.requestedBits(fullySeeded: false) == 256)
    #expect(short.minimumReseedBits == 256)
    #expect(SeedingPolicy(wantsOversampling: true, digestLengthInBits: 512).isOversampling)
  }

  @Test(
    "strategy III: two sources with 240 bits each (220 in the draft), for the first seed only",
    arguments: [(SeedingPolicy.NTG1.version2024, UInt32(240)), (.draft2022, 220)])
  func strategyThree(version: SeedingPolicy.NTG1, minimum: UInt32) {
    let policy = SeedingPolicy(ntg1: version)
    var credit = SeedCredit()
    credit.add(1_000_000, from: .jitter)
    #expect(!policy.isSufficient(credit, alreadyFullySeeded: false))
    credit.add(minimum - 1, from: .auxiliary)
    #expect(!policy.isSufficient(credit, alreadyFullySeeded: false))
    credit.add(1, from: .auxiliary)
    #expect(policy.isSufficient(credit, alreadyFullySeeded: false))
    var later = SeedCredit()
    later.add(256, from: .cpu)
    #expect(policy.isSufficient(later, alreadyFullySeeded: true))
  }

  @Test("strategy III: any two of the independent sources do, one alone never does")
  func anyTwoSources() {
    for first in 0..<6 {
      for second in 0..<6 {
        guard let one = EntropySourceKind.at(first), let two = EntropySourceKind.at(second) else { continue }
        let lrng = SimulatedLRNG(policy: SeedingPolicy(ntg1: .version2024))
        lrng.sources[one] = SimulatedSource(.data(bitsPer256Bits: 256))
        lrng.sources[two] = SimulatedSource(.data(bitsPer256Bits: 256))
        lrng.seedByForce()
        let areIndependent = first != second && !(one.sharesInterrupts && two.sharesInterrupts)
        #expect(lrng.isOperational == areIndependent, "\(one) and \(two)")
      }
    }
  }

  @Test("strategy III: a source is excluded by a rate below the threshold, unless forced seeding adds it up")
  func excludedSource() {
    let lrng = SimulatedLRNG(policy: SeedingPolicy(ntg1: .version2024, allowsForcedSeeding: false))
    lrng.sources[.jitter] = SimulatedSource(.data(bitsPer256Bits: 256))
    lrng.sources[.cpu] = SimulatedSource(.data(bitsPer256Bits: 239))
    lrng.seedByForce()
    #expect(!lrng.isOperational)
    lrng.sources[.cpu] = SimulatedSource(.data(bitsPer256Bits: 240))
    lrng.seedByForce()
    #expect(lrng.isOperational)
  }

  @Test("forced seeding adds rounds of small sources up, and stops when fewer sources deliver than the strategy needs")
  func forcedRounds() {
    let lrng = SimulatedLRNG()
    lrng.addFreeSources()
    lrng.seedByForce()
    #expect(lrng.isOperational)
    #expect(lrng.sources[.jitter]?.collections == 11)  // 11 rounds of 24 bits are 264

    let strict = SimulatedLRNG(policy: SeedingPolicy(ntg1: .version2024))
    strict.addFreeSources()
    strict.seedByForce()
    #expect(strict.isOperational)
    #expect(strict.sources[.cpu]?.collections == 30)  // 30 rounds of 8 bits are 240

    let single = SimulatedLRNG(policy: SeedingPolicy(ntg1: .version2024))
    single.sources[.jitter] = SimulatedSource(.data(bitsPer256Bits: 256))
    single.seedByForce()
    #expect(!single.isOperational)
    #expect(single.sources[.jitter]?.collections == 1)

    let dry = SimulatedLRNG()
    dry.seedByForce()
    #expect(!dry.isOperational)
    #expect(dry.level == .unseeded)
  }

  @Test("rounds do not add up when somebody saw output in between, and he can't hold the others up for ever")
  func outputBetweenRounds() {
    let lrng = SimulatedLRNG.withReferenceRates()
    lrng.duringCollection = { _ = try? $0.read(1, .available) }
    lrng.seedByForce()
    #expect(!lrng.isOperational)
    #expect(lrng.sources[.jitter]?.collections == SeedingPolicy.maximumForcedRounds)
    lrng.duringCollection = nil
    lrng.seedByForce()
    #expect(lrng.isOperational)
  }

  @Test("of interrupt, scheduler and kernel generator the best one counts in a seed, in any order, also across rounds")
  func dependentSources() {
    var credit = SeedCredit()
    credit.add(10, from: .scheduler)
    #expect(credit.totalBits == 10)
    credit.add(256, from: .kernel)
    credit.add(100, from: .interrupt)
    #expect(credit.totalBits == 256)
    #expect(credit[.scheduler] == 0 && credit[.interrupt] == 0 && credit[.kernel] == 256)
    #expect(credit.sourceCount(havingAtLeast: 1) == 1)
    credit.add(credit)
    #expect(credit.totalBits == 512)
    credit.add(5, from: .cpu)
    #expect(credit.revoke(.interrupt) == 0)
    #expect(credit.revoke(.kernel) == 512)
    #expect(credit.totalBits == 25, "what context switches delivered counts once the better one is gone")
    credit.add(.max, from: .jitter)
    #expect(credit.totalBits == .max)
  }

  @Test("a slot is never credited with more bits than it holds")
  func slotLimit() {
    var buffer = SeedBuffer(for: SeedingPolicy())
    buffer.fill(.jitter) { _ in .max }
    #expect(buffer.credit[.jitter] == 256)
    var oversampled = SeedBuffer(for: SeedingPolicy(isSP80090C: true, digestLengthInBits: 512))
    oversampled.fill(.jitter) { _ in .max }
    #expect(oversampled.credit[.jitter] == 384)
  }

  @Test("the layout of a seed buffer: slots in order, time stamp, credits")
  func layout() {
    var buffer = SeedBuffer(for: SeedingPolicy())
    for index in 0..<6 {
      guard let source = EntropySourceKind.at(index) else { continue }
      buffer.fill(source) { slot in
        #expect(slot.count == 32)
        for position in slot.indices { slot[position] = UInt8(index + 1) }
        return source == .scheduler || source == .kernel ? 0 : UInt32(index + 100)
      }
    }
    buffer.seal(timeStamp: 0xA1B2_C3D4)
    let bytes = buffer.withBytes { bytes in bytes.indices.map { bytes[$0] } }
    #expect(bytes.count == 220)
    for index in 0..<192 { #expect(bytes[index] == UInt8(index / 32 + 1)) }
    #expect(word(bytes, 192) == 0xA1B2_C3D4)
    #expect((0..<6).map { word(bytes, 196 + 4 * $0) } == [100, 0, 102, 103, 0, 105])
    buffer.wipe()
    #expect(buffer.withBytes { bytes in bytes.indices.allSatisfy { bytes[$0] == 0 } })
  }

  @Test("raw seeds: layout, the length protocol for small buffers, no entropy twice")
  func rawSeed() throws {
    let lrng = SimulatedLRNG.withReferenceRates()
    lrng.sources[.interrupt]?.unused = 400
    var small = [UInt8](repeating: 0, count: 7)
    #expect(throws: RawSeedError.bufferTooShort) { try rawSeed(of: lrng, into: &small) }
    #expect(small == [UInt8](repeating: 0, count: 7))
    small.append(0)
    #expect(throws: RawSeedError.lengthNeeded(236)) { try rawSeed(of: lrng, into: &small) }
    #expect(small == [236, 0, 0, 0, 0, 0, 0, 0])
    var buffer = [UInt8](repeating: 0, count: 236)
    #expect(throws: RawSeedError.notFullySeeded) { try rawSeed(of: lrng, into: &buffer) }

    lrng.seedByForce()
    #expect(lrng.sources[.interrupt]?.unused == 144)
    #expect(try rawSeed(of: lrng, into: &buffer) == 236)
    #expect(buffer.prefix(16) == [236, 0, 0, 0, 0, 0, 0, 0, 168, 0, 0, 0, 0, 0, 0, 0])
    #expect(lrng.sources[.interrupt]?.unused == 0)
    #expect(try rawSeed(of: lrng, into: &buffer) == 236)
    #expect(buffer[8] == 24)
    lrng.sources = [:]
    #expect(throws: RawSeedError.noEntropy) { try rawSeed(of: lrng, into: &buffer) }
  }

  @Test("each seeding asks each source once, and mixes the seed back into the auxiliary pool")
  func once() {
    let lrng = SimulatedLRNG.withReferenceRates()
    lrng.sources[.interrupt]?.unused = 300
    lrng.seedByForce()
    #expect(lrng.sources[.interrupt]?.collections == 1)
    #expect(lrng.sources[.jitter]?.collections == 1)
    #expect(lrng.mixedBackCount == 1)
  }

  private func rawSeed(of lrng: SimulatedLRNG, into bytes: inout [UInt8]) throws -> Int {
    var span = bytes.mutableSpan
    return try lrng.rawSeed(into: &span, isReseed: true)
  }

  private func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * $1) }
  }
}
