// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A thread of the system, so that a test can be sure that its threads exist at the same time.
struct Thread: ~Copyable {
  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  #if canImport(Darwin)
    private var thread: pthread_t?
  #else
    private var thread = pthread_t()
  #endif
  private let isRunning: Bool

  init(_ body: @escaping @Sendable () -> Void) {
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
    isRunning = result == 0
    #expect(result == 0)
  }

  /// Waits until it has ended.
  consuming func join() {
    #if canImport(Darwin)
      if let thread { pthread_join(thread, nil) }
    #else
      if isRunning { pthread_join(thread, nil) }
    #endif
  }
}

/// Runs `body` on as many threads and waits for them.
func withThreads(_ count: Int, _ body: @escaping @Sendable () -> Void) {
  guard count > 0 else { return }
  let thread = Thread(body)
  withThreads(count - 1, body)
  thread.join()
}
