// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNG

/// The protocol of the native socket. Documentation/protocol.md describes it for those who write clients.
///
/// A message is a header of 12 bytes and a payload; numbers are in network byte order.
///
/// | offset | request | response |
/// |---|---|---|
/// | 0 | version, 1 | version, 1 |
/// | 1 | operation | status: 0, or a ``ServiceRefusal`` |
/// | 2 | flags, 16 bits | 0 |
/// | 4 | identifier, 32 bits | the same |
/// | 8 | length of the payload, 32 bits | length of the payload |
///
/// Requests of a connection are answered in their order, one after the other.
struct NativeProtocol: WireProtocol {
  static let version: UInt8 = 1
  static let headerLengthInBytes = 12
  /// Of a request, and of the random bytes in a response. Status and metrics may be longer.
  static let longestPayloadInBytes = 65536
  static let mostPendingBytes = headerLengthInBytes + longestPayloadInBytes

  /// What a request is for.
  enum Operation: UInt8, Sendable {
    case get = 1
    case seed = 2
    case insert = 3
    case reseed = 4
    case selfTest = 5
    case status = 6
    case metrics = 7
  }

  /// What modifies a request. Others must be 0.
  struct Flags: OptionSet, Sendable {
    let rawValue: UInt16
    /// `get`: each 32 bytes after a reseed with fresh entropy.
    static let predictionResistant = Flags(rawValue: 1)
    /// `get`, `seed`: an error rather than a wait for entropy.
    static let nonBlocking = Flags(rawValue: 2)
    /// `get`: bytes at once, whatever the seed.
    static let available = Flags(rawValue: 4)
    /// `seed`: for a reseed, which takes less than a first seed.
    static let isReseed = Flags(rawValue: 8)
    /// `status`: text instead of JSON.
    static let text = Flags(rawValue: 16)
  }

  /// The identifier of the request.
  struct Envelope: Equatable, Sendable {
    let identifier: UInt32
  }

  private var pending = PendingBytes()

  init() {}

  var pendingCount: Int { pending.count }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    unsafe pending.append(bytes)
  }

  mutating func next() -> WireEvent<Envelope> {
    // The version says what the rest is, so it is looked at first.
    if pending.count > 0, pending[0] != Self.version {
      return .violation(farewell: Self.response(identifier: 0, status: .unsupported))
    }
    guard pending.count >= Self.headerLengthInBytes else { return .incomplete }
    let identifier = pending.number(at: 4, length: 4)
    let length = Int(pending.number(at: 8, length: 4))
    guard length <= Self.longestPayloadInBytes else {
      return .violation(farewell: Self.response(identifier: identifier, status: .malformed))
    }
    guard pending.count >= Self.headerLengthInBytes + length else { return .incomplete }
    let operation = Operation(rawValue: pending[1])
    let flags = Flags(rawValue: UInt16(truncatingIfNeeded: pending.number(at: 2, length: 2)))
    let payload = pending.slice(Self.headerLengthInBytes..<Self.headerLengthInBytes + length)
    pending.drop(Self.headerLengthInBytes + length)
    let envelope = Envelope(identifier: identifier)
    guard let operation else { return .refused(.unsupported, envelope) }
    guard let request = Self.request(operation, flags, payload) else { return .refused(.malformed, envelope) }
    return .request(request, envelope)
  }

  private static func request(_ operation: Operation, _ flags: Flags, _ payload: [UInt8]) -> ServiceRequest? {
    let isWaiting = !flags.contains(.nonBlocking)
    switch operation {
    case .get:
      guard flags.isSubset(of: [.predictionResistant, .nonBlocking, .available]), let count = number(payload),
        count <= longestPayloadInBytes, !flags.isSuperset(of: [.predictionResistant, .available])
      else { return nil }
      let quality: QualityOfService =
        flags.contains(.predictionResistant)
        ? .predictionResistant : flags.contains(.available) ? .available : .fullySeeded
      return .generate(count: Int(count), quality: quality, isWaiting: isWaiting)
    case .seed:
      guard flags.isSubset(of: [.nonBlocking, .isReseed]), payload.isEmpty else { return nil }
      return .seed(isReseed: flags.contains(.isReseed), isWaiting: isWaiting)
    case .insert:
      guard flags.isEmpty, payload.count >= 4, let bits = number(Array(payload.prefix(4))) else { return nil }
      return .insert(Array(payload.dropFirst(4)), bits: Int(bits))
    case .reseed: return flags.isEmpty && payload.isEmpty ? .reseed : nil
    case .selfTest: return flags.isEmpty && payload.isEmpty ? .selfTest : nil
    case .status:
      guard flags.isSubset(of: [.text]), payload.isEmpty else { return nil }
      return .status(flags.contains(.text) ? .text : .json)
    case .metrics: return flags.isEmpty && payload.isEmpty ? .metrics : nil
    }
  }

  /// A payload that is one number.
  private static func number(_ payload: [UInt8]) -> UInt32? {
    guard payload.count == 4 else { return nil }
    return payload.reduce(0) { $0 << 8 | UInt32($1) }
  }

  // MARK: - What the service sends

  func encode(_ reply: ServiceReply, _ envelope: Envelope) -> [UInt8] {
    switch reply {
    case .done: Self.message(0, envelope.identifier, [])
    case .bytes(let bytes): Self.message(0, envelope.identifier, bytes)
    case .number(let number): Self.message(0, envelope.identifier, Self.bytes(of: number))
    case .refused(let refusal): Self.response(identifier: envelope.identifier, status: refusal)
    }
  }

  func isFinal(_ reply: ServiceReply, _ envelope: Envelope) -> Bool { false }

  private static func response(identifier: UInt32, status: ServiceRefusal) -> [UInt8] {
    message(status.rawValue, identifier, Array(status.explanation.utf8))
  }

  // MARK: - What clients send

  /// The bytes of a request.
  static func request(_ operation: Operation, flags: Flags = [], identifier: UInt32, payload: [UInt8] = []) -> [UInt8] {
    message(operation.rawValue, flags: flags.rawValue, identifier, payload)
  }

  static func bytes(of number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * UInt32($0))) }
  }

  private static func message(
    _ code: UInt8, flags: UInt16 = 0, _ identifier: UInt32, _ payload: [UInt8]
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(headerLengthInBytes + payload.count)
    bytes += [version, code, UInt8(truncatingIfNeeded: flags >> 8), UInt8(truncatingIfNeeded: flags)]
    bytes += Self.bytes(of: identifier)
    bytes += Self.bytes(of: UInt32(clamping: payload.count))
    bytes += payload
    return bytes
  }

  /// The header of a response.
  struct ResponseHeader: Equatable {
    let refusal: ServiceRefusal?
    let identifier: UInt32
    let lengthInBytes: Int

    /// The most that a client believes: status and metrics are some kilobytes.
    static let longestPayloadInBytes = 1 << 20

    /// Nothing if this is no response.
    init?(_ bytes: [UInt8]) {
      guard bytes.count == headerLengthInBytes, bytes[0] == version else { return nil }
      if bytes[1] == 0 {
        refusal = nil
      } else {
        guard let known = ServiceRefusal(rawValue: bytes[1]) else { return nil }
        refusal = known
      }
      identifier = bytes[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
      lengthInBytes = Int(bytes[8..<12].reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
      guard lengthInBytes <= Self.longestPayloadInBytes else { return nil }
    }
  }
}
