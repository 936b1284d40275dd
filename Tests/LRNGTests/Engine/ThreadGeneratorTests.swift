// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux) && KernelSource

  import CLinux
  import CTesting
  import LRNGCore
  import Synchronization
  import Testing

  @testable import LRNG

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  @Suite("Each thread has a generator of its own")
  struct ThreadGeneratorTests {
    static let algorithms: [DRNGAlgorithm] = [.chaCha20, .ctrDRBG, .hashDRBG, .hmacDRBG]

    static func generator(
      _ algorithm: DRNGAlgorithm = .chaCha20, _ change: (inout Configuration) -> Void = { _ in }
    ) throws -> RandomBitGenerator {
      var configuration = Configuration.only(.kernel)
      configuration.drng = algorithm
      change(&configuration)
      return try ForkTests.quickGenerator(configuration)
    }

    /// As ``LinuxRandomNumberGenerator`` does it for the LRNG of the process.
    static func bytes(_ count: Int, of generator: RandomBitGenerator) throws -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: count)
      var span = bytes.mutableSpan
      if !ThreadGenerator.fillFromBatch(&span), !ThreadGenerator.fillAlone(&span) {
        try ThreadGenerator.fill(&span, of: generator)
      }
      return bytes
    }

    static func number(_ algorithm: DRNGAlgorithm) -> Int { algorithms.firstIndex(of: algorithm) ?? 0 }

    @Test("every byte of a request of any length is random, and none is served twice", arguments: 0..<4)
    func lengths(_ number: Int) async {
      await #expect(processExitsWith: .success) { [number] in
        let generator = try ThreadGeneratorTests.generator(ThreadGeneratorTests.algorithms[number])
        let collector = BlockCollector()
        for length in Array(1...320) + [511, 2047, 2048, 2049, 4095, 4096, 65_535, 65_536, 65_537, 200_003] {
          var seen = [UInt8](repeating: 0, count: length)
          for _ in 0..<8 {
            let bytes = try ThreadGeneratorTests.bytes(length, of: generator)
            for index in bytes.indices { seen[index] |= bytes[index] }
            if length >= 16 { collector.add(bytes) }
          }
          // Eight zeroes in the same place: once in 2^64.
          #expect(!seen.contains(0))
        }
        collector.expectNoRepetition()
      }
    }

    @Test("status says what threads are served by", arguments: 0..<4)
    func status(_ number: Int) throws {
      let status = try Self.generator(Self.algorithms[number]).status
      let name = number == 0 ? "\(OneTimeKey.name), one-time keys" : "\(Self.algorithms[number].name)"
      #expect(status.threadGenerator == name)
    }

    @Test("words come out of the batch, and none is served twice", arguments: 0..<4)
    func words(_ number: Int) async {
      await #expect(processExitsWith: .success) { [number] in
        let generator = try ThreadGeneratorTests.generator(ThreadGeneratorTests.algorithms[number])
        var words = Set<UInt64>()
        var misses = 0
        for _ in 0..<20_000 {
          if let word = ThreadGenerator.nextWord() {
            words.insert(word)
          } else {
            misses += 1
            _ = try ThreadGeneratorTests.bytes(8, of: generator)
          }
        }
        #expect(words.count + misses == 20_000)
        // A batch has 256 words.
        #expect(misses > 0 && misses < 200)
      }
    }

    @Test("what was served stands nowhere in memory", .enabled(if: lrng_is_sanitized() == 0), arguments: 0..<4)
    func erasure(_ number: Int) async {
      await #expect(processExitsWith: .success) { [number] in
        let generator = try ThreadGeneratorTests.generator(ThreadGeneratorTests.algorithms[number])
        for length in [16, 32, 100, 256] {
          for _ in 0..<20 { _ = try ThreadGeneratorTests.bytes(length, of: generator) }
          let complement = try ThreadGeneratorTests.complement(ofBytes: length, of: generator)
          #expect(Marker(ofComplement: Array(complement.prefix(16))).places().isEmpty, "the first of \(length) bytes")
          #expect(Marker(ofComplement: Array(complement.suffix(16))).places().isEmpty, "the last of \(length) bytes")
        }
      }
    }

    /// Draws bytes and keeps their complement only.
    private static func complement(ofBytes length: Int, of generator: RandomBitGenerator) throws -> [UInt8] {
      let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: length)
      memory.initialize(repeating: 0)
      defer { memory.deallocate() }
      var span = memory.mutableSpan
      if !ThreadGenerator.fillFromBatch(&span), !ThreadGenerator.fillAlone(&span) {
        try ThreadGenerator.fill(&span, of: generator)
      }
      let complement = memory.map { ~$0 }
      span = memory.mutableSpan
      span.wipe()
      return complement
    }

    @Test(
      "64 threads at once, and 2000 one after the other, repeat nothing", .timeLimit(.minutes(1)), arguments: [0, 1])
    func threads(_ number: Int) async {
      await #expect(processExitsWith: .success) { [number] in
        let generator = try ThreadGeneratorTests.generator(ThreadGeneratorTests.algorithms[number])
        let collector = BlockCollector()
        withThreads(64) {
          for _ in 0..<200 { collector.add { try ThreadGeneratorTests.bytes(32, of: generator) } }
        }
        for _ in 0..<500 {
          withThreads(4) { collector.add { try ThreadGeneratorTests.bytes(32, of: generator) } }
        }
        collector.expectNoRepetition()
      }
    }

    @Test("tasks that hop from thread to thread repeat nothing", .timeLimit(.minutes(1)))
    func tasks() async {
      await #expect(processExitsWith: .success) {
        let collector = BlockCollector()
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<500 {
            group.addTask {
              var generator = LinuxRandomNumberGenerator()
              for _ in 0..<20 {
                collector.add {
                  var bytes = [UInt8](repeating: 0, count: 32)
                  var span = bytes.mutableSpan
                  try generator.fill(&span)
                  return bytes
                }
                _ = generator.next()
                await Task.yield()
              }
            }
          }
        }
        collector.expectNoRepetition()
      }
    }

    @Test("the memory of a thread goes with it")
    func threadExit() async {
      await #expect(processExitsWith: .success) {
        let generator = try ThreadGeneratorTests.generator()
        let address = Atomic<UInt>(0)
        withThreads(1) {
          _ = try? ThreadGeneratorTests.bytes(32, of: generator)
          address.store(UInt(bitPattern: lrng_thread_generator()), ordering: .releasing)
          #expect(lrng_is_mapped(lrng_thread_generator()) == 1)
        }
        let place = address.load(ordering: .acquiring)
        #expect(place != 0)
        #expect(lrng_is_mapped(UnsafeRawPointer(bitPattern: place)) == 0)
      }
    }

    @Test("a reseed, and a wish for one, is seen by the very next request")
    func reseed() async {
      await #expect(processExitsWith: .success) {
        let generator = try ThreadGeneratorTests.generator()
        _ = try ThreadGeneratorTests.bytes(8, of: generator)
        #expect(ThreadGenerator.nextWord() != nil)
        let steps: [() throws -> Void] = [
          { generator.reseed() },
          { try generator.insert(entropy: [1, 2, 3].span, bits: 0) },
          { try generator.switchDRNG(to: .ctrDRBG) },
          { try generator.switchDRNG(to: .chaCha20) },
          {
            generator.reseed()
            _ = try generator.bytes(count: 1)
          },
        ]
        for (index, step) in steps.enumerated() {
          try step()
          #expect(ThreadGenerator.nextWord() == nil, "after step \(index)")
          let seeds = generator.engine.withGenerator(.node(0)) { $0.seedCount }
          _ = try ThreadGeneratorTests.bytes(8, of: generator)
          #expect(ThreadGenerator.nextWord() != nil, "after step \(index)")
          // The engine was asked for the seed, which reseeded as it was told to.
          if index == 0 { #expect(generator.engine.withGenerator(.node(0)) { $0.seedCount } > seeds) }
        }
      }
    }

    @Test("a failed self test is seen by the very next request")
    func selfTest() async {
      await #expect(processExitsWith: .success) {
        let isBroken = Atomic<Bool>(false)
        let generator = RandomBitGenerator(
          try Engine(
            .only(.kernel),
            selfTests: { isBroken.load(ordering: .relaxed) ? .failure(of: .chaCha20DRNG) : .passed }))
        _ = try ThreadGeneratorTests.bytes(8, of: generator)
        #expect(ThreadGenerator.nextWord() != nil)
        isBroken.store(true, ordering: .relaxed)
        generator.runSelfTests()
        #expect(ThreadGenerator.nextWord() == nil)
        for length in [8, 256, 4096] {
          var bytes = [UInt8](repeating: 1, count: length)
          #expect(throws: LRNGError.self) {
            var span = bytes.mutableSpan
            try ThreadGenerator.fill(&span, of: generator)
          }
          #expect(bytes.allSatisfy { $0 == 0 })
        }
      }
    }

    @Test("each request counts against the seed of the engine's generator, wherever its bytes came from")
    func account() async {
      await #expect(processExitsWith: .success) {
        let generator = try ThreadGeneratorTests.generator()
        func requests() -> UInt64 { generator.engine.withGenerator(.node(0)) { $0.requestsWithoutFullSeed } }
        _ = try ThreadGeneratorTests.bytes(1, of: generator)
        let before = requests()
        for _ in 0..<100_000 { _ = try ThreadGeneratorTests.bytes(1, of: generator) }
        // The last ones wait for the next batch.
        let counted = requests() - before
        #expect(counted > 100_000 - UInt64(ThreadGenerator.reportInterval) && counted < 100_100)
      }
    }

    @Test("requests that are due for it let the engine's generator reseed")
    func wear() async {
      await #expect(processExitsWith: .success) {
        let generator = try ThreadGeneratorTests.generator { $0.maximumRequestsWithoutReseed = 1 << 20 }
        func seeds() -> UInt64 { generator.engine.withGenerator(.node(0)) { $0.seedCount } }
        _ = try ThreadGeneratorTests.bytes(1, of: generator)
        let before = seeds()
        // Half of them make a reseed due, which another thread does.
        for _ in 0..<(1 << 19) + 8192 { _ = try ThreadGeneratorTests.bytes(1, of: generator) }
        for _ in 0..<5000 where seeds() == before { usleep(1000) }
        #expect(seeds() == before + 1)
      }
    }

    @Test("a seed that is worn out and can't be renewed ends the output of threads, too")
    func wornOut() throws {
      let engine = try Self.generator { $0.maximumRequestsWithoutReseed = 1 << 20 }.engine
      _ = engine.onThisProcess { engine.levels.isOperational }
      // Nobody else can seed meanwhile.
      #expect(engine.beginSeeding(waiting: true))
      defer { engine.endSeeding() }
      // The first request that it serves itself counts as well.
      #expect(engine.count(requests: (1 << 20) - 2, node: 0))
      #expect(!engine.count(requests: 2, node: 0))
    }

    @Test("where each request is to be served by the generator itself, threads have none")
    func exclusions() async {
      await #expect(processExitsWith: .success) {
        let configurations: [(inout Configuration) -> Void] = [
          { $0.usesThreadGenerators = false },
          { $0.isFIPS = true },
          { $0.reseedIntervalInSeconds = 0 },
          { $0.maximumRequestsWithoutReseed = 1000 },
        ]
        for change in configurations {
          let generator = try ThreadGeneratorTests.generator(.ctrDRBG, change)
          #expect(!generator.engine.servesThreads)
          #expect(generator.status.description.contains("\nGenerators of threads: none\n"))
          // Without a seed it would wait for ever.
          if generator.engine.isFIPS { continue }
          withThreads(1) {
            #expect(throws: Never.self) { _ = try ThreadGeneratorTests.bytes(32, of: generator) }
            #expect(lrng_thread_has_generator() == 0)
          }
        }
      }
    }

    @Test("a child repeats nothing of the batch that its parent has", .timeLimit(.minutes(1)), arguments: 0..<4)
    func fork(_ number: Int) async {
      await #expect(processExitsWith: .success) { [number] in
        let generator = try ThreadGeneratorTests.generator(ThreadGeneratorTests.algorithms[number])
        let collector = BlockCollector()
        let children = try Children(messageLengthInBytes: 64)
        for _ in 0..<100 {
          collector.add { try ThreadGeneratorTests.bytes(32, of: generator) }
          for _ in 0..<3 { children.fork { try ThreadGeneratorTests.bytes(64, of: generator) } }
          collector.add { try ThreadGeneratorTests.bytes(64, of: generator) }
          children.collect { collector.add($0) }
        }
        collector.expectNoRepetition()
      }
    }

    @Test("a signal handler in the middle of a request gets none of its bytes", .timeLimit(.minutes(1)))
    func signals() async {
      await #expect(processExitsWith: .success) {
        let generator = try ThreadGeneratorTests.generator()
        _ = try ThreadGeneratorTests.bytes(8, of: generator)
        // A handler can't allocate: it has places for what it draws.
        signal(SIGUSR1) { _ in SignalWords.draw() }
        // The runtime's threads have all signals blocked.
        var mask = sigset_t()
        sigemptyset(&mask)
        sigaddset(&mask, SIGUSR1)
        pthread_sigmask(SIG_UNBLOCK, &mask, nil)
        let target = pthread_self()
        let isOver = Atomic<Bool>(false)
        let sender = Thread {
          while !isOver.load(ordering: .relaxed) {
            pthread_kill(target, SIGUSR1)
            usleep(20)
          }
        }
        var words = Set<UInt64>()
        var drawn = 0
        while SignalWords.count.load(ordering: .relaxed) < 2000, drawn < 5_000_000 {
          if let word = ThreadGenerator.nextWord() {
            words.insert(word)
            drawn += 1
          } else {
            // The slow path has locks, which a handler would wait for; here it takes words from the batch alone.
            _ = try ThreadGeneratorTests.bytes(8, of: generator)
          }
        }
        isOver.store(true, ordering: .relaxed)
        sender.join()
        let inHandler = SignalWords.count.load(ordering: .relaxed)
        #expect(inHandler == 2000, "\(inHandler) words in handlers, \(drawn) drawn")
        for index in 0..<inHandler {
          words.insert(SignalWords.words[index])
          drawn += 1
        }
        #expect(words.count == drawn)
      }
    }
  }

  /// What a signal handler draws.
  private enum SignalWords {
    static let count = Atomic<Int>(0)
    nonisolated(unsafe) static let words = UnsafeMutablePointer<UInt64>.allocate(capacity: 2000)

    static func draw() {
      let index = count.load(ordering: .relaxed)
      guard index < 2000, let word = ThreadGenerator.nextWord() else { return }
      words[index] = word
      count.store(index + 1, ordering: .relaxed)
    }
  }

#endif
