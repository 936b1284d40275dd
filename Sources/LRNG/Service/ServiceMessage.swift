// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// What a request is for.
public enum ServiceOperation: UInt8, Sendable {
  case get = 1
  case seed = 2
  case insert = 3
  case reseed = 4
  case selfTest = 5
  case status = 6
  case metrics = 7
}

/// What modifies a request. Others must be 0.
public struct ServiceFlags: OptionSet, Sendable {
  public let rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// `get`: each 32 bytes after a reseed with fresh entropy.
  public static let predictionResistant = ServiceFlags(rawValue: 1)
  /// `get`, `seed`: an error rather than a wait for entropy.
  public static let nonBlocking = ServiceFlags(rawValue: 2)
  /// `get`: bytes at once, whatever the seed.
  public static let available = ServiceFlags(rawValue: 4)
  /// `seed`: for a reseed, which takes less than a first seed.
  public static let isReseed = ServiceFlags(rawValue: 8)
  /// `status`: text instead of JSON.
  public static let text = ServiceFlags(rawValue: 16)
}

/// Why a client gets nothing.
public enum ServiceRefusal: UInt8, Error, Equatable, Sendable {
  /// What it sent is no request.
  case malformed = 1
  /// A version or an operation that this service does not know.
  case unsupported = 2
  /// Only root may do this.
  case notPermitted = 3
  /// The generator is not seeded, and the request does not wait.
  case notSeeded = 4
  /// A self test failed: there is no output.
  case testFailed = 5
  /// The service is about to stop.
  case stopping = 6

  /// What happened, for people.
  public var explanation: String {
    switch self {
    case .malformed: "this is no request"
    case .unsupported: "this version or operation is not known here"
    case .notPermitted: "only root may do this"
    case .notSeeded: "the generator is not fully seeded yet"
    case .testFailed: "a self test failed: there is no output"
    case .stopping: "the service is about to stop"
    }
  }
}

/// The messages of the native socket of `lrng serve`. Documentation/protocol.md describes them for those who write clients.
///
/// A message is a header of 12 bytes and a payload; numbers are in network byte order.
///
/// | offset | request | response |
/// |---|---|---|
/// | 0 | version, 1 | version, 1 |
/// | 1 | ``ServiceOperation`` | 0, or a ``ServiceRefusal`` |
/// | 2 | ``ServiceFlags``, 16 bits | 0 |
/// | 4 | identifier, 32 bits | the same |
/// | 8 | length of the payload, 32 bits | length of the payload |
public enum ServiceMessage {
  public static let version: UInt8 = 1
  public static let headerLengthInBytes = 12
  /// Of a request, and of the random bytes in a response. Status and metrics may be longer.
  public static let longestPayloadInBytes = 65536
  /// The most that a client believes.
  static let longestResponseInBytes = 1 << 20

  /// The bytes of a request.
  public static func request(
    _ operation: ServiceOperation, flags: ServiceFlags = [], identifier: UInt32, payload: [UInt8] = []
  ) -> [UInt8] {
    bytes(operation.rawValue, flags: flags.rawValue, identifier: identifier, payload)
  }

  /// The bytes of a message.
  public static func bytes(
    _ code: UInt8, flags: UInt16 = 0, identifier: UInt32, _ payload: [UInt8]
  ) -> [UInt8] {
    header(code, flags: flags, identifier: identifier, lengthInBytes: payload.count) + payload
  }

  /// The header of a message whose payload has that length.
  public static func header(_ code: UInt8, flags: UInt16 = 0, identifier: UInt32, lengthInBytes: Int) -> [UInt8] {
    [version, code, UInt8(truncatingIfNeeded: flags >> 8), UInt8(truncatingIfNeeded: flags)] + bytes(of: identifier)
      + bytes(of: UInt32(clamping: lengthInBytes))
  }

  public static func bytes(of number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * UInt32($0))) }
  }

  /// The header of a response.
  public struct ResponseHeader: Equatable, Sendable {
    /// Why there is nothing; `nil` if it was done.
    public let refusal: ServiceRefusal?
    public let identifier: UInt32
    public let lengthInBytes: Int

    /// Nothing if this is no response.
    public init?(_ bytes: [UInt8]) {
      guard bytes.count == headerLengthInBytes, bytes[0] == version else { return nil }
      if bytes[1] == 0 {
        refusal = nil
      } else {
        guard let known = ServiceRefusal(rawValue: bytes[1]) else { return nil }
        refusal = known
      }
      identifier = bytes[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
      lengthInBytes = Int(bytes[8..<12].reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
      guard lengthInBytes <= longestResponseInBytes else { return nil }
    }
  }
}
