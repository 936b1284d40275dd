// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The self tests of the LRNG: at power-on before the first output, and on demand.
///
/// Each known answer has a negative twin, the same test with a corrupted input, which must not give the answer. So a
/// test that can't fail is itself a failure. The tests work on instances of their own and leave live state alone.
public enum SelfTests {
  /// Runs all tests that are built in.
  public static func run() -> SelfTestReport {
    var report = SelfTestReport()
    report.runPrimitives()
    report.runGenerators()
    report.runDRBGs()
    report.runCollection()
    report.runSeeding()
    #if JitterSource
      report.runJitterRNG()
    #endif
    return report
  }
}

extension SelfTestReport {
  /// The known-answer tests of the generators.
  mutating func runGenerators() {
    run(.chaCha20DRNG) { GeneratorSelfTests.chaCha20DRNG(corrupting: $0) }
    run(.hardwareDRNG) { GeneratorSelfTests.hardwareDRNG(corrupting: $0) }
  }

  /// The tests that a generator and a hash of somebody else's bring along.
  public mutating func runExternal(_ drng: DRNGAlgorithm, _ hash: HashAlgorithm) {
    if case .external(let table) = drng { run(.externalDRNG) { table.findsKnownAnswer(corrupting: $0) } }
    if case .external(let table) = hash { run(.externalHash) { table.findsKnownAnswer(corrupting: $0) } }
  }

  /// The tests of the seed's accounting and layout.
  mutating func runSeeding() {
    run(.seedBuffer) { GeneratorSelfTests.seedBuffer(corrupting: $0) }
  }
}

enum GeneratorSelfTests {
  /// Seed 00 … 23 (36 bytes), 36 bytes of output: neither length is a multiple of 32. The output is a third-party value.
  private static let output: InlineArray<36, UInt8> = [
    0x9c, 0xfc, 0x5e, 0x31, 0x21, 0x62, 0x11, 0x85, 0xd3, 0x77, 0xd3, 0x69, 0x0f, 0xa8, 0x16, 0x55, 0xb4, 0x4c,
    0xf6, 0x52, 0xf3, 0xa8, 0x37, 0x99, 0x38, 0x76, 0xa0, 0x66, 0xec, 0xbb, 0xce, 0xa9, 0x9c, 0x95, 0xa1, 0xfd,
  ]

  static func chaCha20DRNG(corrupting: Bool) -> Bool {
    var seed = InlineArray<36, UInt8> { UInt8(truncatingIfNeeded: $0) }
    if corrupting { seed[35] ^= 1 }
    var drng = ChaCha20DRNG()
    var answer = InlineArray<36, UInt8>(repeating: 0)
    do throws(DRNGError) {
      try drng.seed(seed.span)
      var bytes = answer.mutableSpan
      try drng.generate(into: &bytes)
    } catch {
      return false
    }
    return constantTimeEqual(answer.span, output.span)
  }

  /// The output of a hardware generator is that of ChaCha20 XOR its words.
  static func hardwareDRNG(corrupting: Bool) -> Bool {
    let seed = InlineArray<36, UInt8> { UInt8(truncatingIfNeeded: $0) }
    var drng = HardwareDRNG()
    var answer = InlineArray<36, UInt8>(repeating: 0)
    // The words 1, 2, 3 and so on.
    var counter: UInt64 = corrupting ? 1 : 0
    let isGenerated = unsafe withUnsafeMutablePointer(to: &counter) { counter in
      let instruction = unsafe HardwareRandomInstruction(name: "counter", context: UnsafeMutableRawPointer(counter)) {
        context, word in
        guard let counter = unsafe context?.assumingMemoryBound(to: UInt64.self) else { return 0 }
        unsafe counter.pointee &+= 1
        unsafe word.pointee = unsafe counter.pointee
        return 1
      }
      drng.use(instruction)
      do throws(DRNGError) {
        try drng.seed(seed.span)
        var bytes = answer.mutableSpan
        try drng.generate(into: &bytes, additionalInput: Span())
        return true
      } catch {
        return false
      }
    }
    for word in 0..<5 { answer[word &* 8] ^= UInt8(truncatingIfNeeded: word &+ 1) }
    return isGenerated && constantTimeEqual(answer.span, output.span)
  }

  /// Each source's slot and credit is found where the layout says.
  static func seedBuffer(corrupting: Bool) -> Bool {
    var buffer = SeedBuffer(for: SeedingPolicy())
    for index in 0..<EntropySourceKind.count {
      guard let source = EntropySourceKind.at(index) else { return false }
      buffer.fill(source) { slot in
        slot[slot.count &- 1] = UInt8(truncatingIfNeeded: index &+ (corrupting ? 2 : 1))
        return source.sharesInterrupts ? 0 : UInt32(truncatingIfNeeded: index &+ 1)
      }
    }
    buffer.seal(timeStamp: 0)
    return buffer.withBytes { bytes in
      guard bytes.count == 220 else { return false }
      for index in 0..<EntropySourceKind.count {
        guard let source = EntropySourceKind.at(index) else { return false }
        guard bytes[32 &* index &+ 31] == UInt8(truncatingIfNeeded: index &+ 1) else { return false }
        let credit: UInt32 = source.sharesInterrupts ? 0 : UInt32(truncatingIfNeeded: index &+ 1)
        var stored: UInt32 = 0
        for byte in 0..<4 { stored |= UInt32(bytes[196 &+ 4 &* index &+ byte]) }
        guard stored == credit else { return false }
      }
      return true
    }
  }
}
