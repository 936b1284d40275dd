// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Stopping at a signal after tidying up.
///
/// The first SIGINT, SIGTERM or SIGHUP is noted, and the command stops at its next step; a second one kills at once. When
/// all is tidy the program ends by the same signal, so that a shell sees what happened (status 130 for SIGINT) and stops
/// its script, too.
enum Interruption {
  /// Thrown to end the program by a signal.
  struct Ending: Error {
    let signal: CInt
  }

  private static let received = Atomic<CInt>(0)

  /// From now on signals are noted.
  static func observe() {
    // The first use of a global may initialise it, which is no work for a signal handler.
    received.store(0, ordering: .relaxed)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      var previous = sigaction()
      // nohup(1) wants the program to go on.
      if number == SIGHUP, unsafe sigaction(number, nil, &previous) == 0, previous.isIgnored { continue }
      var action = sigaction()
      action.setHandler { Interruption.received.store($0, ordering: .relaxed) }
      // No SA_RESTART: a write that waits for its reader must return.
      action.sa_flags = CInt(bitPattern: UInt32(SA_RESETHAND))
      _ = unsafe sigaction(number, &action, nil)
      unblock(number)
    }
  }

  /// Lets a signal through that the parent had blocked: threads of Dispatch block all, and a child inherits that.
  private static func unblock(_ number: CInt) {
    var signals = sigset_t()
    _ = unsafe sigemptyset(&signals)
    _ = unsafe sigaddset(&signals, number)
    _ = unsafe sigprocmask(SIG_UNBLOCK, &signals, nil)
  }

  static var isRequested: Bool { received.load(ordering: .relaxed) != 0 }

  /// Throws if a signal came.
  static func check() throws {
    let number = received.load(ordering: .relaxed)
    if number != 0 { throw Ending(signal: number) }
  }

  /// Says whether a call of read(2) or write(2) that failed is to be made again: after a signal that does not end the program,
  /// and after a wait for a descriptor that somebody made non-blocking.
  static func permitsRetry(after number: CInt, of descriptor: CInt, awaiting events: CInt) throws -> Bool {
    guard number == EINTR || number == EAGAIN else { return false }
    if number == EAGAIN {
      var wish = pollfd(fd: descriptor, events: Int16(events), revents: 0)
      _ = unsafe poll(&wish, 1, 100)
    }
    try check()
    return true
  }

  /// Sleeps, but not longer than until a signal comes.
  static func sleep(milliseconds: Int) throws {
    try check()
    _ = poll(nil, 0, CInt(clamping: milliseconds))
    try check()
  }

  /// Ends the program by a signal.
  static func resign(_ ending: Ending) -> Never {
    _ = signal(ending.signal, SIG_DFL)
    unblock(ending.signal)
    raise(ending.signal)
    // Some signals don't kill the first process of a container.
    StandardStreams.exit(128 + ending.signal)
  }
}

/// The C libraries have different names for the same member.
extension sigaction {
  fileprivate mutating func setHandler(_ handler: @escaping @convention(c) (CInt) -> Void) {
    #if canImport(Musl)
      unsafe __sa_handler.sa_handler = handler
    #else
      unsafe __sigaction_handler.sa_handler = handler
    #endif
  }

  fileprivate var isIgnored: Bool {
    #if canImport(Musl)
      let handler = unsafe __sa_handler.sa_handler
    #else
      let handler = unsafe __sigaction_handler.sa_handler
    #endif
    // Two functions are compared by their addresses only.
    return unsafe unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
