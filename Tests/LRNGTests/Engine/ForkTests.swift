// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux) && KernelSource

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

  @Suite("A child of fork has a generator of its own")
  struct ForkTests {
    /// A generator that a child has up in little time.
    ///
    /// The known answers take most of that in debug builds; they have tests of their own.
    static func quickGenerator(
      _ configuration: Configuration = .only(.kernel), trace: (@Sendable (String) -> Void)? = nil
    ) throws -> RandomBitGenerator {
      RandomBitGenerator(
        try Engine(configuration, trace: trace, selfTests: { .passed }))
    }

    @Test("3000 children repeat neither their parent nor one another", .timeLimit(.minutes(2)))
    func manyForks() async {
      await #expect(processExitsWith: .success) {
        let generator = try ForkTests.quickGenerator()
        let collector = BlockCollector()
        let children = try Children(messageLengthInBytes: 32)
        for _ in 0..<300 {
          collector.add { try generator.bytes(count: 32) }
          for _ in 0..<10 { children.fork { try generator.bytes(count: 32) } }
          collector.add { try generator.bytes(count: 32) }
          children.collect { collector.add($0) }
        }
        collector.expectNoRepetition()
        #expect(collector.blockCount > 2 * 3600)
      }
    }

    @Test("a process with 8 threads that hammer the generator forks 300 times", .timeLimit(.minutes(2)))
    func forksUnderFire() async {
      await #expect(processExitsWith: .success) {
        let generator = try ForkTests.quickGenerator(.only(.kernel, .cpu))
        let collector = BlockCollector()
        let isOver = Atomic<Bool>(false)
        let children = try Children(messageLengthInBytes: 32)
        // The Swift runtime describes types at their first use, with locks that a child forked meanwhile never gets.
        for _ in 0..<2 {
          collector.add { try generator.bytes(count: 32) }
          generator.reseed()
        }
        let hammer = Thread {
          withThreads(8) {
            while !isOver.load(ordering: .acquiring) {
              collector.add { try generator.bytes(count: 32) }
              generator.reseed()
              usleep(200)
            }
          }
        }
        for _ in 0..<100 {
          for _ in 0..<3 { children.fork { try generator.bytes(count: 32) } }
          children.collect { collector.add($0) }
        }
        isOver.store(true, ordering: .releasing)
        hammer.join()
        collector.expectNoRepetition()
      }
    }

    @Test("a child needs no lock that its parent holds", .timeLimit(.minutes(1)))
    func locksHeld() async {
      await #expect(processExitsWith: .success) {
        let generator = try ForkTests.quickGenerator(.only(.kernel, .cpu))
        let engine = generator.engine
        let collector = BlockCollector()
        let children = try Children(messageLengthInBytes: 32)
        collector.add { try generator.bytes(count: 32) }
        let everyCall = { () throws -> [UInt8] in
          let data: [UInt8] = [1, 2, 3]
          try generator.insert(entropy: data.span, bits: 0)
          generator.reseed()
          _ = generator.status
          _ = try generator.seed()
          guard generator.waitUntilFullySeeded(timeoutInMilliseconds: 0) else { return [] }
          let resistant = try generator.bytes(count: 16, quality: .predictionResistant)
          return try generator.bytes(count: 16) + resistant
        }
        engine.state.pointee.seedingLock.lock()
        engine.state.pointee.auxiliaryLock.lock()
        engine.state.pointee.cpuLock.lock()
        engine.state.pointee.kernelLock.lock()
        engine.state.pointee.jitterLock.lock()
        engine.state.pointee.interruptLock.lock()
        engine.state.pointee.schedulerLock.lock()
        for id in [GeneratorID.predictionResistant] + (0..<engine.nodeCount).map(GeneratorID.node) {
          engine.withGenerator(id) { _ in children.fork(everyCall) }
        }
        engine.state.pointee.seedingLock.unlock()
        engine.state.pointee.auxiliaryLock.unlock()
        engine.state.pointee.cpuLock.unlock()
        engine.state.pointee.kernelLock.unlock()
        engine.state.pointee.jitterLock.unlock()
        engine.state.pointee.interruptLock.unlock()
        engine.state.pointee.schedulerLock.unlock()
        children.collect { collector.add($0) }
        collector.add { try everyCall() }
        collector.expectNoRepetition()
      }
    }

    @Test("a fork in the middle of a reseed, when the lock of the seeding and that of a source are held")
    func reseedInProgress() async {
      await #expect(processExitsWith: .success) {
        let steps = Steps()
        let generator = try ForkTests.quickGenerator { line in
          if line.contains("lrng_es_krng") { steps.pause() }
        }
        let collector = BlockCollector()
        collector.add { try generator.bytes(count: 32) }
        let children = try Children(messageLengthInBytes: 32)
        for _ in 0..<20 {
          steps.pauseAtNextStep()
          generator.reseed()
          let reseeding = Thread { collector.add { try generator.bytes(count: 32) } }
          steps.waitUntilPaused()
          children.fork {
            steps.neverPause()
            return try generator.bytes(count: 32)
          }
          collector.add { try generator.bytes(count: 32) }
          steps.proceed()
          reseeding.join()
          children.collect { collector.add($0) }
        }
        collector.expectNoRepetition()
      }
    }

    @Test("grandchildren and theirs are seeded anew, each of them")
    func grandchildren() async {
      await #expect(processExitsWith: .success) {
        let generator = try ForkTests.quickGenerator()
        let collector = BlockCollector()
        collector.add { try generator.bytes(count: 32) }
        let children = try Children(messageLengthInBytes: 5 * 32)
        for _ in 0..<20 {
          children.fork {
            // Each generation sends the bytes of all younger ones, and of itself before and after.
            func generation(_ number: Int) throws -> [UInt8] {
              if number == 0 { return try generator.bytes(count: 32) }
              let before = try generator.bytes(count: 32)
              let offspring = try Children(messageLengthInBytes: (2 * number - 1) * 32)
              offspring.fork { try generation(number - 1) }
              var message = before
              offspring.collect { message += $0 }
              return try message + generator.bytes(count: 32)
            }
            return try generation(2)
          }
        }
        children.collect { collector.add($0) }
        collector.add { try generator.bytes(count: 32) }
        collector.expectNoRepetition()
      }
    }

    @Test("where the kernel can't wipe memory in children, a handler does")
    func handler() async {
      await #expect(processExitsWith: .success) {
        #if DEBUG
          let mock = MockKernel { $0 == .advise ? .failure(.invalidArgument) : nil }
          let generator = try mock.answering { try ForkTests.quickGenerator() }
        #else
          let generator = try ForkTests.quickGenerator()
        #endif
        let collector = BlockCollector()
        collector.add { try generator.bytes(count: 32) }
        let children = try Children(messageLengthInBytes: 32)
        for _ in 0..<50 { children.fork { try generator.bytes(count: 32) } }
        children.collect { collector.add($0) }
        collector.add { try generator.bytes(count: 32) }
        collector.expectNoRepetition()
      }
    }

    @Test("entropy that was put in before a fork is not credited in the child")
    func credit() async {
      await #expect(processExitsWith: .success) {
        let generator = try ForkTests.quickGenerator(.only([]))
        let data = [UInt8](repeating: 0x5a, count: 32)
        try generator.insert(entropy: data.span, bits: 256)
        #expect(try generator.bytes(count: 16).count == 16)
        try generator.insert(entropy: data.span, bits: 256)
        #expect(generator.status.entropyLevelInBits == 256)
        let children = try Children(messageLengthInBytes: 1)
        children.fork {
          let status = generator.status
          let isSeeded = generator.waitUntilFullySeeded(timeoutInMilliseconds: 0)
          return [status.isFullySeeded || isSeeded || status.entropyLevelInBits > 0 ? 1 : 0]
        }
        children.collect { #expect($0 == [0]) }
        #expect(generator.status.isFullySeeded)
      }
    }

    @Test("the process's own generator, made before the fork")
    func shared() async {
      await #expect(processExitsWith: .success) {
        let collector = BlockCollector()
        let draw = { () -> [UInt8] in
          var generator = LinuxRandomNumberGenerator(quality: .available)
          return (0..<4).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
        }
        collector.add(draw())
        let children = try Children(messageLengthInBytes: 32)
        for _ in 0..<2 { children.fork(draw) }
        children.collect { collector.add($0) }
        collector.add(draw())
        collector.expectNoRepetition()
      }
    }
  }

  /// Lets a test hold a thread at a step of a seeding.
  private final class Steps: Sendable {
    private enum State { static let passing = 0, armed = 1, paused = 2 }
    private let state = Atomic<Int>(State.passing)

    func pauseAtNextStep() { state.store(State.armed, ordering: .releasing) }
    func proceed() { state.store(State.passing, ordering: .releasing) }
    func neverPause() { proceed() }

    func pause() {
      guard
        state.compareExchange(expected: State.armed, desired: State.paused, ordering: .acquiringAndReleasing).exchanged
      else { return }
      while state.load(ordering: .acquiring) == State.paused { usleep(100) }
    }

    func waitUntilPaused() {
      while state.load(ordering: .acquiring) != State.paused { usleep(100) }
    }
  }

#endif
