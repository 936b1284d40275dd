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

  /// The worst moment for a fork: a signal handler forks while its own thread is inside the generator, and the child goes on
  /// from there, with locals of the parent and wiped memory.
  @Suite("A signal handler forks in the middle of a call")
  struct SignalForkTests {
    @Test("of a long request", .timeLimit(.minutes(1)))
    func longRequest() async {
      await #expect(processExitsWith: .success) {
        let generator = try ForkTests.quickGenerator()
        try SignalForkTests.interrupt(60, withinMicroseconds: 20_000) { try generator.bytes(count: 16384) }
      }
    }

    @Test("of short requests that reseed each time", .timeLimit(.minutes(1)))
    func reseed() async {
      await #expect(processExitsWith: .success) {
        let generator = try ForkTests.quickGenerator(
          .only(.kernel, .cpu).with { $0.reseedIntervalInSeconds = 0 })
        try SignalForkTests.interrupt(100, withinMicroseconds: 2000) { try generator.bytes(count: 32) }
      }
    }

    @Test("of one with prediction resistance", .timeLimit(.minutes(1)))
    func predictionResistance() async {
      await #expect(processExitsWith: .success) {
        let generator = try ForkTests.quickGenerator(.only(.kernel, .cpu).with { $0.hash = .sha512 })
        try SignalForkTests.interrupt(100, withinMicroseconds: 4000) {
          try generator.bytes(count: 96, quality: .predictionResistant)
        }
      }
    }

    @Test("of the very first one, which initialises", .timeLimit(.minutes(1)))
    func firstRequest() async {
      await #expect(processExitsWith: .success) {
        try SignalForkTests.interrupt(100, withinMicroseconds: 2000) {
          try ForkTests.quickGenerator(.only(.kernel, .cpu)).bytes(count: 32, quality: .available)
        }
      }
    }

    @Test("of raw seeds, writes and status", .timeLimit(.minutes(1)))
    func otherCalls() async {
      await #expect(processExitsWith: .success) {
        let generator = try ForkTests.quickGenerator(.only(.kernel, .cpu))
        try SignalForkTests.interrupt(100, withinMicroseconds: 2000) {
          let data: [UInt8] = [1, 2, 3]
          try generator.insert(entropy: data.span, bits: 0)
          guard generator.status.isFullySeeded else { return [] }
          generator.runSelfTests()
          // The slot of the kernel.
          return try Array(generator.seed().bytes[16 + 4 * 32..<16 + 5 * 32])
        }
      }
    }

    #if Switching
      @Test("of switches to other generators and hashes", .timeLimit(.minutes(2)))
      func switches() async {
        await #expect(processExitsWith: .success) {
          let generator = try ForkTests.quickGenerator(.only(.kernel, .cpu))
          var turn = 0
          try SignalForkTests.interrupt(100, withinMicroseconds: 4000) {
            turn += 1
            try generator.switchDRNG(to: DRNGAlgorithm.all[turn % DRNGAlgorithm.all.count])
            try generator.switchHash(to: HashAlgorithm.all[turn % HashAlgorithm.all.count])
            guard generator.status.isFullySeeded else { return [] }
            return try generator.bytes(count: 32)
          }
        }
      }
    #endif

    /// Lets a signal handler fork at `count` moments during requests. Both processes finish the request, and the child makes
    /// another one.
    ///
    /// Must run in an exit test.
    static func interrupt(
      _ count: Int, withinMicroseconds microseconds: Int, _ request: () throws -> [UInt8]
    ) throws {
      try #require(lrng_fork_on_signal(SIGUSR1) == 0)
      block()
      Children.permitAlarm()
      let target = UInt(pthread_self())
      let isAsking = Atomic<Bool>(false)
      let isOver = Atomic<Bool>(false)
      let clock = Thread {
        var delay: UInt64 = 1
        while !isOver.load(ordering: .acquiring) {
          guard isAsking.exchange(false, ordering: .acquiringAndReleasing) else {
            usleep(50)
            continue
          }
          // Any sequence that is spread over the request does.
          delay = delay &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          usleep(UInt32(Int(delay >> 33) % microseconds))
          pthread_kill(pthread_t(target), SIGUSR1)
        }
      }

      let collector = BlockCollector()
      // Of the interrupted request the first and the last block, and two of the next one.
      let children = try Children(messageLengthInBytes: 64)
      var copies = 0
      for _ in 0..<count {
        isAsking.store(true, ordering: .releasing)
        unblock()
        var output: [UInt8] = []
        var child: pid_t = 0
        repeat {
          output = try request()
          if lrng_is_signal_child() != 0 {
            let next = try request()
            children.exit(sending: output.count < 32 ? nil : output.prefix(16) + output.suffix(16) + next.prefix(32))
          }
          child = lrng_take_signal_child()
        } while child == 0
        block()
        collector.add(output)
        children.adopt(child)
        let isWell = children.collect { message in
          // A fork after the last look at the identity is a fork after the request: both have its bytes.
          if message.starts(with: output.prefix(16)) && message[16..<32] == output.suffix(16) {
            copies += 1
            collector.add(Array(message[32...]))
          } else {
            collector.add(message)
          }
        }
        // What is wrong with one is wrong with others, and each may take its time.
        if !isWell { break }
      }
      isOver.store(true, ordering: .releasing)
      clock.join()
      collector.expectNoRepetition()
      #expect(copies <= count / 10)
    }

    private static func block() { mask(SIG_BLOCK) }
    private static func unblock() { mask(SIG_UNBLOCK) }

    private static func mask(_ how: CInt) {
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGUSR1)
      pthread_sigmask(how, &signals, nil)
    }
  }

#endif
