// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// What clients ask for and what they get, whatever protocol they speak.
//
//   bytes ──► WireProtocol.next() ──► ServiceRequest ──► RequestQueue ──► ServiceReply ──► WireProtocol.encode ──► bytes
//
// A protocol is a value: bytes in, requests out. It knows no socket and no generator.

import LRNG

/// What a client asks for.
public enum ServiceRequest: Equatable, Sendable {
  /// Random bytes. Where it may not wait, fewer are an answer, too.
  case generate(count: Int, quality: QualityOfService, isWaiting: Bool)
  /// Raw seed material, as ``LRNG/RandomBitGenerator/seed(isReseed:waiting:)`` gives it.
  case seed(isReseed: Bool, isWaiting: Bool)
  /// Data for the auxiliary pool, and the bits of entropy that the client vouches for. Refused where it may not.
  case insert([UInt8], bits: Int)
  /// The same of a client that gets no answer: its bits count where it is believed, its data in any case.
  case contribute([UInt8], bits: Int)
  /// More bits for what the auxiliary pool has already. Only of a device file.
  case credit(bits: Int32)
  /// No bits for what it has.
  case clearCredit
  /// The bits of entropy that the sources have.
  case entropyLevel
  /// The process identifier of the service.
  case processIdentifier
  case reseed
  case selfTest
  case status(StatusFormat)
  case metrics
}

/// How the status is written.
public enum StatusFormat: Equatable, Sendable {
  case text, json
}

/// What a client gets.
public enum ServiceReply: Equatable, Sendable {
  /// It was done, and there is nothing to say.
  case done
  /// What is no secret.
  case bytes([UInt8])
  case secret(SecretBytes)
  case number(UInt32)
  case refused(ServiceRefusal)
}

/// What the bytes of a client say next.
enum WireEvent<Envelope: Sendable>: Sendable {
  /// Nothing complete. The bytes are kept.
  case incomplete
  /// A request, and what the protocol needs to answer it.
  case request(ServiceRequest, Envelope)
  /// A request that is refused; the connection goes on.
  case refused(ServiceRefusal, Envelope)
  /// Nothing that follows can be understood: the connection ends, after these bytes were sent.
  case violation(farewell: [UInt8])
}

/// A protocol as a value.
protocol WireProtocol: Sendable {
  /// What is kept from a request for its answer.
  associatedtype Envelope: Sendable
  /// The most bytes that wait for the rest of a request.
  static var mostPendingBytes: Int { get }
  mutating func append(_ bytes: UnsafeRawBufferPointer)
  /// Takes the next request out of what came.
  mutating func next() -> WireEvent<Envelope>
  /// The bytes that nobody has taken out yet.
  var pendingCount: Int { get }
  /// The bytes that answer a request; those of a secret follow them, uncopied.
  func encode(_ reply: ServiceReply, _ envelope: Envelope) -> [UInt8]
  /// Whether the reply can't be said, so that the connection ends instead.
  func isFinal(_ reply: ServiceReply, _ envelope: Envelope) -> Bool
}

/// Bytes that came and were not understood yet.
struct PendingBytes: Sendable {
  private var bytes: [UInt8] = []
  private var start = 0

  var count: Int { bytes.count - start }

  subscript(_ index: Int) -> UInt8 { bytes[start + index] }

  mutating func append(_ more: UnsafeRawBufferPointer) {
    // The caller's buffer is copied before this returns.
    unsafe bytes.append(contentsOf: more)
  }

  /// A number in network byte order. The caller knows that it is there.
  func number(at index: Int, length: Int) -> UInt32 {
    var number: UInt32 = 0
    for offset in 0..<length { number = number << 8 | UInt32(self[index + offset]) }
    return number
  }

  func slice(_ range: Range<Int>) -> [UInt8] {
    Array(bytes[start + range.lowerBound..<start + range.upperBound])
  }

  /// Drops bytes from the front. What clients wrote may be entropy, so nothing of it stays.
  mutating func drop(_ count: Int) {
    for index in start..<start + count { bytes[index] = 0 }
    start += count
    if start == bytes.count {
      bytes.removeAll(keepingCapacity: bytes.capacity <= 4096)
      start = 0
    } else if start > 4096 {
      bytes.removeFirst(start)
      start = 0
    }
  }
}
