// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore

/// Random bytes on their way to a client. They stay where they were made, and are wiped when nobody refers to them any more.
@safe public final class SecretBytes: @unchecked Sendable {
  // Whoever fills them is the only one who knows them; after that nobody changes them.
  private let memory: UnsafeMutableBufferPointer<UInt8>
  /// How many of them count.
  private(set) var count: Int

  /// Zeroes, to be filled.
  init(zeroes count: Int) {
    unsafe memory = .allocate(capacity: count)
    unsafe memory.initialize(repeating: 0)
    self.count = count
  }

  /// A copy.
  convenience init(_ bytes: [UInt8]) {
    self.init(zeroes: bytes.count)
    for (index, byte) in bytes.enumerated() { unsafe memory[index] = byte }
  }

  deinit {
    var all = unsafe memory.mutableSpan
    all.wipe()
    unsafe memory.deallocate()
  }

  /// Lets `body` fill what begins at `start`.
  func fill<Problem: Error, Value>(
    from start: Int, atMost length: Int = .max, _ body: (inout MutableSpan<UInt8>) throws(Problem) -> Value
  ) throws(Problem) -> Value {
    let begin = min(max(0, start), count)
    // Within the memory, which outlives the call.
    let end = begin + min(max(0, length), count - begin)
    var part = unsafe UnsafeMutableBufferPointer(rebasing: memory[begin..<end]).mutableSpan
    return try body(&part)
  }

  /// Leaves out what is behind. It is wiped with the rest.
  func truncate(to count: Int) { self.count = min(self.count, max(0, count)) }

  /// - Parameter body: Does not keep the pointer.
  func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    unsafe body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<count]))
  }
}

extension SecretBytes: Equatable {
  public static func == (left: SecretBytes, right: SecretBytes) -> Bool {
    unsafe left.withBytes { left in unsafe right.withBytes { right in unsafe left.elementsEqual(right) } }
  }
}
