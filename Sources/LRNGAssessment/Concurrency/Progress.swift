// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Synchronization

/// How far an assessment is, in steps of work.
final class Progress: Sendable {
  private let steps = Atomic<Int>(0)

  func advance(_ count: Int) { steps.add(count, ordering: .relaxed) }

  var done: Int { steps.load(ordering: .relaxed) }
}
