// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNG

/// The protocol of the native socket, as ``ServiceMessage`` describes it. Requests of a connection are answered in their
/// order, one after the other.
struct NativeProtocol: WireProtocol {
  static let mostPendingBytes = ServiceMessage.headerLengthInBytes + ServiceMessage.longestPayloadInBytes

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
    if pending.count > 0, pending[0] != ServiceMessage.version {
      return .violation(farewell: Self.response(identifier: 0, status: .unsupported))
    }
    guard pending.count >= ServiceMessage.headerLengthInBytes else { return .incomplete }
    let identifier = pending.number(at: 4, length: 4)
    let length = Int(pending.number(at: 8, length: 4))
    guard length <= ServiceMessage.longestPayloadInBytes else {
      return .violation(farewell: Self.response(identifier: identifier, status: .malformed))
    }
    guard pending.count >= ServiceMessage.headerLengthInBytes + length else { return .incomplete }
    let operation = ServiceOperation(rawValue: pending[1])
    let flags = ServiceFlags(rawValue: UInt16(truncatingIfNeeded: pending.number(at: 2, length: 2)))
    let payload = pending.slice(ServiceMessage.headerLengthInBytes..<ServiceMessage.headerLengthInBytes + length)
    pending.drop(ServiceMessage.headerLengthInBytes + length)
    let envelope = Envelope(identifier: identifier)
    guard let operation else { return .refused(.unsupported, envelope) }
    guard let request = Self.request(operation, flags, payload) else { return .refused(.malformed, envelope) }
    return .request(request, envelope)
  }

  private static func request(_ operation: ServiceOperation, _ flags: ServiceFlags, _ payload: [UInt8])
    -> ServiceRequest?
  {
    let isWaiting = !flags.contains(.nonBlocking)
    switch operation {
    case .get:
      guard flags.isSubset(of: [.predictionResistant, .nonBlocking, .available]), let count = number(payload),
        count <= ServiceMessage.longestPayloadInBytes, !flags.isSuperset(of: [.predictionResistant, .available])
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
    case .done: ServiceMessage.bytes(0, identifier: envelope.identifier, [])
    case .bytes(let bytes): ServiceMessage.bytes(0, identifier: envelope.identifier, bytes)
    case .secret(let bytes): ServiceMessage.header(0, identifier: envelope.identifier, lengthInBytes: bytes.count)
    case .number(let number): ServiceMessage.bytes(0, identifier: envelope.identifier, ServiceMessage.bytes(of: number))
    case .refused(let refusal): Self.response(identifier: envelope.identifier, status: refusal)
    }
  }

  func isFinal(_ reply: ServiceReply, _ envelope: Envelope) -> Bool { false }

  private static func response(identifier: UInt32, status: ServiceRefusal) -> [UInt8] {
    ServiceMessage.bytes(status.rawValue, identifier: identifier, Array(status.explanation.utf8))
  }
}
