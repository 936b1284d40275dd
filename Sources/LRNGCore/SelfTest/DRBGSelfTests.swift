// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

extension SelfTestReport {
  /// The known-answer tests of the SP 800-90A DRBGs, as section 11.3 demands: instantiate, reseed, generate, and generate
  /// with prediction resistance.
  mutating func runDRBGs() {
    testCTRDRBG()
    testCTRDRBGWithoutDerivation()
    testHashDRBG()
    testHashDRBGSHA256()
    testHMACDRBG()
    testHMACDRBGSHA256()
  }

  // Not inlined: side by side they would want more stack than a kernel has.

  @inline(never)
  private mutating func testCTRDRBG() {
    run(
      .ctrDRBG, DRBGCase.Lengths(input: 32, nonce: 16, firstRequest: 64), DRBGAnswers.ctrDRBG,
      DRBGAnswers.ctrDRBGWithPredictionResistance
    ) { CTRDRBG<AES256>() }
  }

  @inline(never)
  private mutating func testCTRDRBGWithoutDerivation() {
    run(
      .ctrDRBGWithoutDerivation, DRBGCase.Lengths(input: 48, nonce: 0, firstRequest: 64),
      DRBGAnswers.ctrDRBGWithoutDerivation,
      DRBGAnswers.ctrDRBGWithoutDerivationWithPredictionResistance
    ) { CTRDRBG<AES256>(usesDerivationFunction: false) }
  }

  @inline(never)
  private mutating func testHashDRBG() {
    run(
      .hashDRBG, DRBGCase.Lengths(input: 32, nonce: 16, firstRequest: 256), DRBGAnswers.hashDRBG,
      DRBGAnswers.hashDRBGWithPredictionResistance
    ) { HashDRBG<SHA512>() }
  }

  @inline(never)
  private mutating func testHashDRBGSHA256() {
    run(
      .hashDRBGSHA256, DRBGCase.Lengths(input: 32, nonce: 16, firstRequest: 128), DRBGAnswers.hashDRBGSHA256,
      DRBGAnswers.hashDRBGSHA256WithPredictionResistance
    ) { HashDRBG<SHA256>() }
  }

  @inline(never)
  private mutating func testHMACDRBG() {
    run(
      .hmacDRBG, DRBGCase.Lengths(input: 32, nonce: 16, firstRequest: 256), DRBGAnswers.hmacDRBG,
      DRBGAnswers.hmacDRBGWithPredictionResistance
    ) { HMACDRBG<SHA512>() }
  }

  @inline(never)
  private mutating func testHMACDRBGSHA256() {
    run(
      .hmacDRBGSHA256, DRBGCase.Lengths(input: 32, nonce: 16, firstRequest: 128), DRBGAnswers.hmacDRBGSHA256,
      DRBGAnswers.hmacDRBGSHA256WithPredictionResistance
    ) { HMACDRBG<SHA256>() }
  }

  /// Both cases of one mechanism, each with its twin.
  @inline(never)
  private mutating func run<Mechanism: DRBGMechanism & ~Copyable>(
    _ kind: SelfTestKind, _ lengths: DRBGCase.Lengths, _ plain: DRBGCase.Bytes, _ resistant: DRBGCase.Bytes,
    _ make: () -> Mechanism
  ) {
    run(kind) { DRBGCase.isAnswered(plain, lengths, corrupting: $0, by: make) }
    run(kind) { DRBGCase.isAnsweredWithPredictionResistance(resistant, lengths, corrupting: $0, by: make) }
  }
}

/// One case of NIST's: eight values in slots of 48 bytes.
///
/// | slot | without prediction resistance | with it |
/// |---|---|---|
/// | 0, 1, 2 | entropy input, nonce and personalization string | the same |
/// | 3, 4 | entropy input and additional input of the reseed | of the first request |
/// | 5 | additional input of the first request | entropy input of the second |
/// | 6 | additional input of the second request | the same |
/// | 7 | the first 32 bytes of what the second request returns | the same |
struct DRBGCase {
  typealias Bytes = InlineArray<384, UInt8>

  struct Lengths {
    /// Of all inputs but the nonce.
    let input: Int
    let nonce: Int
    /// Of the first request, whose output is not compared, but whose length matters to the second.
    let firstRequest: Int
  }

  private var bytes: Bytes
  private let lengths: Lengths

  init(_ bytes: Bytes, _ lengths: Lengths, corrupting: Bool) {
    self.bytes = bytes
    self.lengths = lengths
    if corrupting { self.bytes[0] ^= 1 }
  }

  @inline(never)
  fileprivate static func isAnswered<Mechanism: DRBGMechanism & ~Copyable>(
    _ bytes: Bytes, _ lengths: Lengths, corrupting: Bool, by make: () -> Mechanism
  ) -> Bool {
    DRBGCase(bytes, lengths, corrupting: corrupting).isAnswered(by: make())
  }

  @inline(never)
  fileprivate static func isAnsweredWithPredictionResistance<Mechanism: DRBGMechanism & ~Copyable>(
    _ bytes: Bytes, _ lengths: Lengths, corrupting: Bool, by make: () -> Mechanism
  ) -> Bool {
    DRBGCase(bytes, lengths, corrupting: corrupting).isAnsweredWithPredictionResistance(by: make())
  }

  /// Instantiate, reseed, two requests.
  @inline(__always)
  func isAnswered<Mechanism: DRBGMechanism & ~Copyable>(by mechanism: consuming Mechanism) -> Bool {
    let values = bytes.span
    let firstInput = values.extracting(input(5))
    let secondInput = values.extracting(input(6))
    var drbg = DRBG(mechanism)
    var output = InlineArray<256, UInt8>(repeating: 0)
    do throws(DRBGError) {
      try drbg.instantiate(
        entropyInput: values.extracting(input(0)), nonce: values.extracting(nonce),
        personalization: values.extracting(input(2)))
      try drbg.reseed(entropyInput: values.extracting(input(3)), additionalInput: values.extracting(input(4)))
      var bytes = output.mutableSpan
      try bytes.withPart(0..<firstRequestLength) { (part) throws(DRBGError) in
        try drbg.generate(into: &part, additionalInput: firstInput)
      }
      try bytes.withPart(0..<32) { (part) throws(DRBGError) in
        try drbg.generate(into: &part, additionalInput: secondInput)
      }
    } catch {
      return false
    }
    drbg.uninstantiate()
    return constantTimeEqual(output.span.extracting(0..<32), values.extracting(answer))
  }

  /// Instantiate, and two requests with prediction resistance, each after a reseed of its own.
  @inline(__always)
  func isAnsweredWithPredictionResistance<Mechanism: DRBGMechanism & ~Copyable>(
    by mechanism: consuming Mechanism
  ) -> Bool {
    let values = bytes.span
    let firstInput = values.extracting(input(4))
    let secondInput = values.extracting(input(6))
    var drbg = DRBG(mechanism)
    var output = InlineArray<256, UInt8>(repeating: 0)
    do throws(DRBGError) {
      try drbg.instantiate(
        entropyInput: values.extracting(input(0)), nonce: values.extracting(nonce),
        personalization: values.extracting(input(2)), predictionResistance: true)
      var bytes = output.mutableSpan
      var source = Entropy(values.extracting(input(3)))
      try bytes.withPart(0..<firstRequestLength) { (part) throws(DRBGError) in
        try drbg.generate(
          into: &part, reseedingFrom: &source, additionalInput: firstInput, predictionResistance: true)
      }
      source = Entropy(values.extracting(input(5)))
      try bytes.withPart(0..<32) { (part) throws(DRBGError) in
        try drbg.generate(
          into: &part, reseedingFrom: &source, additionalInput: secondInput, predictionResistance: true)
      }
    } catch {
      return false
    }
    drbg.uninstantiate()
    return constantTimeEqual(output.span.extracting(0..<32), values.extracting(answer))
  }

  private var firstRequestLength: Int { min(max(lengths.firstRequest, 0), 256) }

  /// Where an input stands.
  private func input(_ slot: Int) -> Range<Int> { part(slot, lengths.input) }

  private var nonce: Range<Int> { part(1, lengths.nonce) }

  private var answer: Range<Int> { part(7, 32) }

  private func part(_ slot: Int, _ length: Int) -> Range<Int> {
    let start = min(max(slot, 0), 7) &* 48
    return start..<start &+ min(max(length, 0), 48)
  }

  /// The entropy input of one request.
  private struct Entropy: DRBGEntropySource {
    private var seed = InlineArray<48, UInt8>(repeating: 0)
    private let length: Int

    /// - Parameter bytes: At most 48.
    init(_ bytes: Span<UInt8>) {
      length = bytes.count
      var span = seed.mutableSpan
      span.copy(from: bytes, at: 0, to: 0)
    }

    mutating func withEntropyInput(
      _ request: DRBGEntropyRequest, _ body: (Span<UInt8>, Span<UInt8>) -> Void
    ) throws(DRBGEntropyError) {
      guard request.predictionResistance else { throw .unavailable }
      body(seed.span.extracting(0..<min(max(length, 0), 48)), Span())
    }
  }
}
