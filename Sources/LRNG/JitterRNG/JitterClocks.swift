// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The two clocks of the Jitter RNG in user space: the processor's counter, and a thread that counts.

#if JitterSource
  import CLinux
  import LRNGCore
  import Synchronization

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #elseif canImport(Darwin)
    import Darwin
  #endif

  /// The processor's counter.
  struct CycleCounter: JitterClock {
    mutating func timeStamp() -> UInt64 {
      #if DEBUG
        // A test can stop the counter for its own thread.
        if case .success(let stamp)? = MockKernel.answer(to: .cycleCounter) { return UInt64(truncatingIfNeeded: stamp) }
      #endif
      return lrng_cycle_counter()
    }
  }

  /// What a counting thread shows, for machines whose processor has no counter that is fine enough.
  ///
  /// Each reading waits until the thread has counted on. Not for FIPS or NTG.1 mode: what jitters here is the scheduling of
  /// two threads, more than the execution of one, and nobody has assessed that.
  @safe struct CountingClock: JitterClock {
    /// What the thread and its reader share.
    fileprivate struct Ticks: ~Copyable {
      let count = Atomic<UInt64>(0)
      let isOver = Atomic<Bool>(false)
    }

    /// More than a second of giving way: the thread is gone, as in a child that a signal handler forked in between.
    private static let patience = 1 << 22

    private let ticks: UnsafePointer<Ticks>
    private var last: UInt64 = 0
    private var hasStopped = false

    fileprivate init(_ ticks: UnsafePointer<Ticks>) {
      unsafe self.ticks = ticks
    }

    /// A clock whose thread is gone stands still, which the stuck test notices.
    mutating func timeStamp() -> UInt64 {
      var patience = hasStopped ? 0 : Self.patience
      while true {
        let now = unsafe ticks.pointee.count.load(ordering: .relaxed)
        if now != last {
          last = now
          return now
        }
        if patience == 0 {
          hasStopped = true
          return last
        }
        patience -= 1
        sched_yield()
      }
    }

    /// Whether a thread could count while another reads.
    static var isPossible: Bool { lrng_allowed_processors() >= 2 }

    /// Runs `body` with a clock whose thread lives as long as the call: a thread that ticks all the time would be easier
    /// for an attacker to find and to slow down.
    ///
    /// - Returns: `nil` when there is no second processor or no thread to be had; then `body` has not run.
    static func withThread<Result, Failure: Error>(
      _ body: (inout CountingClock) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
      guard isPossible else { return nil }
      let ticks = Ticks()
      let process = getpid()
      // An Atomic has one address for its whole life, which ends after the thread's.
      return try unsafe withUnsafePointer(to: ticks) { (ticks) throws(Failure) -> Result? in
        guard let thread = unsafe startThread(ticks) else { return nil }
        defer {
          unsafe ticks.pointee.isOver.store(true, ordering: .relaxed)
          // In a child that was forked in between there is no such thread.
          if getpid() == process { pthread_join(thread, nil) }
        }
        var clock = unsafe CountingClock(ticks)
        return try body(&clock)
      }
    }

    /// The thread takes no signals: they are for the program's own threads.
    private static func startThread(_ ticks: UnsafePointer<Ticks>) -> pthread_t? {
      var (all, previous) = (sigset_t(), sigset_t())
      unsafe sigfillset(&all)
      unsafe pthread_sigmask(SIG_SETMASK, &all, &previous)
      defer { unsafe pthread_sigmask(SIG_SETMASK, &previous, nil) }

      #if canImport(Darwin)
        var thread: pthread_t?
      #else
        var thread = pthread_t()
      #endif
      let error = unsafe pthread_create(
        &thread, nil,
        { context in
          guard let ticks = unsafe UnsafeRawPointer(context)?.assumingMemoryBound(to: Ticks.self) else { return nil }
          var count: UInt64 = 0
          while unsafe !ticks.pointee.isOver.load(ordering: .relaxed) {
            count &+= 1
            unsafe ticks.pointee.count.store(count, ordering: .relaxed)
          }
          return nil
        }, UnsafeMutableRawPointer(mutating: ticks))
      return error == 0 ? thread : nil
    }
  }
#endif
