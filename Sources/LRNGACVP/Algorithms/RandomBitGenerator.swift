// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore

/// A mechanism of SP 800-90A, section 10.
enum DRBGKind: Sendable {
  case counter(usesDerivationFunction: Bool, counterLengthInBits: Int)
  case hash(DRBGHash)
  case hmac(DRBGHash)
}

/// The hash functions of Hash_DRBG and HMAC_DRBG, by their mode.
enum DRBGHash: String, CaseIterable {
  case sha256 = "SHA2-256"
  case sha512 = "SHA2-512"
}

/// The block ciphers of CTR_DRBG, by their mode.
private enum DRBGCipher: String, CaseIterable {
  case aes256 = "AES-256"
}

/// A group of tests of a DRBG.
struct DRBGGroup: ChallengeGroup {
  /// Tables 2 and 3: a request has at most 2^19 bits.
  private static let maximumRequestInBits = 1 << 19

  private let kind: DRBGKind
  private let hasPredictionResistance: Bool
  private let entropyInputLengthInBits: Int?
  private let nonceLengthInBits: Int?
  private let personalizationLengthInBits: Int?
  private let additionalInputLengthInBits: Int?
  private let returnedLengthInBits: Int?

  init(_ group: Members) throws(ACVPFault) {
    _ = try group.choice("mode", DRBGCipher.self)
    let kind = DRBGKind.counter(
      usesDerivationFunction: try group.boolean("derFunc"),
      // Table 3: 4 <= ctr_len <= blocklen.
      counterLengthInBits: group.has("counterFieldLen") ? try group.integer("counterFieldLen", in: 4...128) : 128)
    try self.init(group, kind)
  }

  init(_ group: Members, of kind: (DRBGHash) -> DRBGKind) throws(ACVPFault) {
    try self.init(group, kind(group.choice("mode")))
  }

  private init(_ group: Members, _ kind: DRBGKind) throws(ACVPFault) {
    _ = try group.testType(of: .functional)
    self.kind = kind
    hasPredictionResistance = group.has("predResistance") ? try group.boolean("predResistance") : false
    entropyInputLengthInBits = try Self.inputLength(group, "entropyInputLen")
    nonceLengthInBits = try Self.inputLength(group, "nonceLen")
    personalizationLengthInBits = try Self.inputLength(group, "persoStringLen")
    additionalInputLengthInBits = try Self.inputLength(group, "additionalInputLen")
    returnedLengthInBits = group.has("returnedBitsLen") ? try Self.returnedLength(group) : nil
  }

  func challenge(_ test: Members) throws(ACVPFault) -> any Challenge {
    let steps = try test.list("otherInput") { (step) throws(ACVPFault) in try self.step(step) }
    guard steps.contains(where: { $0.use == .generate }) else {
      throw test.fault("generates nothing", at: "otherInput")
    }
    let returnedLength = if let returnedLengthInBits { returnedLengthInBits } else { try Self.returnedLength(test) }
    return DRBGWalk(
      kind: kind,
      entropyInput: try test.bytes("entropyInput", lengthInBits: entropyInputLengthInBits),
      nonce: try test.bytes("nonce", lengthInBits: nonceLengthInBits),
      personalization: try test.bytes("persoString", lengthInBits: personalizationLengthInBits),
      steps: steps,
      returnedLengthInBits: returnedLength,
      path: test.path)
  }

  private func step(_ step: Members) throws(ACVPFault) -> DRBGWalk.Step {
    let use = try step.choice("intendedUse", DRBGWalk.Step.Use.self)
    let additionalInput = try step.bytes("additionalInput", lengthInBits: additionalInputLengthInBits)
    // A request without prediction resistance has no entropy input of its own.
    let isEmpty = step.has("entropyInput") ? try step.string("entropyInput").isEmpty : true
    if isEmpty && use == .generate && !hasPredictionResistance {
      return DRBGWalk.Step(use: use, entropyInput: [], additionalInput: additionalInput)
    }
    let entropyInput = try step.bytes("entropyInput", lengthInBits: entropyInputLengthInBits)
    return DRBGWalk.Step(use: use, entropyInput: entropyInput, additionalInput: additionalInput)
  }

  /// The inputs are strings of bytes. Without a length they are as long as they come.
  private static func inputLength(_ group: Members, _ name: String) throws(ACVPFault) -> Int? {
    group.has(name) ? try group.wholeBytes(name) : nil
  }

  private static func returnedLength(_ members: Members) throws(ACVPFault) -> Int {
    try members.bits("returnedBitsLen", in: 1...maximumRequestInBits)
  }
}

/// The life of a DRBG: instantiated, then led through reseeds and requests. The last request is the answer.
struct DRBGWalk: Challenge {
  struct Step {
    enum Use: String, CaseIterable {
      case reseed = "reSeed"
      case generate
    }

    let use: Use
    /// Empty for a request without prediction resistance.
    let entropyInput: [UInt8]
    let additionalInput: [UInt8]

    var isPredictionResistant: Bool { use == .generate && !entropyInput.isEmpty }
  }

  let kind: DRBGKind
  let entropyInput: [UInt8]
  let nonce: [UInt8]
  let personalization: [UInt8]
  let steps: [Step]
  let returnedLengthInBits: Int
  /// Where the test stands in the prompt.
  let path: String

  var workInBytes: UInt64 {
    UInt64(steps.count { $0.use == .generate }) &* UInt64(BitString.bytes(forBits: returnedLengthInBits))
  }

  func answer(into object: inout JSONWriter, _ work: inout Work) throws {
    do {
      // The leftmost bits, as the mechanisms of section 10 return them.
      object.member("returnedBits", BitString(try returnedBits(&work), lengthInBits: returnedLengthInBits).bytes)
    } catch let error as DRBGError {
      throw ACVPFault("the DRBG refuses: \(error)", at: path)
    }
  }

  private func returnedBits(_ work: inout Work) throws -> [UInt8] {
    switch kind {
    case .counter(let usesDerivationFunction, let counterLengthInBits):
      try walk(
        CTRDRBG<AES256>(usesDerivationFunction: usesDerivationFunction, counterLengthInBits: counterLengthInBits),
        &work)
    case .hash(.sha256): try walk(HashDRBG<SHA256>(), &work)
    case .hash(.sha512): try walk(HashDRBG<SHA512>(), &work)
    case .hmac(.sha256): try walk(HMACDRBG<SHA256>(), &work)
    case .hmac(.sha512): try walk(HMACDRBG<SHA512>(), &work)
    }
  }

  private func walk<Mechanism: DRBGMechanism & ~Copyable>(
    _ mechanism: consuming Mechanism, _ work: inout Work
  ) throws -> [UInt8] {
    var drbg = DRBG(mechanism)
    var output = [UInt8](repeating: 0, count: BitString.bytes(forBits: returnedLengthInBits))
    try drbg.instantiate(
      entropyInput: entropyInput.span, nonce: nonce.span, personalization: personalization.span,
      predictionResistance: steps.contains(where: \.isPredictionResistant))
    for step in steps {
      let additionalInput = step.additionalInput.span
      if step.use == .reseed {
        try drbg.reseed(entropyInput: step.entropyInput.span, additionalInput: additionalInput)
        continue
      }
      var bytes = output.mutableSpan
      if step.isPredictionResistant {
        var source = StepEntropy(entropyInput: step.entropyInput)
        try drbg.generate(
          into: &bytes, reseedingFrom: &source, additionalInput: additionalInput, predictionResistance: true)
      } else {
        try drbg.generate(into: &bytes, additionalInput: additionalInput)
      }
      try work.advance(byBytes: UInt64(output.count))
    }
    drbg.uninstantiate()
    return output
  }
}

/// The entropy input that a prompt gives to a request with prediction resistance.
private struct StepEntropy: DRBGEntropySource {
  let entropyInput: [UInt8]

  mutating func withEntropyInput(
    _ request: DRBGEntropyRequest, _ body: (_ entropyInput: Span<UInt8>, _ nonce: Span<UInt8>) -> Void
  ) throws(DRBGEntropyError) {
    body(entropyInput.span, Span())
  }
}
