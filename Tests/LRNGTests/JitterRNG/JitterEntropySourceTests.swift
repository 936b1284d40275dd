// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if JitterSource
  import CTesting
  import LRNGCore
  import Testing

  @testable import LRNG

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #elseif canImport(Darwin)
    import Darwin
  #endif

  @Suite("Jitter RNG on this machine's clock")
  struct JitterEntropySourceTests {
    /// A source with memory as the engine has it, for the duration of the body.
    private func withSource<R>(
      _ configuration: JitterConfiguration = JitterConfiguration(), timer: JitterEntropySource.Timer = .automatic,
      _ body: (inout JitterEntropySource) throws -> R
    ) throws -> R {
      let memory = try WipeOnForkMemory(lengthInBytes: JitterEntropySource.memoryLengthInBytes)
      var source = JitterEntropySource(configuration, timer: timer, memory: memory.bytes)
      let result = Result { try body(&source) }
      source.close()
      #expect(memory.bytes.allSatisfy { $0 == 0 })
      memory.release()
      return try result.get()
    }

    private func collect(
      _ source: inout JitterEntropySource, bits: Int, slotLengthInBytes: Int = 48
    ) throws(JitterError) -> [UInt8] {
      var bytes = [UInt8](repeating: 0xa5, count: slotLengthInBytes)
      var slot = bytes.mutableSpan
      try source.collect(bits: bits, into: &slot)
      return bytes
    }

    @Test("the start-up test passes, blocks are distinct, and a slot gets the bits it asked for and no more")
    func blocks() throws {
      try withSource { source in
        try source.startUp()
        #expect(source.state == .operational)
        #expect(source.problem == nil)
        #expect(source.oversamplingRate == 3)
        let blocks = try (0..<3).map { _ in try collect(&source, bits: 256) }
        #expect(Set(blocks.map { Array($0.prefix(32)) }).count == 3)
        for block in blocks { #expect(block.suffix(16).allSatisfy { $0 == 0xa5 }) }

        let oversampled = try collect(&source, bits: 384)
        #expect(Array(oversampled[0..<16]) != Array(oversampled[32..<48]))
        #expect(oversampled.suffix(16).contains { $0 != 0xa5 })
      }
    }

    @Test("lengths without sense are clamped to the slot", arguments: [(-1, 0), (0, 0), (7, 0), (8, 1), (Int.max, 32)])
    func lengths(bits: Int, lengthInBytes: Int) throws {
      try withSource { source in
        try source.startUp()
        let slot = try collect(&source, bits: bits, slotLengthInBytes: 32)
        #expect(slot.dropFirst(lengthInBytes).allSatisfy { $0 == 0xa5 })
        if lengthInBytes >= 8 { #expect(slot.prefix(lengthInBytes).contains { $0 != 0xa5 }) }
      }
    }

    @Test("before the start-up test there is an error, a reason and a slot of zeroes")
    func notStarted() throws {
      try withSource { source in
        #expect(source.problem == .notStarted)
        var bytes = [UInt8](repeating: 0xa5, count: 32)
        var slot = bytes.mutableSpan
        #expect(throws: JitterError.notStarted) { try source.collect(bits: 256, into: &slot) }
        #expect(bytes.allSatisfy { $0 == 0 })
      }
    }

    @Test("FIPS and NTG.1 mode refuse the counting thread", arguments: [JitterMode.fips, .ntg1])
    func noThreadInFIPSMode(mode: JitterMode) throws {
      try withSource(JitterConfiguration(mode: mode), timer: .countingThread) { source in
        #expect(throws: JitterError.startUp(.noClock)) { try source.startUp() }
        #expect(source.problem == .startUp(.noClock))
        #expect(throws: JitterError.self) { _ = try collect(&source, bits: 256) }
      }
    }

    @Test("FIPS mode works on this machine, its first blocks are distinct")
    func fips() throws {
      try withSource(JitterConfiguration(mode: .fips)) { source in
        try source.startUp()
        #expect(try collect(&source, bits: 256) != collect(&source, bits: 256))
      }
    }

    @Test("a source with more memory goes on as before")
    func growth() throws {
      try withSource { source in
        try source.startUp()
        let size = source.memorySizeInBytes
        source.grow(toBytes: 2 * size)
        #expect(source.memorySizeInBytes == 2 * size)
        let first = try collect(&source, bits: 256)
        source.grow(toBytes: 4 * size)
        #expect(source.memorySizeInBytes == 4 * size)
        #expect(try collect(&source, bits: 256) != first)
      }
    }

    #if DEBUG && os(Linux)
      @Test("memory that a recovery takes is locked where the host's is, and not elsewhere", arguments: [true, false])
      func locking(isLocked: Bool) throws {
        let memory = try WipeOnForkMemory(lengthInBytes: 4096, isLocked: isLocked)
        var source = JitterEntropySource(JitterConfiguration(), memory: memory.bytes, isLocked: isLocked)
        var locks = 0
        let mock = MockKernel { call in
          if call == .lockMemory { locks += 1 }
          return nil
        }
        mock.answering { source.grow(toBytes: 8192) }
        #expect(source.memorySizeInBytes == 8192)
        #expect(locks == (isLocked ? 1 : 0))
        source.close()
        memory.release()
      }

      @Test("a source that gets no more memory keeps what it has")
      func noGrowth() throws {
        try withSource { source in
          let size = source.memorySizeInBytes
          let mock = MockKernel { $0 == .mapMemory ? .failure(.outOfMemory) : nil }
          mock.answering { source.grow(toBytes: 2 * size) }
          #expect(source.memorySizeInBytes == size)
        }
      }
    #endif

    @Test("a health failure has a name in the status")
    func explanations() {
      #expect(JitterError.startUp(.coarseClock).explanation == "start-up test: the clock is too coarse")
      #expect(
        JitterError.permanentFailure(.repetitionCount.asPermanent).explanation
          == "permanent failure of the repetition count test")
    }

    @Test("a child finds a source of zeroes and its memory empty")
    func fork() throws {
      let state = try WipeOnForkMemory(lengthInBytes: MemoryLayout<JitterEntropySource>.size)
      let memory = try WipeOnForkMemory(lengthInBytes: JitterEntropySource.memoryLengthInBytes)
      let place = try #require(state.bytes.baseAddress).bindMemory(to: JitterEntropySource.self, capacity: 1)
      place.initialize(to: JitterEntropySource(JitterConfiguration(), memory: memory.bytes))
      try place.pointee.startUp()
      let child = lrng_fork()
      if child == 0 {
        let isEmpty = state.bytes.allSatisfy { $0 == 0 } && memory.bytes.allSatisfy { $0 == 0 }
        _exit(isEmpty ? 0 : 1)
      }
      #expect(lrng_exit_code(child) == 0)
      #expect(state.bytes.contains { $0 != 0 } && memory.bytes.contains { $0 != 0 })
      _ = try collect(&place.pointee, bits: 256)
      place.pointee.close()
      state.release()
      memory.release()
    }
  }

  @Suite("A counting thread as the clock of the Jitter RNG")
  struct CountingClockTests {
    @Test("its time stamps rise, and the thread is gone afterwards", .enabled(if: CountingClock.isPossible))
    func rising() throws {
      for _ in 0..<3 {
        let stamps = try #require(
          CountingClock.withThread { clock in (0..<50).map { _ in clock.timeStamp() } })
        #expect(zip(stamps, stamps.dropFirst()).allSatisfy { $0 < $1 })
        #expect(stamps.allSatisfy { $0 > 0 })
      }
    }

    @Test("an error of the body ends the thread, too", .enabled(if: CountingClock.isPossible))
    func error() {
      #expect(throws: JitterError.notStarted) {
        try CountingClock.withThread { (clock) throws(JitterError) in
          _ = clock.timeStamp()
          throw JitterError.notStarted
        }
      }
    }

    @Test("it runs a whole Jitter RNG", .enabled(if: CountingClock.isPossible))
    func source() throws {
      let memory = try WipeOnForkMemory(lengthInBytes: 4096)
      var source = JitterEntropySource(JitterConfiguration(), timer: .countingThread, memory: memory.bytes)
      let usesThread = source.usesCountingThread
      #expect(usesThread)
      do {
        try source.startUp()
        var bytes = [UInt8](repeating: 0, count: 32)
        var slot = bytes.mutableSpan
        try source.collect(bits: 256, into: &slot)
        #expect(bytes.contains { $0 != 0 })
      } catch {
        // A busy machine may starve the thread; that must be a verdict of the tests, with nothing delivered.
        let problem = source.problem
        #expect(problem == error)
      }
      source.close()
      memory.release()
    }
  }

  @Suite("Jitter RNG: size of the memory")
  struct JitterMemorySizeTests {
    @Test(
      "four times the power of two above the first-level cache",
      arguments: [(1, 8), (32, 256), (48, 256), (64, 512), (1024, 8192)])
    func sizes(cacheInKibibytes: Int, expectedInKibibytes: Int) {
      #expect(JitterMemorySize.inBytes(forCacheOf: cacheInKibibytes << 10) == expectedInKibibytes << 10)
    }

    @Test(
      "256 KiB where the cache is unknown or no first-level cache", arguments: [nil, -1, 0, 100, 2_000_000, Int.max])
    func unknown(cacheInBytes: Int?) {
      #expect(JitterMemorySize.inBytes(forCacheOf: cacheInBytes) == JitterMemorySize.unknownInBytes)
    }

    @Test("this machine's is a power of two that the Jitter RNG takes")
    func thisMachine() {
      let size = JitterMemorySize.preferredInBytes()
      #expect(size.nonzeroBitCount == 1 && size >= JitterRNG.minimumMemorySizeInBytes)
    }
  }
#endif
