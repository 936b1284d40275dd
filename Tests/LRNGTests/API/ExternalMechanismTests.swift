// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if Switching && KernelSource

  import LRNGCore
  import Testing

  @testable import LRNG

  private func refusal(_ name: String, _ error: SwitchError) -> LRNGError { .switchFailed(name: name, error) }

  @Suite("A generator of somebody else's is plugged in")
  struct ExternalGeneratorTests {
    private static func configuration(_ plugged: PluggedGenerator) -> Configuration {
      .only(.kernel, .cpu).with { $0.drng = .external(plugged.table()) }
    }

    @Test("from the start: it gets the seeds, its output goes out, and status names it", .timeLimit(.minutes(1)))
    func start() throws {
      let plugged = PluggedGenerator()
      let generator = try RandomBitGenerator(Self.configuration(plugged))
      let collector = BlockCollector()
      for quality in [QualityOfService.fullySeeded, .available, .predictionResistant] {
        for count in [1, 32, 5000] { collector.add { try generator.bytes(count: count, quality: quality) } }
      }
      collector.expectNoRepetition()
      #expect(generator.status.drng == "plugged" && generator.status.isFullySeeded)
      #expect(generator.runSelfTests().hasPassed(.externalDRNG))
      // One for each node and the prediction-resistant one, which gets a seed for each 32 bytes.
      #expect(plugged.liveStates == generator.engine.nodeCount + 1)
      #expect(plugged.seeds.value > 5000 / 32)
      #expect(plugged.requests.value > 5000 / 32)
    }

    @Test("each request brings additional input, another one each time", .timeLimit(.minutes(1)))
    func additionalInput() throws {
      let plugged = PluggedGenerator()
      let generator = try RandomBitGenerator(Self.configuration(plugged))
      for _ in 0..<100 { _ = try generator.bytes(count: 16) }
      #expect(plugged.requests.value >= 100)
      #expect(plugged.freshInputs.value > 90)
    }

    @Test("at run time: each state is begun and ended once, and leaves nothing behind", .timeLimit(.minutes(1)))
    func switching() throws {
      let plugged = PluggedGenerator()
      let generator = try RandomBitGenerator(.only(.kernel, .cpu))
      let collector = BlockCollector()
      for next in [DRNGAlgorithm.ctrDRBG, .hashDRBG, .hmacDRBG, .chaCha20] {
        collector.add { try generator.bytes(count: 64) }
        try generator.switchDRNG(to: .external(plugged.table()))
        #expect(generator.status.drng == "plugged" && generator.status.isFullySeeded)
        collector.add { try generator.bytes(count: 64) }
        collector.add { try generator.bytes(count: 64, quality: .predictionResistant) }
        let requests = plugged.requests.value
        #expect(plugged.liveStates == generator.engine.nodeCount + 1)
        try generator.switchDRNG(to: next)
        #expect(generator.status.drng == "\(next.displayName)" && generator.status.isFullySeeded)
        #expect(plugged.liveStates == 0)
        #expect(plugged.remnants(lengthInBytes: ExternalDRNG.stateLengthInBytes) == 0)
        collector.add { try generator.bytes(count: 64) }
        // The bridge of each generator that had a seed is all that it gave since.
        #expect(plugged.requests.value <= requests + generator.engine.nodeCount + 1)
      }
      collector.expectNoRepetition()
    }

    @Test("nothing of it outlives the LRNG", .timeLimit(.minutes(1)))
    func end() throws {
      let plugged = PluggedGenerator()
      do {
        let generator = try RandomBitGenerator(Self.configuration(plugged))
        _ = try generator.bytes(count: 16, quality: .predictionResistant)
        #expect(plugged.liveStates > 0)
      }
      #expect(plugged.liveStates == 0)
    }

    @Test(
      "one that does not begin, or takes no seed, is not switched to: the old one serves on", .timeLimit(.minutes(1)),
      arguments: [Fault.begin, .seed])
    func failedSwitch(fault: Fault) throws {
      let plugged = PluggedGenerator()
      let generator = try RandomBitGenerator(.only(.kernel, .cpu))
      let collector = BlockCollector()
      collector.add { try generator.bytes(count: 64) }
      plugged.faults = fault
      #expect(throws: refusal("plugged", .refused)) { try generator.switchDRNG(to: .external(plugged.table())) }
      #expect(generator.status.drng == "ChaCha20 DRNG" && generator.status.isFullySeeded)
      collector.add { try generator.bytes(count: 64) }
      #expect(plugged.liveStates == 0 && plugged.requests.value == 0)
      // It is no worse for that.
      plugged.faults = []
      try generator.switchDRNG(to: .external(plugged.table()))
      collector.add { try generator.bytes(count: 64) }
      collector.expectNoRepetition()
    }

    @Test("a request that fails gives zeroes and an error, the next one works again", .timeLimit(.minutes(1)))
    func failedRequest() throws {
      let plugged = PluggedGenerator()
      let generator = try RandomBitGenerator(Self.configuration(plugged))
      _ = try generator.bytes(count: 1)
      for quality in [QualityOfService.fullySeeded, .available, .predictionResistant] {
        plugged.faults = .generate
        var bytes = [UInt8](repeating: 1, count: 32)
        #expect(throws: LRNGError.generatorFailed) {
          var span = bytes.mutableSpan
          _ = try generator.fill(&span, quality: quality)
        }
        #expect(bytes.allSatisfy { $0 == 0 })
        plugged.faults = []
        #expect(try generator.bytes(count: 32, quality: quality).contains { $0 != 0 })
      }
      #expect(plugged.liveStates == generator.engine.nodeCount + 1)
    }

    @Test(
      "one that does not work from the start never counts as seeded", .timeLimit(.minutes(1)),
      arguments: [Fault.begin, .seed])
    func brokenStart(fault: Fault) throws {
      let plugged = PluggedGenerator()
      plugged.faults = fault
      let generator = try RandomBitGenerator(Self.configuration(plugged))
      var bytes = [UInt8](repeating: 0, count: 16)
      #expect(throws: LRNGError.notFullySeeded) {
        var span = bytes.mutableSpan
        _ = try generator.fill(&span, waiting: false)
      }
      #expect(throws: LRNGError.generatorFailed) { try generator.bytes(count: 16, quality: .available) }
      #expect(!generator.status.isFullySeeded)
      #expect(bytes.allSatisfy { $0 == 0 })
      // When it works after all, so does the LRNG.
      plugged.faults = []
      #expect(try generator.bytes(count: 16).contains { $0 != 0 })
      #expect(generator.status.isFullySeeded)
    }

    @Test(
      "a self test that fails, or can't, keeps it from the start", .timeLimit(.minutes(1)),
      arguments: [Fault.answer, .twin])
    func failedSelfTestAtStart(fault: Fault) throws {
      let plugged = PluggedGenerator()
      plugged.faults = fault
      let generator = try RandomBitGenerator(Self.configuration(plugged))
      for quality in [QualityOfService.fullySeeded, .available, .predictionResistant] {
        #expect(throws: LRNGError.selfTestFailed(failedTests: SelfTestKind.externalDRNG.bit)) {
          try generator.bytes(count: 16, quality: quality)
        }
      }
      #expect(plugged.requests.value == 0)
    }

    @Test(
      "a self test that fails, or can't, keeps it from being switched to", .timeLimit(.minutes(1)),
      arguments: [Fault.answer, .twin])
    func failedSelfTestOnSwitch(fault: Fault) throws {
      let plugged = PluggedGenerator()
      plugged.faults = fault
      let generator = try RandomBitGenerator(.only(.kernel, .cpu))
      #expect(throws: refusal("plugged", .selfTestFailed)) { try generator.switchDRNG(to: .external(plugged.table())) }
      #expect(plugged.begins.value == 0)
      #expect(try generator.bytes(count: 16).count == 16)
      #expect(generator.status.failedSelfTests == 0)
    }

    @Test("one that is in use and fails its self test ends the output, until another one is in use")
    func failedSelfTestLater() throws {
      let plugged = PluggedGenerator()
      let generator = try RandomBitGenerator(Self.configuration(plugged))
      _ = try generator.bytes(count: 16)
      plugged.faults = .answer
      #expect(generator.runSelfTests().hasFailed(.externalDRNG))
      #expect(throws: LRNGError.selfTestFailed(failedTests: SelfTestKind.externalDRNG.bit)) {
        try generator.bytes(count: 16)
      }
      try generator.switchDRNG(to: .hashDRBG)
      #expect(try generator.bytes(count: 16).count == 16)
      // Not even when its self test passes again.
      plugged.faults = []
      #expect(throws: refusal("plugged", .selfTestFailed)) { try generator.switchDRNG(to: .external(plugged.table())) }
    }

    @Test("a switch to the one in use does nothing, unless its self test fails", .timeLimit(.minutes(1)))
    func switchToItself() throws {
      let plugged = PluggedGenerator()
      let table = plugged.table()
      let generator = try RandomBitGenerator(.only(.kernel, .cpu).with { $0.drng = .external(table) })
      _ = try generator.bytes(count: 16)
      let begins = plugged.begins.value
      try generator.switchDRNG(to: .external(table))
      #expect(plugged.begins.value == begins)
      plugged.faults = .answer
      #expect(throws: refusal("plugged", .selfTestFailed)) { try generator.switchDRNG(to: .external(table)) }
      #expect(throws: LRNGError.selfTestFailed(failedTests: SelfTestKind.externalDRNG.bit)) {
        try generator.bytes(count: 16)
      }
    }

    @Test("less than 256 bits of strength are refused, at the start and later", .timeLimit(.minutes(1)))
    func strength() throws {
      let weak = DRNGAlgorithm.external(PluggedGenerator().table("weak", securityStrengthInBits: 255))
      #expect(
        throws: LRNGError.invalidConfiguration("drng: weak has less than 256 bits of security strength")
      ) { try RandomBitGenerator(.only(.kernel).with { $0.drng = weak }) }
      let generator = try RandomBitGenerator(.only(.kernel, .cpu))
      #expect(throws: refusal("weak", .strengthWouldFall)) { try generator.switchDRNG(to: weak) }
      #expect(generator.status.drng == "ChaCha20 DRNG")
      #expect(try generator.bytes(count: 16).count == 16)
    }

    @Test("from one to another the way leads over one of ours", .timeLimit(.minutes(1)))
    func toAnother() throws {
      let (first, second) = (PluggedGenerator(), PluggedGenerator())
      let generator = try RandomBitGenerator(Self.configuration(first))
      _ = try generator.bytes(count: 16)
      #expect(throws: refusal("second", .refused)) { try generator.switchDRNG(to: .external(second.table("second"))) }
      #expect(generator.status.drng == "plugged")
      #expect(try generator.bytes(count: 16).count == 16)
      try generator.switchDRNG(to: .chaCha20)
      try generator.switchDRNG(to: .external(second.table("second")))
      #expect(generator.status.drng == "second")
      // The prediction-resistant one begins with its first seed.
      #expect(first.liveStates == 0 && second.liveStates == generator.engine.nodeCount)
      #expect(try generator.bytes(count: 16, quality: .predictionResistant).count == 16)
      #expect(second.liveStates == generator.engine.nodeCount + 1)
    }

    @Test("another one that fails its self test does no harm to the one in use", .timeLimit(.minutes(1)))
    func toBroken() throws {
      let (first, second) = (PluggedGenerator(), PluggedGenerator())
      let generator = try RandomBitGenerator(Self.configuration(first))
      _ = try generator.bytes(count: 16)
      second.faults = .answer
      #expect(throws: refusal("second", .selfTestFailed)) {
        try generator.switchDRNG(to: .external(second.table("second")))
      }
      #expect(try generator.bytes(count: 16).count == 16)
      #expect(generator.status.drng == "plugged" && generator.status.failedSelfTests == 0)
    }

    @Test("17 are too many to remember, and change nothing", .timeLimit(.minutes(1)))
    func tooMany() throws {
      let generator = try RandomBitGenerator(.only(.kernel, .cpu))
      var refused = 0
      for _ in 0..<20 {
        do throws(LRNGError) {
          try generator.switchDRNG(to: .external(PluggedGenerator().table()))
          try generator.switchDRNG(to: .chaCha20)
        } catch {
          #expect(error == refusal("plugged", .refused))
          refused += 1
        }
        #expect(try generator.bytes(count: 16).count == 16)
      }
      #expect(refused == 5)
    }
  }

  @Suite("A hash of somebody else's is plugged in")
  struct ExternalHashTests {
    @Test("from the start: pools stand on it, and status names it", .timeLimit(.minutes(1)))
    func start() throws {
      let plugged = PluggedHash()
      let generator = try RandomBitGenerator(.only(.kernel, .cpu).with { $0.hash = .external(plugged.table()) })
      #expect(try generator.bytes(count: 32).contains { $0 != 0 })
      #expect(generator.status.hash == "plugged hash")
      #expect(generator.runSelfTests().hasPassed(.externalHash))
      let updates = plugged.updates.value
      let data = [UInt8](repeating: 7, count: 100)
      try generator.insert(entropy: data.span, bits: 0)
      #expect(plugged.updates.value > updates)
      // The auxiliary pool is the only one.
      #expect(plugged.liveStates == 1)
    }

    private static func creditedBits(_ generator: RandomBitGenerator) -> UInt32 {
      generator.engine.availableBits(of: .auxiliary, requestedBits: .max)
    }

    @Test("the pool counts what its digest can hold")
    func capacity() throws {
      let generator = try RandomBitGenerator(.only([]).with { $0.hash = .external(PluggedHash().table()) })
      _ = generator.status
      let data = [UInt8](repeating: 7, count: 100)
      generator.engine.insert(data.span, creditedBits: 800)
      #expect(Self.creditedBits(generator) == 512)
    }

    @Test("each message that is begun is finished or abandoned", .timeLimit(.minutes(1)))
    func balance() throws {
      let plugged = PluggedHash()
      do {
        let generator = try RandomBitGenerator(.only(.kernel, .cpu))
        let collector = BlockCollector()
        for next in [HashAlgorithm.sha512, .sha3_512, .sha3_256, .sha256] {
          try generator.switchHash(to: .external(plugged.table()))
          #expect(plugged.liveStates == 1)
          generator.reseed()
          collector.add { try generator.bytes(count: 64) }
          collector.add { try generator.bytes(count: 64, quality: .predictionResistant) }
          #expect(plugged.liveStates == 1)
          try generator.switchHash(to: next)
          #expect(generator.status.hash == "\(next.name)")
          #expect(plugged.liveStates == 0)
          #expect(plugged.remnants(lengthInBytes: ExternalHash.stateLengthInBytes) == 0)
          collector.add { try generator.bytes(count: 64) }
        }
        collector.expectNoRepetition()
        try generator.switchHash(to: .external(plugged.table()))
        #expect(plugged.abandons.value == 0 && plugged.liveStates == 1)
      }
      // The end of the LRNG is one of the message in its pool.
      #expect(plugged.abandons.value == 1 && plugged.liveStates == 0)
    }

    @Test("from one straight to another: pools can, no entropy is lost", .timeLimit(.minutes(1)))
    func toAnother() throws {
      let (first, second) = (PluggedHash(), PluggedHash())
      let generator = try RandomBitGenerator(.only([]).with { $0.hash = .external(first.table()) })
      _ = generator.status
      let data = [UInt8](repeating: 7, count: 100)
      generator.engine.insert(data.span, creditedBits: 500)
      try generator.switchHash(to: .external(second.table("second")))
      #expect(generator.status.hash == "second")
      // What the switch found was enough for a seed of 256 bits; the rest is there.
      #expect(generator.status.isFullySeeded && Self.creditedBits(generator) == 244)
      #expect(first.liveStates == 0 && second.liveStates == 1)
    }

    @Test("another one that fails its self test does no harm to the one in use", .timeLimit(.minutes(1)))
    func toBroken() throws {
      let (first, second) = (PluggedHash(), PluggedHash())
      let generator = try RandomBitGenerator(.only(.kernel, .cpu).with { $0.hash = .external(first.table()) })
      _ = try generator.bytes(count: 16)
      for fault in [Fault.answer, .twin] {
        second.faults = fault
        #expect(throws: refusal("second", .selfTestFailed)) {
          try generator.switchHash(to: .external(second.table("second")))
        }
        #expect(try generator.bytes(count: 16).count == 16)
      }
      #expect(generator.status.hash == "plugged hash" && generator.status.failedSelfTests == 0)
      #expect(second.begins.value == 0)
    }

    @Test(
      "a self test that fails, or can't, keeps it from the start", .timeLimit(.minutes(1)),
      arguments: [Fault.answer, .twin])
    func failedSelfTestAtStart(fault: Fault) throws {
      let plugged = PluggedHash()
      plugged.faults = fault
      let generator = try RandomBitGenerator(.only(.kernel).with { $0.hash = .external(plugged.table()) })
      #expect(throws: LRNGError.selfTestFailed(failedTests: SelfTestKind.externalHash.bit)) {
        try generator.bytes(count: 16)
      }
    }
  }

  #if os(Linux)
    import CTesting

    @Suite("A child of fork goes on with what is plugged in")
    struct ExternalForkTests {
      @Test("after a switch, and in the middle of one", .timeLimit(.minutes(2)))
      func fork() async {
        await #expect(processExitsWith: .success) {
          let plugged = PluggedGenerator()
          let hash = PluggedHash()
          let generator = try ForkTests.quickGenerator(.only(.kernel, .cpu))
          let collector = BlockCollector()
          let children = try Children(messageLengthInBytes: 32)
          collector.add { try generator.bytes(count: 32) }
          let inChild = { () throws -> [UInt8] in
            let bytes = try generator.bytes(count: 32)
            // Whatever it is, it works, and can be changed.
            try generator.switchDRNG(to: .chaCha20)
            try generator.switchHash(to: .sha256)
            let more = try generator.bytes(count: 16)
            return generator.status.isFullySeeded ? bytes.prefix(16) + more : []
          }

          try generator.switchDRNG(to: .external(plugged.table()))
          try generator.switchHash(to: .external(hash.table()))
          for _ in 0..<20 {
            children.fork {
              guard generator.status.drng == "plugged", generator.status.hash == "plugged hash" else { return [] }
              return try inChild()
            }
            collector.add { try generator.bytes(count: 32) }
          }
          children.collect { collector.add($0) }

          let switchInTurn = { @Sendable in
            collector.add {
              try generator.switchDRNG(to: .hashDRBG)
              try generator.switchHash(to: .sha3_256)
              try generator.switchDRNG(to: .external(plugged.table()))
              try generator.switchHash(to: .external(hash.table()))
              return []
            }
          }
          // The Swift runtime describes types at their first use, with locks that a child forked meanwhile never gets.
          for _ in 0..<2 {
            switchInTurn()
            collector.add(inChild)
          }
          let isOver = Flag()
          let switcher = Thread { while !isOver.isSet { switchInTurn() } }
          for _ in 0..<100 {
            for _ in 0..<2 { children.fork(inChild) }
            collector.add { try generator.bytes(count: 32) }
            children.collect { collector.add($0) }
          }
          isOver.set()
          switcher.join()
          collector.expectNoRepetition()
        }
      }
    }
  #endif

#endif
