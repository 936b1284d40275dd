// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

extension SelfTestReport {
  /// The known-answer tests of what the Jitter RNG is made of. Its start-up test begins with them.
  public mutating func runJitterRNG() {
    run(.sha3_256) { JitterSelfTest.hashes(corrupting: $0) }
    run(.xdrbg256) { JitterSelfTest.generates(corrupting: $0) }
    run(.commonDivisor) { JitterSelfTest.dividesDeltas(corrupting: $0) }
  }
}

/// The known answers of the Jitter RNG and their tests.
enum JitterSelfTest {
  /// SHA3-256 of the bytes 5e 5e d6.
  private static let digest: InlineArray<32, UInt8> = [
    0xf1, 0x6e, 0x66, 0xc0, 0x43, 0x72, 0xb4, 0xa3, 0xe1, 0xe3, 0x2e, 0x07, 0xc4, 0x1c, 0x03, 0x40,
    0x8a, 0xd5, 0x43, 0x86, 0x8c, 0xc4, 0x0e, 0xc5, 0x5e, 0x00, 0xbb, 0xbb, 0xbd, 0xf5, 0x91, 0x1e,
  ]

  /// XDRBG-256 seeded twice with the bytes 00 ... 08: the second output.
  private static let secondOutput: InlineArray<32, UInt8> = [
    0x51, 0xe4, 0x3c, 0xf6, 0x4b, 0xa2, 0x80, 0x77, 0x33, 0x1a, 0x47, 0xe3, 0xf8, 0xb4, 0x1a, 0x42,
    0xad, 0xd3, 0xa0, 0xf2, 0x53, 0x97, 0x10, 0xdd, 0x6e, 0xa1, 0x16, 0x1d, 0x37, 0x8a, 0x6f, 0xb6,
  ]

  /// What the start-up test says of the outcome, `nil` if all is well.
  static func fault() -> JitterStartUpError? {
    var report = SelfTestReport()
    report.runJitterRNG()
    if !report.hasPassed(.sha3_256) || !report.hasPassed(.xdrbg256) { return .knownAnswer }
    return report.hasPassed(.commonDivisor) ? nil : .commonDivisor
  }

  fileprivate static func hashes(corrupting: Bool) -> Bool {
    var message: InlineArray<3, UInt8> = [0x5e, 0x5e, 0xd6]
    if corrupting { message[2] ^= 1 }
    var hash = SHA3_256()
    hash.update(message.span)
    var output = InlineArray<32, UInt8>(repeating: 0)
    var bytes = output.mutableSpan
    hash.finalize(into: &bytes)
    return constantTimeEqual(output.span, digest.span)
  }

  fileprivate static func generates(corrupting: Bool) -> Bool {
    var seed: InlineArray<9, UInt8> = [0, 1, 2, 3, 4, 5, 6, 7, 8]
    if corrupting { seed[8] ^= 1 }
    var generator = XDRBG256()
    var output = InlineArray<32, UInt8>(repeating: 0)
    for _ in 0..<2 {
      generator.absorb(seed.span)
      var bytes = output.mutableSpan
      generator.generate(into: &bytes)
    }
    generator.reset()
    return constantTimeEqual(output.span, secondOutput.span)
  }

  /// The common divisor of 0, 3, 6 ... is 3.
  fileprivate static func dividesDeltas(corrupting: Bool) -> Bool {
    var divisor: UInt64 = corrupting ? 1 : 0
    for index: UInt64 in 0..<16 {
      divisor = divisor.greatestCommonDivisor(with: 3 &* index)
    }
    return divisor == 3
  }
}
