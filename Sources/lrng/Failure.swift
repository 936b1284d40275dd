// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNG

/// Why a command did not do what it was asked for: one line for a person, one number for a script.
struct Failure: Error {
  /// Exit statuses, those of sysexits.h.
  enum Status: Int32 {
    case usage = 64
    case badData = 65
    case unavailable = 69
    case testFailed = 70
    case inputOutput = 74
    case notSeeded = 75
  }

  let status: Status
  /// What happened, and what to do.
  let message: String

  init(_ status: Status, _ message: String) {
    self.status = status
    self.message = message
  }
}

extension Failure {
  init(_ error: LRNGError) {
    switch error {
    case .notFullySeeded:
      self.init(.notSeeded, "not fully seeded yet: wait, permit another source, or take --insecure")
    case .selfTestFailed, .generatorFailed:
      self.init(.testFailed, "\(error): see 'lrng selftest'")
    case .switchFailed(_, .selfTestFailed):
      self.init(.testFailed, "\(error): see 'lrng selftest'")
    case .switchFailed:
      self.init(.unavailable, "\(error)")
    case .sourceUnavailable:
      self.init(.unavailable, "\(error)")
    case .invalidConfiguration, .invalidArgument:
      self.init(.usage, "\(error)")
    case .seedFile:
      self.init(.inputOutput, "\(error)")
    case .system(_, _):
      self.init(.unavailable, "\(error)")
    }
  }
}

/// Runs calls of the library, and says what went wrong in the words of the program.
func reporting<T: ~Copyable>(_ body: () throws(LRNGError) -> T) throws(Failure) -> T {
  do {
    return try body()
  } catch {
    throw Failure(error)
  }
}
