// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import NIOCore

/// An answer that SwiftNIO is writing. When it is done, the buffer is nobody else's, so that what was secret in it can be
/// overwritten in its place.
struct OutgoingBuffer {
  private var buffer: ByteBuffer

  init(_ head: [UInt8], _ secret: SecretBytes, allocator: ByteBufferAllocator) {
    buffer = allocator.buffer(capacity: head.count + secret.count)
    buffer.writeBytes(head)
    unsafe secret.withBytes { unsafe _ = buffer.writeBytes($0) }
  }

  /// What to write.
  var bytes: ByteBuffer { buffer }

  /// Overwrites the bytes.
  ///
  /// - Returns: Whether it was these that were overwritten, and not a copy because somebody holds the buffer still.
  @discardableResult
  mutating func wipe() -> Bool {
    let before = unsafe buffer.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
    return unsafe buffer.withUnsafeMutableReadableBytes { bytes in
      var span = unsafe bytes.bindMemory(to: UInt8.self).mutableSpan
      span.wipe()
      return UInt(bitPattern: bytes.baseAddress) == before
    }
  }
}
