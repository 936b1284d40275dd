// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNG
import Testing

@testable import LRNGService

@Suite("The EGD protocol")
struct EGDProtocolTests {
  @Test("each command is understood")
  func commands() {
    var wire = EGDProtocol(quality: .fullySeeded)
    wire.append([0, 1, 16, 2, 255, 3, 1, 2, 3, 0xa, 0xb, 0xc, 4])
    expect(&wire, .entropyLevel, .level)
    expect(&wire, .generate(count: 16, quality: .fullySeeded, isWaiting: false), .counted)
    expect(&wire, .generate(count: 255, quality: .fullySeeded, isWaiting: true), .plain)
    expect(&wire, .contribute([0xa, 0xb, 0xc], bits: 0x102), .silent)
    expect(&wire, .processIdentifier, .digits)
    #expect(isIncomplete(&wire))
    #expect(wire.pendingCount == 0)
  }

  @Test("reads on the other socket are prediction resistant")
  func predictionResistance() {
    var wire = EGDProtocol(quality: .predictionResistant)
    wire.append([1, 0, 2, 1])
    expect(&wire, .generate(count: 0, quality: .predictionResistant, isWaiting: false), .counted)
    expect(&wire, .generate(count: 1, quality: .predictionResistant, isWaiting: true), .plain)
  }

  @Test("it does not matter into which pieces a stream is cut")
  func pieces() {
    let stream: [UInt8] = [3, 0, 8, 5, 1, 2, 3, 4, 5, 0, 2, 7, 3, 0, 0, 0, 4]
    var whole = EGDProtocol(quality: .fullySeeded)
    whole.append(stream)
    let expected = requests(&whole)
    #expect(expected.count == 5)
    for first in 0...stream.count {
      for second in first...stream.count {
        var wire = EGDProtocol(quality: .fullySeeded)
        var found: [ServiceRequest] = []
        for piece in [stream[..<first], stream[first..<second], stream[second...]] {
          wire.append(Array(piece))
          found += requests(&wire)
        }
        #expect(found == expected)
      }
    }
  }

  @Test("a first byte is a command or ends the connection", arguments: UInt8.min...UInt8.max)
  func firstByte(_ byte: UInt8) {
    var wire = EGDProtocol(quality: .fullySeeded)
    wire.append([byte])
    switch wire.next() {
    case .request: #expect(byte == 0 || byte == 4)
    case .incomplete: #expect((1...3).contains(byte))
    case .violation(let farewell):
      #expect(byte > 4)
      #expect(farewell.isEmpty)
    case .refused: Issue.record("EGD has no refusals")
    }
  }

  @Test("no more bytes wait than a command has")
  func bound() {
    for command in UInt8(0)...4 {
      var wire = EGDProtocol(quality: .fullySeeded)
      wire.append([command] + [UInt8](repeating: 255, count: 2 * EGDProtocol.mostPendingBytes))
      while case .request = wire.next() {}
      #expect(wire.pendingCount <= 2 * EGDProtocol.mostPendingBytes)
      var partial = EGDProtocol(quality: .fullySeeded)
      partial.append([3, 0, 0, 255] + [UInt8](repeating: 1, count: 254))
      #expect(isIncomplete(&partial))
      partial.append([1])
      expect(&partial, .contribute([UInt8](repeating: 1, count: 255), bits: 0), .silent)
    }
  }

  @Test("answers have the form of the protocol")
  func answers() {
    let wire = EGDProtocol(quality: .fullySeeded)
    #expect(wire.encode(.number(0x0102_0304), .level) == [1, 2, 3, 4])
    // The secret follows by itself.
    #expect(wire.encode(.secret(SecretBytes([7, 8])), .counted) == [2])
    #expect(wire.encode(.secret(SecretBytes([])), .counted) == [0])
    #expect(wire.encode(.secret(SecretBytes([7, 8])), .plain).isEmpty)
    #expect(wire.encode(.number(4711), .digits) == [4] + Array("4711".utf8))
    #expect(wire.encode(.done, .silent).isEmpty)
    #expect(wire.encode(.refused(.notSeeded), .counted) == [0])
  }

  @Test("a client that waits for bytes is disconnected rather than given too few")
  func refusals() {
    let wire = EGDProtocol(quality: .fullySeeded)
    #expect(wire.isFinal(.refused(.testFailed), .plain))
    #expect(wire.isFinal(.refused(.stopping), .level))
    #expect(!wire.isFinal(.refused(.notSeeded), .counted))
    #expect(!wire.isFinal(.secret(SecretBytes([1])), .plain))
  }
}

// MARK: - Support

extension WireProtocol {
  mutating func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { append($0) }
  }
}

func expect<Wire: WireProtocol>(
  _ wire: inout Wire, _ request: ServiceRequest, _ envelope: Wire.Envelope,
  sourceLocation: SourceLocation = #_sourceLocation
) where Wire.Envelope: Equatable {
  guard case .request(let found, let foundEnvelope) = wire.next() else {
    Issue.record("no request", sourceLocation: sourceLocation)
    return
  }
  #expect(found == request, sourceLocation: sourceLocation)
  #expect(foundEnvelope == envelope, sourceLocation: sourceLocation)
}

func requests<Wire: WireProtocol>(_ wire: inout Wire) -> [ServiceRequest] {
  var all: [ServiceRequest] = []
  while case .request(let request, _) = wire.next() { all.append(request) }
  return all
}

func isIncomplete<Wire: WireProtocol>(_ wire: inout Wire) -> Bool {
  if case .incomplete = wire.next() { true } else { false }
}
