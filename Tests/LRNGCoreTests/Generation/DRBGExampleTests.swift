// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("SP 800-90A: NIST's worked examples")
struct DRBGExampleTests {
  @Test("Hash_DRBG: output, V, C and reseed counter after every step", arguments: ["SHA256", "SHA512"])
  func hash(name: String) throws {
    try check("Hash_DRBG_\(name)") { name == "SHA256" ? DRBGName.hashSHA256.make() : DRBGName.hashSHA512.make() }
  }

  @Test("HMAC_DRBG: output, V and Key after every step", arguments: ["SHA256", "SHA512"])
  func hmac(name: String) throws {
    try check("HMAC_DRBG_\(name)") { name == "SHA256" ? DRBGName.hmacSHA256.make() : DRBGName.hmacSHA512.make() }
  }

  @Test("CTR_DRBG: output, V and Key after every step", arguments: ["with", "no"])
  func ctr(name: String) throws {
    try check("CTR_DRBG_\(name)DF_AES256") {
      name == "with" ? DRBGName.ctr.make() : DRBGName.ctrWithoutDerivation.make()
    }
  }

  @Test("CTR_DRBG: every block of the cipher, and every result of the derivation function")
  func ctrParts() throws {
    var (blocks, derivations) = (0, 0)
    for file in ["CTR_DRBG_noDF_AES256", "CTR_DRBG_withDF_AES256"] {
      let values = try WorkedExample.all(in: "nist_examples/\(file).txt").flatMap(\.steps).flatMap(\.values)
      var latest: [String: [UInt8]] = [:]
      for (name, bytes) in values {
        switch name {
        case "output_block is":
          blocks += 1
          #expect(encrypt(latest["V is"] ?? [], key: latest["Key is"] ?? []) == bytes)
        case "X = BlockEncrypt(Key, X) is":
          blocks += 1
          #expect(encrypt(latest["X is"] ?? [], key: latest["Key is"] ?? []) == bytes)
        case "requested_bits is":
          derivations += 1
          #expect(derive(from: latest["input_str is"] ?? []) == bytes)
        default: latest[name] = bytes
        }
      }
    }
    #expect(blocks == 276 && derivations == 20)
  }

  private func encrypt(_ block: [UInt8], key: [UInt8]) -> [UInt8] {
    var cipher = AES256()
    cipher.setKey(key.span)
    return LRNGCoreTests.encrypt(block, with: cipher)
  }

  private func derive(from input: [UInt8]) -> [UInt8] {
    var derivation = BlockCipherDerivation<AES256>()
    var output = InlineArray<48, UInt8>(repeating: 0)
    derivation.derive(input.span, Span(), Span(), into: &output)
    return output.indices.map { output[$0] }
  }

  /// Each file has eight examples: with and without prediction resistance, personalization and additional input.
  private func check(_ file: String, _ make: () -> any DRBGUnderTest) throws {
    let examples = try WorkedExample.all(in: "nist_examples/\(file).txt")
    #expect(examples.count == 8)
    #expect(examples.count { $0.hasPredictionResistance } == 4)
    for (index, example) in examples.enumerated() {
      let stepwise = make()
      let pulling = make()
      let name = "\(file), example \(index)"
      let (header, calls) = (example.steps[0], example.steps.dropFirst())
      try stepwise.instantiate(
        example.seed, personalization: example.personalization, strength: example.strengthInBits,
        predictionResistance: example.hasPredictionResistance)
      try pulling.instantiate(
        example.seed, personalization: example.personalization, strength: example.strengthInBits,
        predictionResistance: example.hasPredictionResistance)
      #expect(stepwise.hasWorkingState(header.state), "\(name) after instantiation")

      var number = 0
      for step in calls {
        let additionalInput = example.additionalInputs[number]
        switch step.kind {
        case .instantiation: Issue.record("a second instantiation in \(name)")
        case .reseed:
          try stepwise.reseed(example.reseeds[number], additionalInput: additionalInput)
          #expect(stepwise.hasWorkingState(step.state), "\(name) after reseed \(number)")
        case .generation:
          let output = try stepwise.generate(
            step.output.count, example.hasPredictionResistance ? [] : additionalInput, strength: example.strengthInBits)
          #expect(output == step.output, "\(name), output \(number)")
          #expect(stepwise.hasWorkingState(step.state), "\(name) after output \(number)")
          var source = ScriptedSource(.entropyInput(example.reseeds[number]))
          let pulled = try pulling.generate(
            step.output.count, reseedingFrom: &source, additionalInput, strength: example.strengthInBits,
            predictionResistance: example.hasPredictionResistance)
          #expect(pulled == step.output, "\(name), output \(number)")
          #expect(pulling.hasWorkingState(step.state), "\(name) after output \(number)")
          #expect(source.requests.isEmpty == !example.hasPredictionResistance)
          number += 1
        }
      }
      #expect(number == 2)
    }
  }
}

/// One example of a file: what goes in, and what is printed of each step.
struct WorkedExample {
  enum Kind { case instantiation, reseed, generation }

  struct Step {
    var kind: Kind
    /// The last values that the step prints.
    var state = WorkingState()
    var output: [UInt8] = []
    /// Everything that it prints: a line of text, and the bytes below it.
    var values: [(name: String, bytes: [UInt8])] = []
  }

  private(set) var strengthInBits = 0
  private(set) var hasPredictionResistance = false
  private(set) var seed = DRBGSeed(entropyInput: [])
  private(set) var personalization: [UInt8] = []
  private(set) var reseeds: [[UInt8]] = [[], []]
  private(set) var additionalInputs: [[UInt8]] = [[], []]
  private(set) var steps: [Step] = []

  static func all(in path: String) throws -> [WorkedExample] {
    var examples: [WorkedExample] = []
    for (name, bytes) in try values(in: path) {
      if ["Hash_DRBG", "HMAC_DRBG", "CTR_DRBG"].contains(name) { examples.append(WorkedExample()) }
      examples[examples.count - 1].take(name, bytes)
    }
    return examples
  }

  /// The lines of text, each with the hexadecimal lines below it. The breaks of a page, and of sections, are dashes.
  private static func values(in path: String) throws -> [(name: String, bytes: [UInt8])] {
    var values: [(name: String, digits: String)] = []
    for line in try VectorFile.lines(of: path) where !line.isEmpty && !line.allSatisfy({ "-*#".contains($0) }) {
      let digits = line.filter { $0 != " " }
      if digits.allSatisfy({ $0.isHexDigit }) && line != "BCC" {
        values[values.count - 1].digits += digits
      } else {
        values.append((line, ""))
      }
    }
    return try values.map { ($0.name, try [UInt8](hex: $0.digits)) }
  }

  private mutating func take(_ name: String, _ bytes: [UInt8]) {
    if name.hasPrefix("Requested Security Strength = ") {
      strengthInBits = Int(name.split(separator: " ").last ?? "") ?? 0
    } else if name.contains("_Instantiate_algorithm") {
      steps.append(Step(kind: .instantiation))
    } else if name.contains("_DRBG_Reseed") {
      // It takes the place of the request that needed it.
      steps[steps.count - 1] = Step(kind: .reseed)
    } else if name.contains("_DRBG_Generate") {
      steps.append(Step(kind: .generation))
    } else if steps.isEmpty {
      takeInput(name, bytes)
    } else {
      steps[steps.count - 1].take(name, bytes)
    }
  }

  private mutating func takeInput(_ name: String, _ bytes: [UInt8]) {
    switch name {
    case "prediction_resistance_flag = \"ENABLED\"": hasPredictionResistance = true
    case "EntropyInput =": seed.entropyInput = bytes
    case "EntropyInput1 (for Reseed1) =": reseeds[0] = bytes
    case "EntropyInput2 (for Reseed2) =": reseeds[1] = bytes
    case "Nonce =": seed.nonce = bytes
    case "PersonalizationString =": personalization = bytes
    case "AdditionalInput1 =": additionalInputs[0] = bytes
    case "AdditionalInput2 =": additionalInputs[1] = bytes
    default: break
    }
  }
}

extension WorkedExample.Step {
  fileprivate mutating func take(_ name: String, _ bytes: [UInt8]) {
    values.append((name, bytes))
    switch name {
    case "V is", "V = HMAC(K, V) is": state.v = bytes
    case "C is": state.c = bytes
    case "Key is", "K = HMAC(K, V || 0x00 || provided_data) is", "K = HMAC(K, V || 0x01 || provided_data) is":
      state.key = bytes
    case "reseed_counter is": state.reseedCounter = bytes.reduce(0) { $0 << 8 | UInt64($1) }
    case "rnd_val is": output = bytes
    default: break
    }
  }
}
