// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// A lock and an event that live in wipe-on-fork memory.
//
// A child of fork(2) finds zeroes where its parent kept locks. The C library's and Swift's own mutexes give no promise
// about such a state (and Swift's holds the thread id of an owner that does not exist in the child). These two do: all
// zero bits is "unlocked, nobody waits" and "generation 0, nobody waits". Neither owns anything outside its four bytes.
//
// Place them at a pointer into the mapping, and use them through it.

import CLinux
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A mutual exclusion lock of four bytes, unlocked when they are zero.
///
/// The three-state mutex of U. Drepper, "Futexes Are Tricky", section 5 ("mutex, take 2"): no system call unless
/// threads compete. It is not recursive, knows no owner and does not inherit priorities.
struct FutexLock: ~Copyable {
  private static let unlocked: UInt32 = 0
  private static let locked: UInt32 = 1
  /// Locked, and somebody may sleep.
  private static let contended: UInt32 = 2

  /// What we guard is done in microseconds; so much patience is cheaper than going to sleep.
  private static let spins = 64

  private let state = Atomic<UInt32>(unlocked)

  /// Takes the lock if it is free.
  func tryLock() -> Bool {
    state.compareExchange(expected: Self.unlocked, desired: Self.locked, ordering: .acquiring).exchanged
  }

  /// Takes the lock; sleeps until it is free.
  func lock() {
    for _ in 0..<Self.spins {
      if tryLock() { return }
      lrng_cpu_pause()
    }
    // Whoever slept can't know whether others still do, so it takes the lock as contended.
    while state.exchange(Self.contended, ordering: .acquiring) != Self.unlocked {
      sleep(while: Self.contended, at: state)
    }
  }

  /// Gives the lock back. The caller holds it.
  func unlock() {
    if state.exchange(Self.unlocked, ordering: .releasing) == Self.contended {
      wake(1, at: state)
    }
  }

  /// Runs `body` with the lock held.
  func withLock<T: ~Copyable, E: Error>(_ body: () throws(E) -> T) throws(E) -> T {
    lock()
    defer { unlock() }
    return try body()
  }
}

/// A generation number that threads can wait to change: "the LRNG is fully seeded", "there is work".
///
/// A waiter reads the generation, then looks at what it waits for, then waits while that generation lasts. So no change
/// between its look and its sleep is missed.
struct FutexEvent: ~Copyable {
  enum Wake: Equatable {
    /// The generation changed, or the wake-up was spurious: look again.
    case changed
    case timedOut
    /// A signal handler ran: the caller's caller may want to know (`EINTR`).
    case interrupted
  }

  private let state = Atomic<UInt32>(0)

  var generation: UInt32 { state.load(ordering: .acquiring) }

  /// Begins a new generation and wakes all waiters.
  func signal() {
    state.wrappingAdd(1, ordering: .releasing)
    wake(.max, at: state)
  }

  /// Sleeps while the generation lasts; `nil` waits for ever.
  func wait(while generation: UInt32, timeout: Duration? = nil) -> Wake {
    switch sleep(while: generation, at: state, timeout: timeout) {
    case .failure(.timedOut): .timedOut
    case .failure(.interrupted): .interrupted
    case .success, .failure: .changed
    }
  }
}

#if os(Linux)

  @discardableResult
  private func sleep(
    while expected: UInt32, at state: borrowing Atomic<UInt32>, timeout: Duration? = nil
  ) -> Result<Void, Errno> {
    // An Atomic can't be moved while it is borrowed, and its representation is that of its value.
    unsafe withUnsafePointer(to: state) { pointer in
      let word = unsafe UnsafeRawPointer(pointer).assumingMemoryBound(to: UInt32.self)
      return unsafe System.futexWait(word, expected: expected, timeout: timeout)
    }
  }

  private func wake(_ count: CInt, at state: borrowing Atomic<UInt32>) {
    // As above.
    unsafe withUnsafePointer(to: state) { pointer in
      let word = unsafe UnsafeRawPointer(pointer).assumingMemoryBound(to: UInt32.self)
      unsafe System.futexWake(word, count: count)
    }
  }

#else

  /// Without a public futex: looks again now and then.
  @discardableResult
  private func sleep(
    while expected: UInt32, at state: borrowing Atomic<UInt32>, timeout: Duration? = nil
  ) -> Result<Void, Errno> {
    let start = ContinuousClock.now
    while state.load(ordering: .acquiring) == expected {
      if let timeout, ContinuousClock.now - start >= timeout { return .failure(.timedOut) }
      usleep(200)
    }
    return .success(())
  }

  private func wake(_ count: CInt, at state: borrowing Atomic<UInt32>) {
  }

#endif
