// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Standard input, output and error as a whole.
enum StandardStreams {
  /// Makes the streams and signals fit for a program that writes secrets.
  ///
  /// A closed stream would lend its number to the next file that is opened, and random bytes would go there. So each
  /// closed one is opened, in the direction that makes writing fail as it should.
  static func prepare() {
    for (descriptor, flags) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
    where fcntl(descriptor, F_GETFD) == -1 {
      // The lowest free number is the one that is closed.
      _ = unsafe open("/dev/null", flags)
    }
    // Both come back as errors of write(2).
    _ = signal(SIGPIPE, SIG_IGN)
    _ = signal(SIGXFSZ, SIG_IGN)
  }

  static func isTerminal(_ descriptor: CInt) -> Bool { isatty(descriptor) == 1 }

  /// Says a line on standard error.
  static func complain(_ message: String) { say("lrng: \(message)") }

  /// Writes a line to standard error. Nobody could be told if that fails.
  static func say(_ line: String) { write(text: "\(line)\n") }

  /// Writes to standard error without a line end.
  static func write(text: String) {
    var text = text
    // The text stays where it is for the duration of the calls.
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while rest.count > 0 {
        let count = unsafe platformWrite(STDERR_FILENO, rest.baseAddress, rest.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return }
        unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
      }
    }
  }

  static func exit(_ status: CInt) -> Never { platformExit(status) }
}

/// Standard output: data, and nothing else.
enum StandardOutput {
  /// Writes all bytes.
  ///
  /// - Throws: ``Failure`` when the output can't take them, ``Interruption/Ending`` when a signal says to stop or nobody
  ///   reads any more.
  static func write(_ bytes: Span<UInt8>) throws {
    try FileOutput.write(bytes, to: STDOUT_FILENO) { number in
      if number == EPIPE { return Interruption.Ending(signal: SIGPIPE) }
      return Failure(.inputOutput, "write error: \(SystemError.text(number)): the output is incomplete")
    }
  }

  /// Writes a text and ends its last line.
  static func print(_ text: String) throws {
    let bytes = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
    try write(bytes.span)
  }
}

/// write(2) until all is written.
enum FileOutput {
  static func write(_ bytes: Span<UInt8>, to descriptor: CInt, failure: (CInt) -> any Error) throws {
    // The bytes are the caller's for the duration of the calls.
    try unsafe bytes.withUnsafeBytes { bytes in
      var rest = unsafe bytes
      while rest.count > 0 {
        let count = unsafe platformWrite(descriptor, rest.baseAddress, rest.count)
        if count >= 0 {
          unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
          continue
        }
        let number = errno
        guard try Interruption.permitsRetry(after: number, of: descriptor, awaiting: CInt(POLLOUT)) else {
          throw failure(number)
        }
      }
    }
  }
}

/// What an error number says.
enum SystemError {
  static func text(_ number: CInt) -> String {
    // The text is the C library's; it is copied before anybody else asks.
    guard let text = unsafe strerror(number) else { return "error \(number)" }
    return unsafe String(cString: text)
  }
}

// The names below are also those of functions above.

private func platformWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  unsafe write(descriptor, bytes, count)
}

private func platformExit(_ status: CInt) -> Never { exit(status) }
