// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Lines that several threads write.
final class Lines: Sendable {
  private let lines = Guarded<[String]>([])

  func append(_ line: String) { lines.withLock { $0.append(line) } }

  var all: [String] { lines.withLock { $0 } }

  func removeAll() { lines.withLock { $0 = [] } }
}

/// Lets others run for a moment.
func pause() { usleep(500) }

/// Something that one thread tells another.
final class Flag: Sendable {
  private let value: Atomic<Bool>

  init(_ value: Bool = false) { self.value = Atomic(value) }

  var isSet: Bool { value.load(ordering: .acquiring) }

  func set(_ value: Bool = true) { self.value.store(value, ordering: .releasing) }
}
