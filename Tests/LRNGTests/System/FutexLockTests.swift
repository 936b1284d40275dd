// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CTesting
import Testing

@testable import LRNG

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A lock, an event and the counter they guard, where a host would have them: in wipe-on-fork memory.
struct SharedCounter: ~Copyable {
  let lock = FutexLock()
  let event = FutexEvent()
  var count = 0
}

/// Runs `body` on as many threads and waits for them.
func withThreads(_ count: Int, _ body: @escaping @Sendable () -> Void) {
  final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var threads: [pthread_t] = []
  for _ in 0..<count {
    #if canImport(Darwin)
      var thread: pthread_t? = nil
    #else
      var thread = pthread_t()
    #endif
    let work = Unmanaged.passRetained(Work(body))
    let result = pthread_create(
      &thread, nil,
      { argument in
        #if canImport(Darwin)
          Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
        #else
          if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
        #endif
        return nil
      }, work.toOpaque())
    #expect(result == 0)
    #if canImport(Darwin)
      if let thread { threads.append(thread) }
    #else
      threads.append(thread)
    #endif
  }
  for thread in threads { pthread_join(thread, nil) }
}

@Suite("Lock and event in wipe-on-fork memory")
struct FutexLockTests {
  /// A counter at a pointer into zeroed memory that nobody initialised.
  private func withSharedCounter(_ body: (UnsafeMutablePointer<SharedCounter>) throws -> Void) throws {
    let memory = try WipeOnForkMemory(lengthInBytes: MemoryLayout<SharedCounter>.size)
    let base = try #require(memory.bytes.baseAddress)
    try body(base.assumingMemoryBound(to: SharedCounter.self))
    memory.release()
  }

  // The macros of the test library want copyable receivers.

  private func takesLock(_ counter: UnsafeMutablePointer<SharedCounter>) -> Bool {
    counter.pointee.lock.tryLock()
  }

  private func waits(
    _ counter: UnsafeMutablePointer<SharedCounter>, while generation: UInt32, timeout: Duration? = nil
  ) -> FutexEvent.Wake {
    counter.pointee.event.wait(while: generation, timeout: timeout)
  }

  @Test("all zero bits are an unlocked lock")
  func zeroIsUnlocked() throws {
    #expect(MemoryLayout<FutexLock>.size == 4)
    try withSharedCounter { counter in
      #expect(takesLock(counter) == true)
      #expect(takesLock(counter) == false)
      counter.pointee.lock.unlock()
      #expect(takesLock(counter) == true)
      counter.pointee.lock.unlock()
    }
  }

  @Test("8 threads that increment 100,000 times each lose nothing", .timeLimit(.minutes(1)))
  func mutualExclusion() throws {
    try withSharedCounter { counter in
      nonisolated(unsafe) let counter = counter
      withThreads(8) {
        for _ in 0..<100_000 {
          counter.pointee.lock.withLock { counter.pointee.count += 1 }
        }
      }
      #expect(counter.pointee.count == 800_000)
      #expect(takesLock(counter) == true)
    }
  }

  @Test("threads that sleep for the lock get it", .timeLimit(.minutes(1)))
  func sleepers() throws {
    try withSharedCounter { counter in
      nonisolated(unsafe) let counter = counter
      withThreads(4) {
        for _ in 0..<20 {
          counter.pointee.lock.withLock {
            counter.pointee.count += 1
            usleep(500)
          }
        }
      }
      #expect(counter.pointee.count == 80)
    }
  }

  @Test("a child finds unlocked what its parent holds locked", .timeLimit(.minutes(1)))
  func forkWhileLocked() throws {
    try withSharedCounter { counter in
      counter.pointee.lock.lock()
      counter.pointee.count = 7
      let child = lrng_fork()
      if child == 0 {
        let isFree = counter.pointee.lock.tryLock() && counter.pointee.count == 0
        _exit(isFree ? 0 : 1)
      }
      #expect(lrng_exit_code(child) == 0)
      #expect(takesLock(counter) == false)
      #expect(counter.pointee.count == 7)
      counter.pointee.lock.unlock()
    }
  }

  @Test("waiting for a generation that has passed returns at once")
  func pastGeneration() throws {
    try withSharedCounter { counter in
      let generation = counter.pointee.event.generation
      #expect(generation == 0)
      counter.pointee.event.signal()
      #expect(waits(counter, while: generation) == .changed)
    }
  }

  @Test("waiting ends after the timeout")
  func timeout() throws {
    try withSharedCounter { counter in
      let start = ContinuousClock.now
      let generation = counter.pointee.event.generation
      #expect(waits(counter, while: generation, timeout: .milliseconds(20)) == .timedOut)
      #expect(ContinuousClock.now - start >= .milliseconds(20))
      #expect(waits(counter, while: generation, timeout: .seconds(-1)) == .timedOut)
    }
  }

  @Test("a signal to the event wakes all waiters", .timeLimit(.minutes(1)))
  func wakeAll() throws {
    try withSharedCounter { counter in
      nonisolated(unsafe) let counter = counter
      withThreads(5) {
        let isLast = counter.pointee.lock.withLock {
          counter.pointee.count += 1
          return counter.pointee.count == 5
        }
        if isLast {
          usleep(10_000)
          counter.pointee.event.signal()
        } else {
          while counter.pointee.event.generation == 0 { _ = counter.pointee.event.wait(while: 0) }
        }
      }
      #expect(counter.pointee.event.generation == 1)
    }
  }

  #if DEBUG && os(Linux)
    @Test("a signal handler ends the wait visibly")
    func interruption() throws {
      try withSharedCounter { counter in
        let mock = MockKernel { $0 == .futexWait ? .failure(.interrupted) : nil }
        #expect(mock.answering { waits(counter, while: 0) } == .interrupted)
      }
    }
  #endif
}
