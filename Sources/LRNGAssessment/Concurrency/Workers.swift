// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Threads that share work.
struct Workers: Sendable {
  /// How many threads work.
  let count: Int

  /// - Parameter count: By default, the processors that this process may use.
  init(count: Int? = nil) {
    self.count = max(1, count ?? Self.processors)
  }

  /// Does all jobs, the first ones first, and returns when they are done.
  ///
  /// - Parameter watch: Called in this thread about ten times a second. When it throws, no further job begins.
  /// - Throws: What `watch` throws, when the jobs that had begun are done.
  func run(_ jobs: [@Sendable () -> Void], watch: () throws -> Void) throws {
    let queue = Queue(jobs)
    var threads = 0
    for _ in 0..<min(count, jobs.count) where Thread.start({ queue.work() }) { threads += 1 }
    // Where no thread can be had, the work is done here.
    if threads == 0 { queue.work() }
    var fault: (any Error)?
    while !queue.waitForEnd(milliseconds: 100) {
      guard fault == nil else { continue }
      do {
        try watch()
      } catch {
        fault = error
        queue.stop()
      }
    }
    if let fault { throw fault }
  }

  private static var processors: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }
}

/// Jobs that wait, and those that are being done.
private final class Queue: Sendable {
  private struct State {
    var next = 0
    var isStopped = false
    var unfinished: Int
  }

  private let jobs: [@Sendable () -> Void]
  private let state: Mutex<State>

  init(_ jobs: [@Sendable () -> Void]) {
    self.jobs = jobs
    state = Mutex(State(unfinished: jobs.count))
  }

  func work() {
    while let number = take() {
      jobs[number]()
      state.withLock { $0.unfinished -= 1 }
    }
  }

  func stop() {
    state.withLock { state in
      state.isStopped = true
      state.unfinished -= jobs.count - state.next
      state.next = jobs.count
    }
  }

  private func take() -> Int? {
    state.withLock { state in
      guard state.next < jobs.count else { return nil }
      state.next += 1
      return state.next - 1
    }
  }

  /// Waits for the time given, or less when all is done.
  func waitForEnd(milliseconds: Int) -> Bool {
    // Short steps at first: small assessments take less than a millisecond.
    var waited = 0
    while waited < milliseconds {
      if state.withLock({ $0.unfinished == 0 }) { return true }
      let step = min(5, milliseconds - waited)
      _ = usleep(useconds_t(step * 1000))
      waited += step
    }
    return false
  }
}

/// A thread of the C library that nobody waits for.
private enum Thread {
  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// - Returns: Whether there is one more thread.
  static func start(_ run: @escaping @Sendable () -> Void) -> Bool {
    var all = sigset_t()
    var previous = sigset_t()
    // Signals are for the thread that watches.
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &previous)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &previous, nil) }
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { _ = unsafe pthread_attr_destroy(&attributes) }
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    // The thread releases what is retained here.
    let body = unsafe Unmanaged.passRetained(Body(run))
    let status = unsafe pthread_create(&thread, &attributes, runBody, body.toOpaque())
    if status != 0 { unsafe body.release() }
    return status == 0
  }

  fileprivate static func run(_ argument: UnsafeMutableRawPointer) {
    unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
  }
}

#if canImport(Glibc) || canImport(Musl)
  private func runBody(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument = unsafe argument { unsafe Thread.run(argument) }
    return nil
  }
#else
  private func runBody(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    unsafe Thread.run(argument)
    return nil
  }
#endif
