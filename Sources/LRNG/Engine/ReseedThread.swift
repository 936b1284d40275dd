// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// Reseeds that threads' generators make due: after 2^20 requests, which a thread can make in some milliseconds. Collecting
// takes as long again, and until 2^30 requests nobody needs to wait for it. So a thread that is there for nothing else does
// it, one at a time, and ends; and it does so once a second at most: that takes half a percent of one processor, and half a
// percent of his time from a caller who has to do it himself. When half of what a seed is good for is gone, it does not wait.

import LRNGCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Engine {
  private static var shortestPauseInMilliseconds: UInt64 { 1000 }

  /// Lets a due reseed be done by a thread of its own.
  ///
  /// - Parameter isUrgent: Whether it can't wait for its turn.
  /// - Returns: Whether it will be; where the system has no thread for it the caller has to do it.
  func reseedElsewhere(isUrgent: Bool) -> Bool {
    let last = unsafe state.pointee.lastReseedElsewhereInMilliseconds.load(ordering: .relaxed)
    let now = System.monotonicMilliseconds
    guard isUrgent || now &- last >= Self.shortestPauseInMilliseconds else { return true }
    guard unsafe !state.pointee.isReseedingElsewhere.exchange(true, ordering: .acquiring) else { return true }
    unsafe state.pointee.lastReseedElsewhereInMilliseconds.store(now, ordering: .relaxed)
    if configuration.isConfined {
      reseedHere()
      return true
    }
    // All signals are for the program's own threads.
    var all = sigset_t()
    var before = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { _ = unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }

    let engine = unsafe Unmanaged.passRetained(self)
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { _ = unsafe pthread_attr_destroy(&attributes) }
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let status = unsafe pthread_create(&thread, &attributes, reseed, engine.toOpaque())
    guard status == 0 else {
      unsafe engine.release()
      unsafe state.pointee.isReseedingElsewhere.store(false, ordering: .releasing)
      return false
    }
    return true
  }

  fileprivate func reseedHere() {
    onThisProcess {
      reseedDueGenerators()
      settleReports()
      unsafe state.pointee.isReseedingElsewhere.store(false, ordering: .releasing)
    }
  }
}

#if canImport(Glibc) || canImport(Musl)
  /// The argument is a retained engine.
  private func reseed(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    unsafe Unmanaged<Engine>.fromOpaque(argument).takeRetainedValue().reseedHere()
    return nil
  }
#else
  /// The argument is a retained engine.
  private func reseed(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    unsafe Unmanaged<Engine>.fromOpaque(argument).takeRetainedValue().reseedHere()
    return nil
  }
#endif
