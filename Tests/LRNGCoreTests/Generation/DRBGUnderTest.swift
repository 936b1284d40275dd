// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

/// The DRBGs that there are.
enum DRBGName: String, CaseIterable, CustomTestStringConvertible {
  case hashSHA256 = "Hash_DRBG with SHA-256"
  case hashSHA512 = "Hash_DRBG with SHA-512"
  case hmacSHA256 = "HMAC_DRBG with SHA-256"
  case hmacSHA512 = "HMAC_DRBG with SHA-512"
  case ctr = "CTR_DRBG with derivation function"
  case ctrWithoutDerivation = "CTR_DRBG without derivation function"

  var testDescription: String { rawValue }

  func make() -> any DRBGUnderTest {
    switch self {
    case .hashSHA256: Instance(HashDRBG<SHA256>())
    case .hashSHA512: Instance(HashDRBG<SHA512>())
    case .hmacSHA256: Instance(HMACDRBG<SHA256>())
    case .hmacSHA512: Instance(HMACDRBG<SHA512>())
    case .ctr: Instance(CTRDRBG<AES256>())
    case .ctrWithoutDerivation: Instance(CTRDRBG<AES256>(usesDerivationFunction: false))
    }
  }
}

/// A DRBG that takes and gives arrays, whatever its mechanism.
protocol DRBGUnderTest: AnyObject {
  var state: DRBGState { get }
  var strengthInBits: Int { get }
  var hasPredictionResistance: Bool { get }
  var reseedCounter: UInt64 { get set }
  var limits: DRBGLimits { get }

  func instantiate(
    _ seed: DRBGSeed, personalization: [UInt8], strengthInBits: Int, predictionResistance: Bool
  ) throws(DRBGError)
  func reseed(_ entropyInput: [UInt8], additionalInput: [UInt8]) throws(DRBGError)
  func generate(into output: inout [UInt8], additionalInput: [UInt8], strengthInBits: Int) throws(DRBGError)

  func instantiate(
    from source: inout ScriptedSource, personalization: [UInt8], strengthInBits: Int, predictionResistance: Bool
  ) throws(DRBGError)
  func reseed(
    from source: inout ScriptedSource, additionalInput: [UInt8], predictionResistance: Bool
  ) throws(DRBGError)
  func generate(
    into output: inout [UInt8], reseedingFrom source: inout ScriptedSource, additionalInput: [UInt8],
    strengthInBits: Int, predictionResistance: Bool
  ) throws(DRBGError)

  func uninstantiate()
  func fail()

  /// Whether the working state is this one. A key that is not kept as such is compared by what it does.
  func hasWorkingState(_ expected: WorkingState) -> Bool
  /// Whether nothing of a seed is left.
  var isWiped: Bool { get }
}

enum DRBGState: Equatable {
  case uninstantiated, instantiated, failed
}

struct DRBGLimits: Equatable {
  var entropyInputLengthInBytes: ClosedRange<Int>
  var usesNonce: Bool
  var inputLengthInBytes: Int
  var requestLengthInBytes: Int
}

struct DRBGSeed {
  var entropyInput: [UInt8]
  var nonce: [UInt8] = []

  /// 384 bits, which every mechanism takes, and a nonce of 128 bits.
  static func of(_ first: UInt8) -> DRBGSeed {
    DRBGSeed(entropyInput: (0..<48).map { first &+ $0 }, nonce: (100..<116).map { first &+ $0 })
  }
}

/// The working state as the vectors print it; what they don't print is nil.
struct WorkingState: Equatable {
  var v: [UInt8]?
  var c: [UInt8]?
  var key: [UInt8]?
  var reseedCounter: UInt64?
}

/// A mechanism whose working state can be compared with the vectors'.
protocol ObservableMechanism: DRBGMechanism, ~Copyable {
  mutating func isEqual(to expected: WorkingState) -> Bool
  /// Whether nothing of a seed is left.
  var isWiped: Bool { mutating get }
}

extension HashDRBG: ObservableMechanism where Hash: ~Copyable {
  func isEqual(to expected: WorkingState) -> Bool {
    (expected.v == nil || v.value.span.prefix(Self.seedLengthInBytes) == expected.v)
      && (expected.c == nil || c.value.span.prefix(Self.seedLengthInBytes) == expected.c)
  }

  var isWiped: Bool { v.value.span.isZero && c.value.span.isZero }
}

extension HMACDRBG: ObservableMechanism where Hash: ~Copyable {
  mutating func isEqual(to expected: WorkingState) -> Bool {
    (expected.v == nil || v.value.span.prefix(Hash.digestLengthInBytes) == expected.v)
      && (expected.key == nil || hasKey(expected.key ?? []))
  }

  var isWiped: Bool {
    mutating get {
      let isKeyless = hasKey([])
      return isKeyless && v.value.span.isZero
    }
  }

  private mutating func hasKey(_ key: [UInt8]) -> Bool {
    var other = HMAC<Hash>()
    other.rekey(key.span)
    return Self.tagOfNothing(&hmac) == Self.tagOfNothing(&other)
  }

  private static func tagOfNothing(_ hmac: inout HMAC<Hash>) -> [UInt8] {
    var tag = [UInt8](repeating: 0, count: Hash.digestLengthInBytes)
    var bytes = tag.mutableSpan
    hmac.finalize(into: &bytes)
    return tag
  }
}

extension CTRDRBG: ObservableMechanism where Cipher: ~Copyable {
  mutating func isEqual(to expected: WorkingState) -> Bool {
    let bytes = (0..<16).map { UInt8(truncatingIfNeeded: v.value[$0 / 8] >> (56 - 8 * UInt64($0 % 8))) }
    return (expected.v == nil || bytes == expected.v) && (expected.key == nil || hasKey(expected.key ?? []))
  }

  private func hasKey(_ key: [UInt8]) -> Bool {
    var other = Cipher()
    other.setKey(key.span)
    return encryptsAs(other)
  }

  private func encryptsAs(_ other: borrowing Cipher) -> Bool {
    var (ours, theirs) = (
      InlineArray<8, UInt64> { 0x0123_4567 * UInt64($0) }, InlineArray<8, UInt64> { 0x0123_4567 * UInt64($0) }
    )
    cipher.encrypt(&ours)
    other.encrypt(&theirs)
    return ours.indices.allSatisfy { ours[$0] == theirs[$0] }
  }

  var isWiped: Bool {
    let keyless = Cipher()
    return v.value[0] == 0 && v.value[1] == 0 && encryptsAs(keyless)
  }
}

/// A source that answers what it was told to answer, and remembers what it was asked.
struct ScriptedSource: DRBGEntropySource {
  enum Answer {
    case seed(DRBGSeed)
    case error(DRBGEntropyError)
    /// Returns without a word.
    case silence

    static func entropyInput(_ bytes: [UInt8]) -> Answer { .seed(DRBGSeed(entropyInput: bytes)) }
  }

  var answers: [Answer]
  private(set) var requests: [DRBGEntropyRequest] = []

  init(_ answers: Answer...) { self.answers = answers }

  mutating func withEntropyInput(
    _ request: DRBGEntropyRequest, _ body: (_ entropyInput: Span<UInt8>, _ nonce: Span<UInt8>) -> Void
  ) throws(DRBGEntropyError) {
    requests.append(request)
    guard !answers.isEmpty else { throw .unavailable }
    switch answers.removeFirst() {
    case .seed(let seed): body(seed.entropyInput.span, seed.nonce.span)
    case .error(let error): throw error
    case .silence: break
    }
  }
}

extension DRBGUnderTest {
  func instantiate(
    _ seed: DRBGSeed = .of(0), personalization: [UInt8] = [], strength: Int = 256, predictionResistance: Bool = false
  ) throws(DRBGError) {
    try instantiate(
      seed, personalization: personalization, strengthInBits: strength, predictionResistance: predictionResistance)
  }

  func instantiate(
    from source: inout ScriptedSource, personalization: [UInt8] = [], strength: Int = 256,
    predictionResistance: Bool = false
  ) throws(DRBGError) {
    try instantiate(
      from: &source, personalization: personalization, strengthInBits: strength,
      predictionResistance: predictionResistance)
  }

  func reseed(_ entropyInput: [UInt8]) throws(DRBGError) { try reseed(entropyInput, additionalInput: []) }

  func generate(_ count: Int, _ additionalInput: [UInt8] = [], strength: Int = 256) throws(DRBGError) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: count)
    try generate(into: &output, additionalInput: additionalInput, strengthInBits: strength)
    return output
  }

  func generate(
    _ count: Int, reseedingFrom source: inout ScriptedSource, _ additionalInput: [UInt8] = [], strength: Int = 256,
    predictionResistance: Bool = false
  ) throws(DRBGError) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: count)
    try generate(
      into: &output, reseedingFrom: &source, additionalInput: additionalInput, strengthInBits: strength,
      predictionResistance: predictionResistance)
    return output
  }
}

final class Instance<Mechanism: ObservableMechanism & ~Copyable>: DRBGUnderTest {
  private var drbg: DRBG<Mechanism>

  init(_ mechanism: consuming Mechanism) { drbg = DRBG(mechanism) }

  var state: DRBGState {
    switch drbg.state {
    case .uninstantiated: .uninstantiated
    case .instantiated: .instantiated
    case .failed: .failed
    }
  }
  var strengthInBits: Int { drbg.strengthInBits }
  var hasPredictionResistance: Bool { drbg.hasPredictionResistance }
  var reseedCounter: UInt64 {
    get { drbg.reseedCounter }
    set { drbg.reseedCounter = newValue }
  }
  var limits: DRBGLimits {
    DRBGLimits(
      entropyInputLengthInBytes:
        drbg.mechanism.minimumEntropyInputLengthInBytes...drbg.mechanism.maximumEntropyInputLengthInBytes,
      usesNonce: drbg.mechanism.usesNonce, inputLengthInBytes: drbg.mechanism.maximumInputLengthInBytes,
      requestLengthInBytes: drbg.mechanism.maximumRequestLengthInBytes)
  }

  func instantiate(
    _ seed: DRBGSeed, personalization: [UInt8], strengthInBits: Int, predictionResistance: Bool
  ) throws(DRBGError) {
    try drbg.instantiate(
      entropyInput: seed.entropyInput.span, nonce: seed.nonce.span, personalization: personalization.span,
      strengthInBits: strengthInBits, predictionResistance: predictionResistance)
  }

  func reseed(_ entropyInput: [UInt8], additionalInput: [UInt8]) throws(DRBGError) {
    try drbg.reseed(entropyInput: entropyInput.span, additionalInput: additionalInput.span)
  }

  func generate(into output: inout [UInt8], additionalInput: [UInt8], strengthInBits: Int) throws(DRBGError) {
    var bytes = output.mutableSpan
    try drbg.generate(into: &bytes, additionalInput: additionalInput.span, strengthInBits: strengthInBits)
  }

  func instantiate(
    from source: inout ScriptedSource, personalization: [UInt8], strengthInBits: Int, predictionResistance: Bool
  ) throws(DRBGError) {
    try drbg.instantiate(
      from: &source, personalization: personalization.span, strengthInBits: strengthInBits,
      predictionResistance: predictionResistance)
  }

  func reseed(
    from source: inout ScriptedSource, additionalInput: [UInt8], predictionResistance: Bool
  ) throws(DRBGError) {
    try drbg.reseed(
      from: &source, additionalInput: additionalInput.span, predictionResistance: predictionResistance)
  }

  func generate(
    into output: inout [UInt8], reseedingFrom source: inout ScriptedSource, additionalInput: [UInt8],
    strengthInBits: Int, predictionResistance: Bool
  ) throws(DRBGError) {
    var bytes = output.mutableSpan
    try drbg.generate(
      into: &bytes, reseedingFrom: &source, additionalInput: additionalInput.span, strengthInBits: strengthInBits,
      predictionResistance: predictionResistance)
  }

  func uninstantiate() { drbg.uninstantiate() }
  func fail() { drbg.fail() }

  func hasWorkingState(_ expected: WorkingState) -> Bool {
    drbg.mechanism.isEqual(to: expected)
      && (expected.reseedCounter == nil || drbg.reseedCounter == expected.reseedCounter)
  }

  var isWiped: Bool { drbg.mechanism.isWiped }
}

extension Span<UInt8> {
  fileprivate func prefix(_ count: Int) -> [UInt8] { (0..<count).map { self[$0] } }
  fileprivate var isZero: Bool { indices.allSatisfy { self[$0] == 0 } }
}
