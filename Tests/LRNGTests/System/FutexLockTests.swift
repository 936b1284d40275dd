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
///
/// Each has its pointer: to change a member of a value is an access to the whole value, lock included.
struct SharedCounter {
  let lock: UnsafeMutablePointer<FutexLock>
  let event: UnsafeMutablePointer<FutexEvent>
  let count: UnsafeMutablePointer<Int>
}

/// Lock, event and counter in zeroed memory that nobody initialised.
private func withSharedCounter(_ body: (SharedCounter) throws -> Void) throws {
  let memory = try WipeOnForkMemory(lengthInBytes: 64)
  let base = try #require(memory.bytes.baseAddress)
  try body(
    SharedCounter(
      lock: base.assumingMemoryBound(to: FutexLock.self),
      event: (base + 4).assumingMemoryBound(to: FutexEvent.self),
      count: (base + 8).assumingMemoryBound(to: Int.self)))
  memory.release()
}

// The macros of the test library want copyable receivers.

private func takesLock(_ counter: SharedCounter) -> Bool {
  counter.lock.pointee.tryLock()
}

private func waits(
  _ counter: SharedCounter, while generation: UInt32, timeout: Duration? = nil
) -> FutexEvent.Wake {
  counter.event.pointee.wait(while: generation, timeout: timeout)
}

@Suite("Lock and event in wipe-on-fork memory")
struct FutexLockTests {
  @Test("all zero bits are an unlocked lock")
  func zeroIsUnlocked() throws {
    #expect(MemoryLayout<FutexLock>.size == 4)
    try withSharedCounter { counter in
      #expect(takesLock(counter))
      #expect(!takesLock(counter))
      counter.lock.pointee.unlock()
      #expect(takesLock(counter))
      counter.lock.pointee.unlock()
    }
  }

  @Test("a child finds unlocked what its parent holds locked", .timeLimit(.minutes(1)))
  func forkWhileLocked() throws {
    try withSharedCounter { counter in
      counter.lock.pointee.lock()
      counter.count.pointee = 7
      let child = lrng_fork()
      if child == 0 {
        let isFree = counter.lock.pointee.tryLock() && counter.count.pointee == 0
        _exit(isFree ? 0 : 1)
      }
      #expect(lrng_exit_code(child) == 0)
      #expect(!takesLock(counter))
      #expect(counter.count.pointee == 7)
      counter.lock.pointee.unlock()
    }
  }

  @Test("waiting for a generation that has passed returns at once")
  func pastGeneration() throws {
    try withSharedCounter { counter in
      let generation = counter.event.pointee.generation
      #expect(generation == 0)
      counter.event.pointee.signal()
      #expect(waits(counter, while: generation) == .changed)
    }
  }

  @Test("waiting ends after the timeout")
  func timeout() throws {
    try withSharedCounter { counter in
      let start = ContinuousClock.now
      let generation = counter.event.pointee.generation
      #expect(waits(counter, while: generation, timeout: .milliseconds(20)) == .timedOut)
      #expect(ContinuousClock.now - start >= .milliseconds(20))
      #expect(waits(counter, while: generation, timeout: .seconds(-1)) == .timedOut)
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

@Suite("Lock and event between threads")
struct FutexLockConcurrencyTests {
  @Test("8 threads that increment 100,000 times each lose nothing", .timeLimit(.minutes(1)))
  func mutualExclusion() throws {
    try withSharedCounter { counter in
      nonisolated(unsafe) let counter = counter
      withThreads(8) {
        for _ in 0..<100_000 {
          counter.lock.pointee.withLock { counter.count.pointee += 1 }
        }
      }
      #expect(counter.count.pointee == 800_000)
      #expect(takesLock(counter))
    }
  }

  @Test("threads that sleep for the lock get it", .timeLimit(.minutes(1)))
  func sleepers() throws {
    try withSharedCounter { counter in
      nonisolated(unsafe) let counter = counter
      withThreads(4) {
        for _ in 0..<20 {
          counter.lock.pointee.withLock {
            counter.count.pointee += 1
            usleep(500)
          }
        }
      }
      #expect(counter.count.pointee == 80)
    }
  }

  @Test("a signal to the event wakes all waiters", .timeLimit(.minutes(1)))
  func wakeAll() throws {
    try withSharedCounter { counter in
      nonisolated(unsafe) let counter = counter
      withThreads(5) {
        let isLast = counter.lock.pointee.withLock {
          counter.count.pointee += 1
          return counter.count.pointee == 5
        }
        if isLast {
          usleep(10_000)
          counter.event.pointee.signal()
        } else {
          while counter.event.pointee.generation == 0 { _ = counter.event.pointee.wait(while: 0) }
        }
      }
      #expect(counter.event.pointee.generation == 1)
    }
  }
}
