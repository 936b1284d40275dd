// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Synchronization

/// What was chosen at run time, read by any thread without a lock.
///
/// It is no secret and lives in ordinary memory, so that a child of `fork` goes on with what its parent had chosen. Each
/// value gets a place of its own for ever, so that a reader never sees half of one; whoever chooses holds a lock.
@safe final class Choice<Value: Sendable & Equatable>: @unchecked Sendable {
  /// Far more generators or hashes than anybody has. After that no new one can be chosen.
  private static var capacity: Int { 16 }

  private let values: UnsafeMutablePointer<Value>
  private let count = Atomic<Int>(1)
  private let index = Atomic<Int>(0)

  init(_ value: Value) {
    unsafe values = .allocate(capacity: Self.capacity)
    unsafe values.initialize(to: value)
  }

  deinit {
    unsafe values.deinitialize(count: count.load(ordering: .relaxed))
    unsafe values.deallocate()
  }

  /// What is in force.
  var current: Value { unsafe values[index.load(ordering: .acquiring)] }

  /// Whether there is a place for a value, should it be chosen.
  func hasPlace(for value: Value) -> Bool {
    let count = count.load(ordering: .relaxed)
    return count < Self.capacity || place(of: value, among: count) != nil
  }

  /// Puts a value into force, if there is a place for it.
  func choose(_ value: Value) {
    let count = count.load(ordering: .relaxed)
    if let place = place(of: value, among: count) {
      index.store(place, ordering: .releasing)
    } else if count < Self.capacity {
      // Nobody looks beyond the count. (After a fork in the middle of this, the child writes it again.)
      unsafe (values + count).initialize(to: value)
      self.count.store(count + 1, ordering: .releasing)
      index.store(count, ordering: .releasing)
    }
  }

  private func place(of value: Value, among count: Int) -> Int? {
    (0..<count).first { unsafe values[$0] == value }
  }
}
