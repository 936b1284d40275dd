// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CTesting
import LRNGCore
import Testing

/// Looks for bytes in all memory that the process can write to.
struct Marker {
  /// The bytes themselves stand nowhere, or the search would find them here.
  private let complement: [UInt8]

  init(complementOf bytes: [UInt8]) { complement = bytes.map { ~$0 } }

  /// Bytes that have never stood anywhere.
  init(lengthInBytes: Int) {
    var generator = SystemRandomNumberGenerator()
    complement = (0..<lengthInBytes).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  init(ofComplement complement: [UInt8]) { self.complement = complement }

  func prefix(_ length: Int) -> Marker { Marker(ofComplement: Array(complement.prefix(length))) }

  /// The addresses at which it stands.
  func places() -> [UInt] {
    let count = lrng_find_in_memory(complement, complement.count)
    #expect(count >= 0)
    return (0..<max(0, min(count, 16))).map { lrng_found_at($0) }
  }

  /// Runs the body with a copy of the bytes that is gone afterwards.
  func withBytes<R>(_ body: (Span<UInt8>) throws -> R) rethrows -> R {
    let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: complement.count)
    for index in complement.indices { memory[index] = ~complement[index] }
    defer {
      var bytes = memory.mutableSpan
      bytes.wipe()
      memory.deallocate()
    }
    return try body(UnsafeBufferPointer(memory).span)
  }
}
