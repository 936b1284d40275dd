// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNG

/// The protocol of the Entropy Gathering Daemon, as QEMU, libgcrypt and others speak it.
///
/// | request | bytes | answer |
/// |---|---|---|
/// | entropy level | `00` | 4 bytes: bits of entropy, most significant first |
/// | read, not waiting | `01 n` | `m`, then `m` bytes, 0 to `n` |
/// | read, waiting | `02 n` | `n` bytes |
/// | write | `03 b1 b0 n`, `n` bytes | none; `b` is the entropy in bits that the client vouches for |
/// | process identifier | `04` | `m`, then `m` decimal digits |
///
/// There is no way to say no: who sends another command is disconnected, since nobody knows where the next one begins.
struct EGDProtocol: WireProtocol {
  enum Envelope: Equatable, Sendable {
    case level, counted, plain, silent, digits
  }

  static let mostPendingBytes = 4 + 255

  /// What a read gets: on the socket for prediction resistance that, on the other one full seeding.
  let quality: QualityOfService
  private var pending = PendingBytes()

  init(quality: QualityOfService) {
    self.quality = quality
  }

  var pendingCount: Int { pending.count }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    unsafe pending.append(bytes)
  }

  mutating func next() -> WireEvent<Envelope> {
    guard pending.count > 0 else { return .incomplete }
    switch pending[0] {
    case 0:
      pending.drop(1)
      return .request(.entropyLevel, .level)
    case 1, 2:
      guard pending.count >= 2 else { return .incomplete }
      let isWaiting = pending[0] == 2
      let count = Int(pending[1])
      pending.drop(2)
      return .request(
        .generate(count: count, quality: quality, isWaiting: isWaiting), isWaiting ? .plain : .counted)
    case 3:
      guard pending.count >= 4 else { return .incomplete }
      let count = Int(pending[3])
      guard pending.count >= 4 + count else { return .incomplete }
      let bits = Int(pending.number(at: 1, length: 2))
      let data = pending.slice(4..<4 + count)
      pending.drop(4 + count)
      return .request(.contribute(data, bits: bits), .silent)
    case 4:
      pending.drop(1)
      return .request(.processIdentifier, .digits)
    default:
      return .violation(farewell: [])
    }
  }

  func encode(_ reply: ServiceReply, _ envelope: Envelope) -> [UInt8] {
    switch (reply, envelope) {
    case (.number(let number), .level):
      return (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * UInt32($0))) }
    case (.number(let number), .digits):
      let digits = Array("\(number)".utf8)
      return [UInt8(digits.count)] + digits
    case (.secret(let bytes), .counted):
      return [UInt8(clamping: bytes.count)]
    case (.refused, .counted):
      return [0]
    default:
      return []
    }
  }

  func isFinal(_ reply: ServiceReply, _ envelope: Envelope) -> Bool {
    guard case .refused = reply else { return false }
    return envelope == .plain || envelope == .level
  }
}
