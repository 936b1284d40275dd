// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux)

  import CTesting
  import LRNGCore
  import Testing

  @testable import LRNG

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// Children of `fork` that send bytes to their parent.
  ///
  /// Used in exit tests only: a process in which nothing else runs, so that no lock of the Swift runtime or of the test
  /// library is held while it forks.
  final class Children {
    /// Threads of the test library take no signals.
    static func permitAlarm() {
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGALRM)
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    private let readEnd: CInt
    private let writeEnd: CInt
    private let messageLengthInBytes: Int
    private var running: [pid_t] = []
    /// How long a child may take. It dies then, and its parent sees that.
    private static let secondsToLive: CUnsignedInt = 30

    init(messageLengthInBytes: Int) throws {
      var ends: [CInt] = [-1, -1]
      try #require(pipe(&ends) == 0)
      (readEnd, writeEnd) = (ends[0], ends[1])
      self.messageLengthInBytes = messageLengthInBytes
    }

    deinit {
      close(readEnd)
      close(writeEnd)
    }

    /// Forks a child that sends what the body makes, and exits.
    func fork(_ body: () throws -> [UInt8]) {
      let child = lrng_fork()
      if child == 0 {
        Self.permitAlarm()
        alarm(Self.secondsToLive)
        exit(sending: try? body())
      }
      #expect(child > 0)
      running.append(child)
    }

    /// In the child: sends the bytes, so many as a message has, and exits. `nil` is a failure.
    func exit(sending bytes: [UInt8]?) -> Never {
      guard let bytes, bytes.count == messageLengthInBytes else { _exit(2) }
      // A message fits into the pipe as a whole.
      _exit(write(writeEnd, bytes, bytes.count) == bytes.count ? 0 : 3)
    }

    /// Counts a child that somebody else forked.
    func adopt(_ child: pid_t) { running.append(child) }

    /// Waits for all children and hands out their messages.
    ///
    /// - Returns: Whether all sent one.
    @discardableResult
    func collect(_ body: ([UInt8]) -> Void) -> Bool {
      var areAllWell = true
      for child in running {
        let code = lrng_exit_code(child)
        #expect(code == 0, "a child ended with \(code)")
        if code == 0 { body(receive()) } else { areAllWell = false }
      }
      running = []
      return areAllWell
    }

    /// The next message in the pipe.
    func receive() -> [UInt8] {
      var message = [UInt8](repeating: 0, count: messageLengthInBytes)
      #expect(read(readEnd, &message, message.count) == message.count)
      return message
    }
  }

#endif
