// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation

/// A value behind a lock that ThreadSanitizer understands. It knows nothing of the standard library's `Mutex`, so that each
/// use of one looks like a race.
final class Guarded<Value>: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Value

  init(_ value: Value) {
    self.value = value
  }

  func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }
}
