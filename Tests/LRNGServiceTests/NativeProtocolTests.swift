// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNG
import Testing

@testable import LRNGService

@Suite("The native protocol")
struct NativeProtocolTests {
  /// A message as Documentation/protocol.md describes it, written out by hand.
  private func message(
    version: UInt8 = 1, _ operation: UInt8, flags: UInt16 = 0, identifier: UInt32 = 9, length: UInt32? = nil,
    _ payload: [UInt8] = []
  ) -> [UInt8] {
    [version, operation, UInt8(flags >> 8), UInt8(flags & 255)] + bigEndian(identifier)
      + bigEndian(length ?? UInt32(payload.count)) + payload
  }

  private func bigEndian(_ number: UInt32) -> [UInt8] {
    [UInt8(number >> 24), UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)]
  }

  @Test("each operation is understood")
  func operations() {
    let all: [([UInt8], ServiceRequest)] = [
      (message(1, bigEndian(32)), .generate(count: 32, quality: .fullySeeded, isWaiting: true)),
      (message(1, flags: 1, bigEndian(65536)), .generate(count: 65536, quality: .predictionResistant, isWaiting: true)),
      (message(1, flags: 2, bigEndian(0)), .generate(count: 0, quality: .fullySeeded, isWaiting: false)),
      (message(1, flags: 4, bigEndian(1)), .generate(count: 1, quality: .available, isWaiting: true)),
      (message(2), .seed(isReseed: false, isWaiting: true)),
      (message(2, flags: 8 | 2), .seed(isReseed: true, isWaiting: false)),
      (message(3, bigEndian(16) + [1, 2]), .insert([1, 2], bits: 16)),
      (message(4), .reseed), (message(5), .selfTest), (message(6), .status(.json)),
      (message(6, flags: 16), .status(.text)), (message(7), .metrics),
    ]
    var wire = NativeProtocol()
    for (bytes, request) in all {
      wire.append(bytes)
      expect(&wire, request, NativeProtocol.Envelope(identifier: 9))
    }
    #expect(wire.pendingCount == 0)
  }

  @Test("what clients of this package send is what the description says")
  func clientSide() {
    #expect(
      ServiceMessage.request(.get, flags: .predictionResistant, identifier: 9, payload: bigEndian(32))
        == message(1, flags: 1, bigEndian(32)))
    #expect(
      ServiceMessage.request(.status, flags: .text, identifier: 0xa1b2_c3d4)
        == message(6, flags: 16, identifier: 0xa1b2_c3d4))
  }

  @Test(
    "an operation with flags or a payload that it has not is refused, and the connection goes on",
    arguments: [
      (UInt8(1), UInt16(0), [UInt8](repeating: 0, count: 3)), (1, 0, [0, 1, 0, 1]), (1, 5, [0, 0, 0, 1]),
      (1, 8, [0, 0, 0, 1]), (2, 1, []), (2, 0, [1]), (3, 0, [0, 0, 0]), (3, 1, [0, 0, 0, 1]), (4, 0, [1]), (4, 1, []),
      (5, 2, []), (6, 1, []), (6, 0, [0]), (7, 16, []),
    ])
  func malformed(_ operation: UInt8, _ flags: UInt16, _ payload: [UInt8]) {
    var wire = NativeProtocol()
    wire.append(message(operation, flags: flags, payload) + message(4))
    guard case .refused(.malformed, let envelope) = wire.next() else {
      Issue.record("not refused")
      return
    }
    #expect(envelope.identifier == 9)
    expect(&wire, .reseed, envelope)
  }

  @Test("an operation of a later version is refused, and the connection goes on", arguments: [UInt8(0), 8, 255])
  func unknownOperation(_ operation: UInt8) {
    var wire = NativeProtocol()
    wire.append(message(operation, [1, 2, 3]) + message(4))
    guard case .refused(.unsupported, _) = wire.next() else {
      Issue.record("not refused")
      return
    }
    expect(&wire, .reseed, NativeProtocol.Envelope(identifier: 9))
  }

  @Test("another version ends the connection with the reason at its first byte", arguments: [UInt8(0), 2, 255])
  func version(_ version: UInt8) {
    var wire = NativeProtocol()
    wire.append([version])
    guard case .violation(let farewell) = wire.next() else {
      Issue.record("not noticed")
      return
    }
    #expect(farewell.prefix(12) == [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, UInt8(farewell.count - 12)])
  }

  @Test("a payload that is too long ends the connection before it is read")
  func length() {
    var wire = NativeProtocol()
    wire.append(message(3, length: 65537))
    guard case .violation(let farewell) = wire.next() else {
      Issue.record("not noticed")
      return
    }
    #expect(farewell[1] == ServiceRefusal.malformed.rawValue)
    var longest = NativeProtocol()
    longest.append(message(3, bigEndian(0) + [UInt8](repeating: 1, count: 65532)))
    expect(&longest, .insert([UInt8](repeating: 1, count: 65532), bits: 0), NativeProtocol.Envelope(identifier: 9))
  }

  @Test("it does not matter into which pieces a stream is cut")
  func pieces() {
    let stream = message(1, bigEndian(5)) + message(3, bigEndian(1) + [7]) + message(6)
    for first in 0...stream.count {
      var wire = NativeProtocol()
      wire.append(Array(stream[..<first]))
      var found = requests(&wire)
      wire.append(Array(stream[first...]))
      found += requests(&wire)
      #expect(
        found == [
          .generate(count: 5, quality: .fullySeeded, isWaiting: true), .insert([7], bits: 1), .status(.json),
        ])
    }
  }

  @Test("responses carry the identifier, and refusals the reason")
  func responses() {
    let wire = NativeProtocol()
    let envelope = NativeProtocol.Envelope(identifier: 0x0102_0304)
    #expect(wire.encode(.bytes([5, 6]), envelope) == [1, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 2, 5, 6])
    #expect(wire.encode(.secret(SecretBytes([5, 6])), envelope) == [1, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 2])
    #expect(wire.encode(.done, envelope) == [1, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0])
    #expect(wire.encode(.number(7), envelope).suffix(4) == [0, 0, 0, 7])
    let refusal = wire.encode(.refused(.notPermitted), envelope)
    #expect(Array(refusal.prefix(8)) == [1, 3, 0, 0, 1, 2, 3, 4])
    #expect(String(decoding: refusal.dropFirst(12), as: UTF8.self) == "only root may do this")
  }

  @Test("a client believes no header that is not a response")
  func responseHeader() throws {
    let header = try #require(ServiceMessage.ResponseHeader([1, 4, 0, 0, 0, 0, 0, 7, 0, 0, 1, 0]))
    #expect(header.refusal == .notSeeded)
    #expect(header.identifier == 7)
    #expect(header.lengthInBytes == 256)
    #expect(ServiceMessage.ResponseHeader([1, 0, 0, 0, 0, 0, 0, 7, 0, 0, 1]) == nil)
    #expect(ServiceMessage.ResponseHeader([2, 0, 0, 0, 0, 0, 0, 7, 0, 0, 1, 0]) == nil)
    #expect(ServiceMessage.ResponseHeader([1, 200, 0, 0, 0, 0, 0, 7, 0, 0, 1, 0]) == nil)
    #expect(ServiceMessage.ResponseHeader([1, 0, 0, 0, 0, 0, 0, 7, 255, 0, 1, 0]) == nil)
  }
}
