// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if Switching

  import Testing

  @testable import LRNGCore

  @Suite("Other generators and hashes while the LRNG runs: what becomes of seeds and credit")
  struct SwitchingTests {
    static let algorithms: [DRNGAlgorithm] = [.chaCha20, .ctrDRBG, .hashDRBG, .hmacDRBG]

    /// A fully seeded LRNG with a source that always has 256 bits.
    private static func operational(
      policy: SeedingPolicy = SeedingPolicy(), nodeCount: Int = 1, algorithm: DRNGAlgorithm = .chaCha20
    ) -> SimulatedLRNG {
      let lrng = SimulatedLRNG(policy: policy, nodeCount: nodeCount, algorithm: algorithm)
      lrng.sources[.jitter] = SimulatedSource(.data(bitsPer256Bits: 256))
      for _ in 0..<nodeCount { lrng.seedByForce() }
      #expect(lrng.isOperational && lrng.areAllNodesFullySeeded)
      lrng.clearEvents()
      return lrng
    }

    @Test("from each generator to each other: output goes on, differs, and is fully seeded", arguments: algorithms)
    func eachPair(from first: DRNGAlgorithm) throws {
      for next in Self.algorithms where next != first {
        let lrng = Self.operational(nodeCount: 3, algorithm: first)
        let seeds = lrng.generator(.initial) { $0.seedCount }
        let before = try lrng.read(32)
        try lrng.switchGenerators(to: next)
        for id in [GeneratorID.node(0), .node(1), .node(2), .predictionResistant] {
          #expect(lrng.generator(id) { $0.algorithm } == next)
          #expect(lrng.events.contains(.switchedGenerator(id, to: next)))
        }
        #expect(lrng.isOperational && lrng.areAllNodesFullySeeded)
        #expect(lrng.generator(.initial) { $0.seedCount } == seeds + 1)
        #expect(!lrng.generator(.initial) { $0.isReseedForced }, "the seed of the sources was enough")
        let after = try lrng.read(32)
        #expect(after.count == 32 && after != before)
        #expect(try lrng.readWithPredictionResistance(64).count == 64)
      }
    }

    @Test("the new generator depends on the old one and on the sources")
    func bridge() throws {
      /// The first bytes after a switch, of an LRNG that read so many bytes before, at that time.
      func bytes(reading count: Int, addingTo source: UInt32) throws -> [UInt8] {
        let lrng = Self.operational()
        _ = try lrng.read(count)
        for _ in 0..<source { lrng.seedByForce() }
        if source > 0 { lrng.sources[.cpu] = SimulatedSource(.data(bitsPer256Bits: 8)) }
        try lrng.switchGenerators(to: .ctrDRBG)
        return try lrng.read(32)
      }
      let reference = try bytes(reading: 32, addingTo: 0)
      #expect(try bytes(reading: 32, addingTo: 0) == reference, "the simulation repeats itself")
      #expect(try bytes(reading: 5000, addingTo: 0) != reference)
      #expect(try bytes(reading: 32, addingTo: 1) != reference)
    }

    @Test("with empty sources a generator is switched by its own output, and asks for a reseed at once")
    func emptySources() throws {
      let lrng = Self.operational()
      lrng.sources[.jitter]?.isWorking = false
      let ledger = lrng.generator(.initial) { $0.seedLedger.totalBits }
      try lrng.switchGenerators(to: .hashDRBG)
      #expect(lrng.isOperational)
      #expect(lrng.generator(.initial) { $0.seedLedger.totalBits } == ledger, "the account is that of the last seed")
      #expect(lrng.generator(.initial) { $0.isReseedForced })
      lrng.sources[.jitter]?.isWorking = true
      let seeds = lrng.generator(.initial) { $0.seedCount }
      #expect(try lrng.read(32).count == 32)
      #expect(lrng.generator(.initial) { $0.seedCount } == seeds + 1)
    }

    @Test("the requests of the old seed count on, unless the sources renewed it")
    func seedLife() throws {
      let lrng = Self.operational(policy: SeedingPolicy(maximumRequestsWithoutReseed: 1 << 20))
      lrng.sources[.jitter]?.isWorking = false
      for _ in 0..<10 { _ = try lrng.read(1) }
      let used = lrng.generator(.initial) { $0.requestsWithoutFullSeed }
      #expect(used >= 10)
      try lrng.switchGenerators(to: .hmacDRBG)
      #expect(lrng.generator(.initial) { $0.requestsWithoutFullSeed } == used)
      lrng.sources[.jitter]?.isWorking = true
      try lrng.switchGenerators(to: .ctrDRBG)
      #expect(lrng.generator(.initial) { $0.requestsWithoutFullSeed } == 0)
    }

    @Test("a generator without full seed is switched, and gets its seed afterwards")
    func unseeded() throws {
      let lrng = SimulatedLRNG()
      try lrng.switchGenerators(to: .ctrDRBG)
      #expect(!lrng.isOperational && !lrng.isFullySeeded(.initial))
      #expect(throws: GenerationError.notFullySeeded) { try lrng.read(1) }
      lrng.sources[.jitter] = SimulatedSource(.data(bitsPer256Bits: 256))
      lrng.seedByForce()
      #expect(lrng.isOperational)
      #expect(try lrng.read(32).count == 32)
    }

    @Test("SP 800-90C: too little entropy for a first seed is an error, and the old generator serves on")
    func sp80090C() throws {
      let policy = SeedingPolicy(isSP80090C: true, digestLengthInBits: 512)
      let lrng = Self.operational(policy: policy)
      lrng.sources[.jitter] = SimulatedSource(.data(bitsPer256Bits: 128))
      #expect(throws: SwitchError.notEnoughEntropy) { try lrng.switchGenerators(to: .ctrDRBG) }
      #expect(lrng.generator(.initial) { $0.algorithm } == .chaCha20)
      #expect(lrng.isOperational)
      #expect(try lrng.read(32).count == 32)
      lrng.sources[.jitter] = SimulatedSource(.data(bitsPer256Bits: 256))
      lrng.clearEvents()
      try lrng.switchGenerators(to: .ctrDRBG)
      #expect(lrng.generator(.initial) { $0.algorithm } == .ctrDRBG)
      #expect(lrng.isOperational)
      #expect(lrng.generator(.initial) { $0.seedLedger.totalBits } == 384)
    }

    @Test("SP 800-90C: who insists gets the other generator, which waits for a seed where the sources have too little")
    func insisting() throws {
      let policy = SeedingPolicy(isSP80090C: true, digestLengthInBits: 512)
      let lrng = Self.operational(policy: policy, nodeCount: 2, algorithm: .hmacDRBG)
      lrng.sources[.jitter] = SimulatedSource(.data(bitsPer256Bits: 128))
      #expect(throws: SwitchError.notEnoughEntropy) { try lrng.switchGenerators(to: .chaCha20) }
      try lrng.switchGenerators(to: .chaCha20, insisting: true)
      for id in [GeneratorID.node(0), .node(1), .predictionResistant] {
        #expect(lrng.generator(id) { $0.algorithm } == .chaCha20)
      }
      #expect(!lrng.isOperational && !lrng.isFullySeeded(.node(0)) && !lrng.isFullySeeded(.node(1)))
      #expect(throws: GenerationError.notFullySeeded) { try lrng.read(1) }
      lrng.sources[.jitter] = SimulatedSource(.data(bitsPer256Bits: 256))
      for _ in 0..<2 { lrng.seedByForce() }
      #expect(lrng.isOperational && lrng.areAllNodesFullySeeded)
      #expect(try lrng.read(32).count == 32)

      let rich = Self.operational(policy: policy, algorithm: .hmacDRBG)
      try rich.switchGenerators(to: .chaCha20, insisting: true)
      #expect(rich.isOperational, "who has a seed loses nothing")
    }

    @Test("who insists gets what failed its self test, and no output until something else is in use")
    func insistingOnBrokenOnes() throws {
      let lrng = Self.operational()
      try lrng.switchGenerators(to: .hmacDRBG)
      try lrng.switchHash(to: .sha512)
      lrng.levels.recordSelfTests(failed: SelfTestKind.chaCha20DRNG.bit | SelfTestKind.sha3_512.bit)
      #expect(throws: SwitchError.selfTestFailed) { try lrng.switchGenerators(to: .chaCha20) }
      #expect(try lrng.read(32).count == 32)
      try lrng.switchGenerators(to: .chaCha20, insisting: true)
      #expect(lrng.generator(.initial) { $0.algorithm } == .chaCha20)
      #expect(throws: GenerationError.selfTestFailed) { try lrng.read(1) }
      try lrng.switchGenerators(to: .ctrDRBG)
      lrng.seedByForce()
      #expect(try lrng.read(32).count == 32)

      #expect(throws: SwitchError.selfTestFailed) { try lrng.switchHash(to: .sha3_512) }
      try lrng.switchHash(to: .sha3_512, insisting: true)
      #expect(lrng.hash == .sha3_512)
      #expect(throws: GenerationError.selfTestFailed) { try lrng.read(1) }
    }

    @Test("a switch that fails at the last generator is undone at all of them")
    func undone() throws {
      let policy = SeedingPolicy(isSP80090C: true, digestLengthInBits: 512)
      let lrng = Self.operational(policy: policy, nodeCount: 3)
      // Two seeds of 384 bits, and not a third.
      lrng.sources[.jitter] = nil
      lrng.sources[.auxiliary] = SimulatedSource(.pool(digestInBits: 2048), unused: 2 * (384 + 64))
      #expect(throws: SwitchError.notEnoughEntropy) { try lrng.switchGenerators(to: .hashDRBG) }
      #expect(lrng.isOperational && lrng.areAllNodesFullySeeded)
      for node in 0..<3 {
        #expect(lrng.generator(.node(node)) { $0.algorithm } == .chaCha20)
        #expect(try lrng.read(32, node: node).count == 32)
      }
      #expect(!lrng.events.contains { if case .switchedGenerator = $0 { true } else { false } })
      // With entropy for all of them it succeeds.
      lrng.sources[.auxiliary] = nil
      lrng.sources[.jitter] = SimulatedSource(.data(bitsPer256Bits: 256))
      try lrng.switchGenerators(to: .hashDRBG)
      for node in 0..<3 { #expect(lrng.generator(.node(node)) { $0.algorithm } == .hashDRBG) }
    }

    @Test("nothing changes before all successors are there")
    func allAtOnce() throws {
      let lrng = Self.operational(nodeCount: 3)
      lrng.sources[.interrupt] = SimulatedSource(.data(bitsPer256Bits: 0))
      var collections = 0
      lrng.duringCollection = { lrng in
        collections += 1
        for node in 0..<3 {
          #expect(lrng.generator(.node(node)) { $0.algorithm } == .chaCha20)
          #expect((try? lrng.read(32, node: node))?.count == 32, "all go on with their output")
        }
      }
      try lrng.switchGenerators(to: .ctrDRBG)
      #expect(collections == 3)
    }

    @Test("output of a generator whose self test failed carries nothing over: the sources have to")
    func unsound() throws {
      for isWorking in [true, false] {
        let lrng = Self.operational(algorithm: .ctrDRBG)
        lrng.levels.requireForGenerators(DRNGAlgorithm.ctrDRBG.requiredSelfTests)
        lrng.levels.requireForPools(HashAlgorithm.sha256.requiredSelfTests)
        lrng.levels.recordSelfTests(failed: SelfTestKind.aes256.bit)
        #expect(throws: GenerationError.selfTestFailed) { try lrng.read(1) }
        lrng.sources[.jitter]?.isWorking = isWorking
        try lrng.switchGenerators(to: .chaCha20)
        #expect(lrng.isOperational == isWorking)
        if isWorking {
          #expect(try lrng.read(32).count == 32)
        } else {
          #expect(throws: GenerationError.notFullySeeded) { try lrng.read(32) }
          lrng.sources[.jitter]?.isWorking = true
          lrng.seedByForce()
          #expect(try lrng.read(32).count == 32)
        }
      }
    }

    @Test("what a hash whose self test failed has made counts for nothing")
    func unsoundHash() throws {
      let lrng = Self.operational()
      lrng.levels.requireForGenerators(DRNGAlgorithm.chaCha20.requiredSelfTests)
      lrng.levels.requireForPools(HashAlgorithm.sha256.requiredSelfTests)
      lrng.sources[.auxiliary] = SimulatedSource(.pool(digestInBits: 256), unused: 256)
      lrng.sources[.jitter]?.isWorking = false
      lrng.levels.recordSelfTests(failed: SelfTestKind.sha256.bit)
      try lrng.switchHash(to: .sha512)
      #expect(lrng.sources[.auxiliary]?.unused == 0)
      #expect(!lrng.isOperational && !lrng.isFullySeeded(.initial))
      lrng.sources[.jitter]?.isWorking = true
      lrng.seedByForce()
      #expect(try lrng.read(32).count == 32)
    }

    @Test("no request is served by what a failed hash has seeded, in the middle of the switch either")
    func unsoundHashMeanwhile() throws {
      let lrng = Self.operational(nodeCount: 2)
      lrng.levels.requireForGenerators(DRNGAlgorithm.chaCha20.requiredSelfTests)
      lrng.levels.requireForPools(HashAlgorithm.sha256.requiredSelfTests)
      lrng.levels.recordSelfTests(failed: SelfTestKind.sha256.bit)
      lrng.sources[.jitter]?.isWorking = false
      var looks = 0
      lrng.duringTrace = { lrng, _ in
        looks += 1
        for node in 0..<2 {
          var byte: [UInt8] = [0]
          var span = byte.mutableSpan
          #expect(throws: GenerationError.self) { try lrng.generate(into: &span, node: node, quality: .fullySeeded) }
        }
      }
      try lrng.switchHash(to: .sha3_256)
      #expect(looks > 0)
    }

    @Test("a self test of the old generator that fails while the sources are read: nothing is carried over")
    func unsoundMeanwhile() throws {
      let lrng = Self.operational(nodeCount: 2)
      lrng.levels.requireForGenerators(DRNGAlgorithm.chaCha20.requiredSelfTests)
      lrng.levels.requireForPools(HashAlgorithm.sha256.requiredSelfTests)
      lrng.sources[.jitter]?.isWorking = false
      lrng.sources[.interrupt] = SimulatedSource(.data(bitsPer256Bits: 0))
      var collections = 0
      lrng.duringCollection = { lrng in
        collections += 1
        if collections == 2 { lrng.levels.recordSelfTests(failed: SelfTestKind.chaCha20Block.bit) }
      }
      try lrng.switchGenerators(to: .ctrDRBG)
      #expect(collections == 2)
      #expect(!lrng.isFullySeeded(.node(0)) && !lrng.isFullySeeded(.node(1)) && !lrng.isOperational)
      #expect(throws: GenerationError.notFullySeeded) { try lrng.read(1) }
    }

    @Test("SP 800-90C: a source that fails before all successors are there costs no seed of a generator in use")
    func failureBetweenNodes() throws {
      let lrng = Self.operational(policy: SeedingPolicy(isSP80090C: true, digestLengthInBits: 512), nodeCount: 2)
      lrng.sources[.interrupt] = SimulatedSource(.data(bitsPer256Bits: 0))
      var collections = 0
      lrng.duringCollection = { lrng in
        collections += 1
        if collections == 2 { lrng.sourceDidFail(.auxiliary, isPermanent: false) }
      }
      #expect(throws: SwitchError.notEnoughEntropy) { try lrng.switchGenerators(to: .ctrDRBG) }
      #expect(lrng.isOperational && lrng.isFullySeeded(.node(0)) && lrng.isFullySeeded(.node(1)))
      #expect(lrng.generator(.initial) { $0.algorithm } == .chaCha20)
    }

    @Test("a generator that only gives errors can be replaced, and the sources seed what comes after it")
    func defective() throws {
      // An instruction that always fails.
      let instruction = HardwareRandomInstruction(name: "defective") { _, _ in 0 }
      let lrng = Self.operational(nodeCount: 2, algorithm: .hardware(instruction))
      #expect(throws: GenerationError.generatorFailed) { try lrng.read(1) }
      #expect(throws: GenerationError.generatorFailed) { try lrng.readWithPredictionResistance(1) }
      try lrng.switchGenerators(to: .chaCha20)
      #expect(lrng.isOperational)
      for node in 0..<2 { #expect(try lrng.read(32, node: node).count == 32) }
      #expect(try lrng.readWithPredictionResistance(32).count == 32)

      let dry = Self.operational(algorithm: .hardware(instruction))
      dry.sources[.jitter]?.isWorking = false
      try dry.switchGenerators(to: .hmacDRBG)
      #expect(!dry.isOperational, "neither the old generator nor the sources carry it")
    }

    @Test("a reseed that is asked for while a switch reads the sources takes place after it")
    func forcedMeanwhile() throws {
      let lrng = Self.operational()
      lrng.sources[.interrupt] = SimulatedSource(.data(bitsPer256Bits: 0))
      lrng.duringCollection = { lrng in
        lrng.duringCollection = nil
        lrng.forceReseed()
      }
      try lrng.switchGenerators(to: .ctrDRBG)
      #expect(lrng.generator(.initial) { $0.isReseedForced })
      let seeds = lrng.generator(.initial) { $0.seedCount }
      _ = try lrng.read(1)
      #expect(lrng.generator(.initial) { $0.seedCount } == seeds + 1)
    }

    @Test("the source that carried the seed fails while a switch reads the others: nothing is fully seeded after it")
    func lossMeanwhile() throws {
      let lrng = Self.operational()
      lrng.sources[.interrupt] = SimulatedSource(.data(bitsPer256Bits: 0))
      lrng.duringCollection = { lrng in
        lrng.duringCollection = nil
        lrng.sources[.jitter]?.isWorking = false
        lrng.sourceDidFail(.jitter, isPermanent: true)
      }
      try lrng.switchGenerators(to: .ctrDRBG)
      #expect(!lrng.isOperational && !lrng.isFullySeeded(.initial))
      #expect(throws: GenerationError.notFullySeeded) { try lrng.read(1) }
    }

    @Test("a self test that fails while a switch reads the sources refuses it, and the old generator serves on")
    func selfTestMeanwhile() throws {
      let lrng = Self.operational()
      lrng.levels.requireForPools(HashAlgorithm.sha256.requiredSelfTests)
      lrng.levels.requireForGenerators(DRNGAlgorithm.chaCha20.requiredSelfTests)
      lrng.sources[.interrupt] = SimulatedSource(.data(bitsPer256Bits: 0))
      lrng.duringCollection = { lrng in
        lrng.duringCollection = nil
        lrng.levels.recordSelfTests(failed: SelfTestKind.aes256.bit)
      }
      #expect(throws: SwitchError.selfTestFailed) { try lrng.switchGenerators(to: .ctrDRBG) }
      #expect(lrng.generator(.initial) { $0.algorithm } == .chaCha20)
      #expect(try lrng.read(32).count == 32)
    }

    @Test("a generator that never got a seed gives nothing, whatever quality is asked for", arguments: algorithms)
    func neverSeeded(algorithm: DRNGAlgorithm) {
      let lrng = SimulatedLRNG(algorithm: algorithm)
      #expect(throws: GenerationError.notFullySeeded) { try lrng.read(1) }
      #expect(throws: GenerationError.generatorFailed) { try lrng.read(1, .available) }
    }

    @Test("a switch to less strength than what is in use is refused")
    func strength() throws {
      let lrng = Self.operational()
      func table(bits: UInt32) -> DRNGAlgorithm {
        .external(
          ExternalDRNG(
            name: "constant", securityStrengthInBits: bits, begin: { _, _ in 0 }, seed: { _, _, _, _ in 0 },
            generate: { _, _, output, length, _, _ in
              for index in 0..<length { output[index] = 7 }
              return 0
            }, end: { _, _ in }, selfTest: { _, corrupting in corrupting == 0 ? 1 : 0 }))
      }
      #expect(throws: SwitchError.strengthWouldFall) { try lrng.switchGenerators(to: table(bits: 128)) }
      try lrng.switchGenerators(to: table(bits: 512))
      #expect(throws: SwitchError.strengthWouldFall) { try lrng.switchGenerators(to: .chaCha20) }
    }

    @Test("a failed self test of the other generator, or of what it stands on, refuses the switch")
    func selfTests() throws {
      let lrng = Self.operational()
      lrng.levels.requireForGenerators(DRNGAlgorithm.chaCha20.requiredSelfTests)
      lrng.levels.requireForPools(HashAlgorithm.sha256.requiredSelfTests)
      lrng.levels.recordSelfTests(failed: SelfTestKind.aes256.bit)
      #expect(throws: SwitchError.selfTestFailed) { try lrng.switchGenerators(to: .ctrDRBG) }
      #expect(try lrng.read(32).count == 32, "ChaCha20 does not stand on AES")
      try lrng.switchGenerators(to: .hmacDRBG)
      #expect(try lrng.read(32).count == 32)
      lrng.levels.recordSelfTests(failed: SelfTestKind.sha512.bit)
      #expect(throws: GenerationError.selfTestFailed) { try lrng.read(32) }
      #expect(throws: SwitchError.selfTestFailed) { try lrng.switchGenerators(to: .hashDRBG) }
      #expect(throws: SwitchError.selfTestFailed) { try lrng.switchHash(to: .sha512) }
      // The way out is a generator that does not stand on it.
      try lrng.switchGenerators(to: .chaCha20)
      #expect(try lrng.read(32).count == 32)
      try lrng.switchHash(to: .sha3_512)
      lrng.levels.recordSelfTests(failed: SelfTestKind.sha3_512.bit)
      #expect(throws: GenerationError.selfTestFailed) { try lrng.read(32) }
    }

    @Test("what all stand on stops all", arguments: [SelfTestKind.seedBuffer, .eventPool, .slotPacking])
    func commonGround(kind: SelfTestKind) throws {
      let lrng = Self.operational()
      lrng.levels.requireForGenerators(DRNGAlgorithm.chaCha20.requiredSelfTests)
      lrng.levels.requireForPools(HashAlgorithm.sha256.requiredSelfTests)
      lrng.levels.recordSelfTests(failed: kind.bit)
      #expect(throws: GenerationError.selfTestFailed) { try lrng.read(1) }
    }

    @Test("a source that fails while its seed is on the way does not count for the new generator")
    func failureMeanwhile() throws {
      let lrng = Self.operational()
      lrng.sources[.interrupt] = SimulatedSource(.data(bitsPer256Bits: 0))
      lrng.duringCollection = { lrng in
        lrng.duringCollection = nil
        lrng.sourceDidFail(.auxiliary, isPermanent: false)
      }
      try lrng.switchGenerators(to: .ctrDRBG)
      #expect(lrng.generator(.initial) { $0.isReseedForced }, "the seed was forfeited, so another is due")
      #expect(try lrng.read(32).count == 32)
    }

    @Test("the same generator again is no switch")
    func same() throws {
      let lrng = Self.operational()
      let seeds = lrng.generator(.initial) { $0.seedCount }
      try lrng.switchGenerators(to: .chaCha20)
      #expect(lrng.generator(.initial) { $0.seedCount } == seeds)
      #expect(!lrng.events.contains(.switchedGenerator(.initial, to: .chaCha20)))
    }

    // MARK: Hashes

    @Test("oversampling can't be switched off by a short hash, and is switched on by a long one")
    func oversampling() throws {
      let strict = Self.operational(policy: SeedingPolicy(isSP80090C: true, digestLengthInBits: 512))
      #expect(throws: SwitchError.strengthWouldFall) { try strict.switchHash(to: .sha256) }
      #expect(strict.policy.isOversampling)
      try strict.switchHash(to: .sha3_512)
      #expect(strict.policy.isOversampling)

      let wishing = Self.operational(policy: SeedingPolicy(wantsOversampling: true, digestLengthInBits: 256))
      #expect(!wishing.policy.isOversampling)
      try wishing.switchHash(to: .sha512)
      #expect(wishing.policy.isOversampling)
      #expect(wishing.events.contains(.switchedHash(to: .sha512)))
    }

    @Test("SP 800-90C mode that is entered by a longer hash takes a first seed of its own")
    func enteringSP80090C() throws {
      let lrng = Self.operational(policy: SeedingPolicy(isSP80090C: true, digestLengthInBits: 256))
      #expect(!lrng.policy.isOversampling)
      #expect(lrng.generator(.initial) { $0.seedLedger.totalBits } == 256)
      try lrng.switchHash(to: .sha512)
      #expect(lrng.policy.isOversampling && lrng.isOperational)
      #expect(lrng.generator(.initial) { $0.seedLedger.totalBits } == 384)
      #expect(lrng.events.contains(.generatorLostSeed(.initial)))
    }

    @Test("entropy that a shorter digest could not hold goes into a generator before")
    func surplus() throws {
      let lrng = Self.operational(policy: SeedingPolicy(digestLengthInBits: 512))
      lrng.sources[.jitter] = nil
      lrng.sources[.auxiliary] = SimulatedSource(.pool(digestInBits: 512), unused: 512)
      let seeds = lrng.generator(.initial) { $0.seedCount }
      try lrng.switchHash(to: .sha256)
      #expect(lrng.generator(.initial) { $0.seedCount } == seeds + 1)
      #expect(lrng.sources[.auxiliary]?.unused == 256)
      try lrng.switchHash(to: .sha512)
      #expect(lrng.generator(.initial) { $0.seedCount } == seeds + 1, "a longer digest holds all there is")
    }

    @Test("a pool keeps its credit from hash to hash, as far as the shortest digest on the way goes")
    func poolCredit() {
      let data = [UInt8](repeating: 9, count: 100)
      var pool = AuxiliaryPool(.sha256)
      pool.insert(data.span, creditedBits: 200)
      for algorithm in [HashAlgorithm.sha512, .sha3_256, .sha3_512, .sha256] {
        pool.switchHash(to: algorithm)
        #expect(pool.algorithm == algorithm)
        #expect(pool.entropyInBits == 200)
      }
      pool.insert(data.span, creditedBits: 200)
      #expect(pool.entropyInBits == 256)
    }

    @Test("a pool that was switched still depends on what was put in before")
    func poolContent() {
      func digest(_ data: [UInt8], switching: Bool) -> [UInt8] {
        var pool = AuxiliaryPool(.sha256)
        pool.insert(data.span, creditedBits: 256)
        if switching { pool.switchHash(to: .sha3_512) }
        var slot = [UInt8](repeating: 0, count: 32)
        var span = slot.mutableSpan
        _ = pool.extract(requestedBits: 256, oversamplingBits: 0, into: &span)
        return slot
      }
      let first = [UInt8](repeating: 1, count: 40)
      let second = [UInt8](repeating: 2, count: 40)
      #expect(digest(first, switching: true) != digest(second, switching: true))
      #expect(digest(first, switching: true) != digest(first, switching: false))
      // By hand: the new pool begins with the digest of the old one.
      var old = [UInt8](repeating: 0, count: 32)
      var hash = SHA256()
      hash.update(first.span)
      var span = old.mutableSpan
      hash.finalize(into: &span)
      var new = [UInt8](repeating: 0, count: 64)
      var sha3 = SHA3_512()
      sha3.update(old.span)
      span = new.mutableSpan
      sha3.finalize(into: &span)
      #expect(digest(first, switching: true) == Array(new.prefix(32)))
    }
  }

#endif
