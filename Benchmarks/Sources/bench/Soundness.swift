// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// What must hold of a generator before it is worth a measurement: it fills all of the buffer, and never the same way.
enum Soundness {
  static func check(_ contender: Contender) throws {
    let source = try contender.open()
    for bytes in contender.sizes {
      var seen: Set<[UInt8]> = []
      for filler in [0x00, 0xff, 0x55] as [UInt8] {
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes)
        defer { unsafe buffer.deallocate() }
        unsafe buffer.update(repeating: filler)
        try unsafe source.draw(into: buffer, requests: 1)
        for block in unsafe blocks(of: Array(buffer)) {
          guard block.contains(where: { $0 != block[0] }), seen.insert(block).inserted else {
            throw Failure(description: "\(contender.name): \(bytes) bytes are constant, repeated or not filled")
          }
        }
      }
    }
  }

  /// Blocks of 16 bytes do not repeat by chance; the 8 bytes of `next()` do so once in 2^62 runs.
  private static func blocks(of bytes: [UInt8]) -> [[UInt8]] {
    let length = min(16, bytes.count)
    return stride(from: 0, to: bytes.count, by: length).map { Array(bytes[$0..<$0 + length]) }
  }
}
