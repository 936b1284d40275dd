// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux) && KernelSource && Switching

  import CTesting
  import LRNGCore
  import Synchronization
  import Testing

  @testable import LRNG

  @Suite("Generators and hashes are switched while others draw output")
  struct SwitchingUnderLoadTests {
    /// What takes its turn: each step changes either the generator or the hash.
    static let generators: [DRNGAlgorithm] = DRNGAlgorithm.all
    static let hashes: [HashAlgorithm] = HashAlgorithm.all

    /// Readers on threads of their own, until the body ends.
    private static func withReaders(
      of generator: RandomBitGenerator, _ body: () throws -> Void
    ) throws -> (requests: Int, blocks: BlockCollector) {
      let collector = BlockCollector()
      let isOver = Atomic<Bool>(false)
      let requests = Atomic<Int>(0)
      let ticket = Atomic<Int>(0)
      let read: @Sendable () -> Void = {
        let reader = ticket.wrappingAdd(1, ordering: .relaxed).oldValue
        var turn = reader
        while !isOver.load(ordering: .acquiring) {
          turn += 1
          let count = [16, 48, 256, 4112][turn % 97 == 0 ? 3 : turn % 3]
          let quality: QualityOfService =
            turn % 50 == 0 ? .predictionResistant : turn % 7 == 0 ? .available : .fullySeeded
          collector.add {
            let bytes = try generator.bytes(
              count: min(count, quality == .predictionResistant ? 32 : count), quality: quality)
            // Nothing is lost: a request gets all it asked for.
            #expect(bytes.count == (quality == .predictionResistant ? min(count, 32) : count))
            return bytes
          }
          requests.add(1, ordering: .relaxed)
          // The test is about what comes out, not about how much.
          if turn % 4 == 0 { LRNGTests.pause() }
        }
      }
      let first = Thread(read)
      let second = Thread(read)
      let third = Thread(read)
      let result = Result(catching: body)
      isOver.store(true, ordering: .releasing)
      first.join()
      second.join()
      third.join()
      try result.get()
      return (requests.load(ordering: .acquiring), collector)
    }

    @Test(
      "10 000 switches under concurrent readers: no byte is lost, repeated, or from a generator without seed",
      .timeLimit(.minutes(5)))
    func tenThousand() throws {
      let generator = try RandomBitGenerator(.only(.kernel, .cpu))
      #expect(generator.waitUntilFullySeeded())
      // A sanitizer makes each step slow, and needs few of them to see a race.
      let steps = lrng_is_sanitized() == 0 ? 5000 : 100
      let (requests, blocks) = try Self.withReaders(of: generator) {
        for step in 0..<steps {
          try generator.switchDRNG(to: Self.generators[step % Self.generators.count])
          try generator.switchHash(to: Self.hashes[(step + 1) % Self.hashes.count])
        }
      }
      blocks.expectNoRepetition()
      #expect(requests > steps / 5)
      let status = generator.status
      #expect(status.isFullySeeded)
      #expect(status.drng == "\(Self.generators[(steps - 1) % Self.generators.count].displayName)")
      #expect(status.hash == "\(Self.hashes[steps % Self.hashes.count].name)")
    }

    @Test("two threads that switch at the same time leave one generator and one hash", .timeLimit(.minutes(1)))
    func competing() throws {
      let generator = try RandomBitGenerator(.only(.kernel))
      let collector = BlockCollector()
      let ticket = Atomic<Int>(0)
      withThreads(4) {
        let first = ticket.wrappingAdd(1, ordering: .relaxed).oldValue
        for turn in 0..<50 {
          collector.add {
            try generator.switchDRNG(to: Self.generators[(first + turn) % Self.generators.count])
            try generator.switchHash(to: Self.hashes[(first + turn) % Self.hashes.count])
            return try generator.bytes(count: 64)
          }
        }
      }
      collector.expectNoRepetition()
      let engine = generator.engine
      for index in 0..<engine.nodeCount {
        #expect(engine.withGenerator(.node(index)) { $0.algorithm } == engine.drng)
      }
      #expect(engine.withGenerator(.predictionResistant) { $0.algorithm } == engine.drng)
      #expect(engine.state.pointee.auxiliary.algorithm == engine.hash)
    }

    @Test("a child of fork goes on with what its parent had chosen", .timeLimit(.minutes(1)))
    func fork() async {
      await #expect(processExitsWith: .success) {
        let generator = try RandomBitGenerator(.only(.kernel))
        try generator.switchDRNG(to: .hmacDRBG)
        try generator.switchHash(to: .sha3_512)
        _ = try generator.bytes(count: 16)
        let children = try Children(messageLengthInBytes: 16)
        children.fork {
          let status = generator.status
          guard status.drng == "HMAC_DRBG SHA-512", status.hash == "SHA3-512", status.isFullySeeded else { return [] }
          return try generator.bytes(count: 16)
        }
        #expect(children.collect { _ in })
      }
    }

    @Test("the configuration names the generator and the hash of the start", arguments: DRNGAlgorithm.all)
    func start(algorithm: DRNGAlgorithm) throws {
      for hash in HashAlgorithm.all {
        let generator = try RandomBitGenerator(
          .only(.kernel).with {
            $0.drng = algorithm
            $0.hash = hash
          })
        #expect(try generator.bytes(count: 100).count == 100)
        #expect(try generator.bytes(count: 40, quality: .predictionResistant).count == 40)
        #expect(generator.status.drng == "\(algorithm.displayName)")
        #expect(generator.status.hash == "\(hash.name)")
      }
    }

    @Test("SP 800-90C mode refuses a short hash while it runs, and a switch keeps it operational")
    func sp80090C() throws {
      let generator = try RandomBitGenerator(
        .only(.kernel).with {
          $0.isFIPS = true
          $0.kernel.rate = 256
        })
      #expect(generator.waitUntilFullySeeded(timeoutInMilliseconds: 10_000))
      #expect(throws: LRNGError.switchFailed(name: "SHA-256", .strengthWouldFall)) {
        try generator.switchHash(to: .sha256)
      }
      for algorithm in Self.generators {
        try generator.switchDRNG(to: algorithm)
        #expect(generator.status.isFullySeeded)
      }
      #expect(generator.status.standards == ["SP800-90C"])
    }
  }

#endif
