// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("The worked examples of the reference, under its rates")
struct WorkedExampleTests {
  @Test("boot: 32 interrupts, then with 24 free bits 104, then 232")
  func boot() throws {
    let lrng = SimulatedLRNG.withReferenceRates(freeSources: false)
    lrng.interrupts(31)
    #expect(lrng.level == .unseeded)
    lrng.interrupts(1)
    #expect(lrng.level == .initial)
    #expect(lrng.sources[.interrupt]?.unused == 0)
    #expect(throws: GenerationError.notFullySeeded) { try lrng.read(16) }

    // The Jitter RNG and the processor come up after the first interrupts.
    lrng.addFreeSources()
    lrng.interrupts(103)
    #expect(lrng.level == .initial)
    lrng.interrupts(1)
    #expect(lrng.level == .minimal)
    #expect(lrng.events.contains(.reachedLevel(.minimal, bits: 128)))
    #expect(lrng.sources[.interrupt]?.unused == 0)

    lrng.interrupts(231)
    #expect(lrng.level == .minimal)
    #expect(throws: GenerationError.notFullySeeded) { try lrng.read(16) }
    lrng.interrupts(1)
    #expect(lrng.level == .full)
    #expect(lrng.events.contains(.reachedLevel(.full, bits: 256)))
    #expect(lrng.levelChanges == [.initial, .minimal, .full])
    #expect(try lrng.read(16).count == 16)
  }

  @Test(
    "run time: 2000 or 104 unused interrupts make a reseed, 103 or none put it off, and output goes on",
    arguments: [(UInt32(2000), true), (104, true), (103, false), (0, false)])
  func reseed(unused: UInt32, isReseeded: Bool) throws {
    let lrng = SimulatedLRNG.withReferenceRates()
    lrng.seedByForce()
    lrng.interrupts(232)
    #expect(lrng.isOperational && lrng.areAllNodesFullySeeded)
    lrng.sources[.interrupt]?.unused = unused
    lrng.clearEvents()

    lrng.clockInMilliseconds += 600_000
    _ = try lrng.read(32)
    #expect(lrng.events.isEmpty, "600 s have not passed yet")
    lrng.clockInMilliseconds += 1
    #expect(try lrng.read(32).count == 32)

    let skip = lrng.lastSkip
    #expect((skip == nil) == isReseeded)
    if isReseeded {
      #expect(lrng.sources[.interrupt]?.unused == unused - min(unused, 256))
    } else {
      #expect(lrng.sources[.interrupt]?.unused == unused)
      #expect(skip?.available == unused + 24)
      #expect(skip?.required == 128)
    }
    // Either way the next attempt waits for the whole interval.
    lrng.clearEvents()
    _ = try lrng.read(32)
    #expect(lrng.events.isEmpty)
  }

  @Test("oversampling: 448 collected bits are 384, 256 are 192, 88 are 24")
  func oversampling() {
    let policy = SeedingPolicy(isSP80090C: true, digestLengthInBits: 512)
    for (collected, obtained) in [(UInt32(448), UInt32(384)), (256, 192), (88, 24), (64, 0), (0, 0)] {
      let lrng = SimulatedLRNG(policy: policy)
      lrng.sources[.interrupt] = SimulatedSource(
        .events(eventsPer256Bits: 256, digestInBits: 512), unused: collected)
      #expect(lrng.availableCredit()[.interrupt] == obtained)
      var buffer = SeedBuffer(for: policy)
      _ = lrng.beginSeeding(waiting: true)
      lrng.fill(&buffer, requestedBits: policy.requestedBits(fullySeeded: false), policy: policy)
      lrng.endSeeding()
      #expect(buffer.credit[.interrupt] == obtained)
      #expect(lrng.sources[.interrupt]?.unused == 0)
    }
  }

  @Test("the reference's Jitter RNG rate gives 24 bits of an oversampled first seed, 16 of a reseed")
  func jitterRate() {
    let source = SimulatedSource(.data(bitsPer256Bits: 16))
    #expect(source.availableBits(384, 64) == 24)
    #expect(source.availableBits(256, 64) == 16)
  }
}
