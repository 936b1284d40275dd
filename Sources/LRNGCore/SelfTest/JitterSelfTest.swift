// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Known-answer tests of what the Jitter RNG is made of. Its start-up test begins with them.
enum JitterSelfTest {
  /// XDRBG-256 seeded twice with the bytes 00 … 08: the second output.
  static let xdrbgAnswer: InlineArray<32, UInt8> = [
    0x51, 0xe4, 0x3c, 0xf6, 0x4b, 0xa2, 0x80, 0x77, 0x33, 0x1a, 0x47, 0xe3, 0xf8, 0xb4, 0x1a, 0x42,
    0xad, 0xd3, 0xa0, 0xf2, 0x53, 0x97, 0x10, 0xdd, 0x6e, 0xa1, 0x16, 0x1d, 0x37, 0x8a, 0x6f, 0xb6,
  ]

  /// SHA3-256 of the bytes 5e 5e d6.
  static let hashAnswer: InlineArray<32, UInt8> = [
    0xf1, 0x6e, 0x66, 0xc0, 0x43, 0x72, 0xb4, 0xa3, 0xe1, 0xe3, 0x2e, 0x07, 0xc4, 0x1c, 0x03, 0x40,
    0x8a, 0xd5, 0x43, 0x86, 0x8c, 0xc4, 0x0e, 0xc5, 0x5e, 0x00, 0xbb, 0xbb, 0xbd, 0xf5, 0x91, 0x1e,
  ]

  /// The first fault, nil if all answers are right.
  static func fault() -> JitterStartUpError? {
    if !hashes(to: hashAnswer) || !generates(xdrbgAnswer) { return .knownAnswer }
    // 0, 3, 6 … have the common divisor 3.
    var divisor: UInt64 = 0
    for index: UInt64 in 0..<16 {
      divisor = JitterClockAnalysis.greatestCommonDivisor(divisor, 3 &* index)
    }
    return divisor == 3 ? nil : .commonDivisor
  }

  static func hashes(to answer: InlineArray<32, UInt8>) -> Bool {
    let message: InlineArray<3, UInt8> = [0x5e, 0x5e, 0xd6]
    var hash = SHA3_256()
    hash.update(message.span)
    var digest = InlineArray<32, UInt8>(repeating: 0)
    var bytes = digest.mutableSpan
    hash.finalize(into: &bytes)
    return isEqual(digest, answer)
  }

  static func generates(_ answer: InlineArray<32, UInt8>) -> Bool {
    let seed: InlineArray<9, UInt8> = [0, 1, 2, 3, 4, 5, 6, 7, 8]
    var generator = XDRBG256()
    var output = InlineArray<32, UInt8>(repeating: 0)
    for _ in 0..<2 {
      generator.absorb(seed.span)
      var bytes = output.mutableSpan
      generator.generate(into: &bytes)
    }
    generator.reset()
    return isEqual(output, answer)
  }

  /// Known answers are no secrets, so this may stop at the first difference.
  private static func isEqual(_ left: InlineArray<32, UInt8>, _ right: InlineArray<32, UInt8>) -> Bool {
    for index in left.indices where left[index] != right[index] { return false }
    return true
  }
}
