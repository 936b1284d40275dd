// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import NIOCore
import Testing

@testable import LRNGService

@Suite("Random bytes on their way to a client")
struct SecretBytesTests {
  @Test("they are filled from any place, and never past the end")
  func filling() {
    let secret = SecretBytes(zeroes: 8)
    secret.fill(from: 2, atMost: 3) { part in
      #expect(part.count == 3)
      for index in part.indices { part[index] = 7 }
    }
    #expect(secret == SecretBytes([0, 0, 7, 7, 7, 0, 0, 0]))
    #expect(secret.fill(from: 6) { $0.count } == 2)
    #expect(secret.fill(from: 9) { $0.count } == 0)
    secret.truncate(to: 4)
    #expect(secret == SecretBytes([0, 0, 7, 7]))
    #expect(SecretBytes(zeroes: 0).withBytes { $0.count } == 0)
  }

  @Test("a buffer that was written is overwritten in its place; one that somebody holds is noticed")
  func wiping() {
    var buffer = OutgoingBuffer([1], SecretBytes([5, 6, 7]), allocator: ByteBufferAllocator())
    #expect(Array(buffer.bytes.readableBytesView) == [1, 5, 6, 7])
    let isInPlace = buffer.wipe()
    #expect(isInPlace)
    #expect(Array(buffer.bytes.readableBytesView) == [0, 0, 0, 0])

    var held = OutgoingBuffer([1], SecretBytes([5]), allocator: ByteBufferAllocator())
    let other = held.bytes
    let isCopy = !held.wipe()
    #expect(isCopy)
    #expect(Array(other.readableBytesView) == [1, 5])
  }
}
