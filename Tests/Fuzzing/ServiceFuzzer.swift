// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// libFuzzer gives any bytes to the protocols of the service, whole and in pieces. Tests/Gates/fuzz.sh builds this.

import LRNG

@testable import LRNGService

@c
public func LLVMFuzzerTestOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = [UInt8](UnsafeBufferPointer(start: bytes, count: count))
  guard let first = input.first else { return 0 }
  let stream = Array(input.dropFirst())
  // The first byte says how the rest is cut.
  let pieceLength = Int(first) % 61 + 1
  compare(EGDProtocol(quality: .fullySeeded), stream, pieceLength)
  compare(NativeProtocol(), stream, pieceLength)
  if let header = ServiceMessage.ResponseHeader(Array(stream.prefix(ServiceMessage.headerLengthInBytes))) {
    check(header.lengthInBytes >= 0 && header.lengthInBytes <= 1 << 20)
  }
  #if PLANTED_CRASH
    // The negative control: the fuzzer must come here by itself.
    if requests(of: NativeProtocol(), [stream]).requests.contains(.selfTest) { check(false) }
  #endif
  return 0
}

/// However a stream is cut, it says the same, and ends in the same way.
private func compare<Wire: WireProtocol>(_ wire: Wire, _ stream: [UInt8], _ pieceLength: Int) {
  var pieces: [[UInt8]] = []
  for start in stride(from: 0, to: stream.count, by: pieceLength) {
    pieces.append(Array(stream[start..<min(start + pieceLength, stream.count)]))
  }
  let whole = requests(of: wire, [stream])
  let cut = requests(of: wire, pieces)
  check(whole == cut)
}

private struct Understood: Equatable {
  var requests: [ServiceRequest] = []
  var refusals = 0
  var isViolated = false
}

private func requests<Wire: WireProtocol>(of wire: Wire, _ pieces: [[UInt8]]) -> Understood {
  var wire = wire
  var understood = Understood()
  for piece in pieces {
    piece.withUnsafeBytes { wire.append($0) }
    reading: while true {
      switch wire.next() {
      case .incomplete: break reading
      case .request(let request, let envelope):
        understood.requests.append(request)
        // Any reply can be said to any request.
        for reply in [
          ServiceReply.done, .bytes([1, 2]), .secret(SecretBytes([1, 2])), .number(7), .refused(.notSeeded),
        ] {
          check(wire.encode(reply, envelope).count <= 64)
        }
      case .refused: understood.refusals += 1
      case .violation:
        understood.isViolated = true
        return understood
      }
    }
    check(wire.pendingCount <= Wire.mostPendingBytes)
  }
  return understood
}

private func check(_ condition: Bool) {
  precondition(condition)
}
