// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("SP 800-90A: DRBGs against NIST's vectors, with the working state after every call")
struct DRBGVectorTests {
  @Test("no reseed", arguments: DRBGFamily.allCases)
  func noReseed(family: DRBGFamily) throws {
    try check("no_reseed", family) { vector, drbg, states in
      _ = try drbg.generate(vector.returnedBits.count, vector.input("AdditionalInput", 0))
      states.check(drbg)
      return try drbg.generate(vector.returnedBits.count, vector.input("AdditionalInput", 1))
    }
  }

  @Test("an explicit reseed", arguments: DRBGFamily.allCases)
  func reseed(family: DRBGFamily) throws {
    try check("pr_false", family) { vector, drbg, states in
      var source = ScriptedSource(.entropyInput(try vector.input("EntropyInputReseed")))
      try drbg.reseed(
        from: &source, additionalInput: try vector.input("AdditionalInputReseed"), predictionResistance: false)
      #expect(source.requests == [drbg.limits.reseedRequest(predictionResistance: false)])
      states.check(drbg)
      _ = try drbg.generate(vector.returnedBits.count, vector.input("AdditionalInput", 0))
      states.check(drbg)
      return try drbg.generate(vector.returnedBits.count, vector.input("AdditionalInput", 1))
    }
  }

  @Test("prediction resistance", arguments: DRBGFamily.allCases)
  func predictionResistance(family: DRBGFamily) throws {
    try check("pr_true", family) { vector, drbg, states in
      var output: [UInt8] = []
      for call in 0..<2 {
        if call == 1 { states.check(drbg) }
        var source = ScriptedSource(.entropyInput(try vector.input("EntropyInputPR", call)))
        output = try drbg.generate(
          vector.returnedBits.count, reseedingFrom: &source, vector.input("AdditionalInput", call),
          predictionResistance: true)
        #expect(source.requests == [drbg.limits.reseedRequest(predictionResistance: true)])
      }
      return output
    }
  }

  /// Runs the 480 cases of a file: instantiates, runs the calls, and compares the last output with the .rsp file and all
  /// working states with the .txt file.
  private func check(
    _ folder: String, _ family: DRBGFamily,
    _ calls: (CAVPCase, any DRBGUnderTest, inout ExpectedStates) throws -> [UInt8]
  ) throws {
    let file = "cavp_drbg/\(folder)/\(family.rawValue)"
    let (responses, traces) = (try CAVPCase.all(in: file + ".rsp"), try CAVPCase.all(in: file + ".txt"))
    #expect(responses.count == 480 && traces.count == 480)
    #expect(responses.map(\.section) == traces.map(\.section))
    for (vector, trace) in zip(responses, traces) {
      let drbg = try #require(family.make(section: vector.section), "\(vector.section)")
      let seed = DRBGSeed(
        entropyInput: try vector.input("EntropyInput"), nonce: vector.isGiven("Nonce") ? try vector.input("Nonce") : [])
      var states = ExpectedStates(trace.states, "\(file) \(vector.section) \(vector.count)")
      var source = ScriptedSource(.seed(seed))
      try drbg.instantiate(
        from: &source, personalization: vector.input("PersonalizationString"),
        predictionResistance: folder == "pr_true")
      #expect(source.requests == [drbg.limits.seedRequest(predictionResistance: folder == "pr_true")])
      states.check(drbg)
      let output = try calls(vector, drbg, &states)
      #expect(output == vector.returnedBits, "\(file) \(vector.section) \(vector.count)")
      states.check(drbg)
      #expect(states.areAllChecked)
    }
  }
}

extension DRBGLimits {
  func seedRequest(strengthInBits: Int = 256, predictionResistance: Bool) -> DRBGEntropyRequest {
    let isFixed = entropyInputLengthInBytes.count == 1
    return DRBGEntropyRequest(
      minimumEntropyInBits: strengthInBits,
      minimumLengthInBytes: isFixed ? entropyInputLengthInBytes.lowerBound : strengthInBits / 8,
      maximumLengthInBytes: entropyInputLengthInBytes.upperBound, nonceInBits: usesNonce ? strengthInBits / 2 : 0,
      predictionResistance: predictionResistance)
  }

  func reseedRequest(strengthInBits: Int = 256, predictionResistance: Bool) -> DRBGEntropyRequest {
    var limits = self
    limits.usesNonce = false
    return limits.seedRequest(strengthInBits: strengthInBits, predictionResistance: predictionResistance)
  }
}

/// A vector file holds a family of DRBGs.
enum DRBGFamily: String, CaseIterable, CustomTestStringConvertible {
  case hash = "Hash_DRBG"
  case hmac = "HMAC_DRBG"
  case ctr = "CTR_DRBG"

  var testDescription: String { rawValue }

  func make(section: String) -> (any DRBGUnderTest)? {
    switch (self, section) {
    case (.hash, "SHA-256"): DRBGName.hashSHA256.make()
    case (.hash, "SHA-512"): DRBGName.hashSHA512.make()
    case (.hmac, "SHA-256"): DRBGName.hmacSHA256.make()
    case (.hmac, "SHA-512"): DRBGName.hmacSHA512.make()
    case (.ctr, "AES-256 use df"): DRBGName.ctr.make()
    case (.ctr, "AES-256 no df"): DRBGName.ctrWithoutDerivation.make()
    default: nil
    }
  }
}

/// One case of a CAVP file of DRBG vectors.
private struct CAVPCase {
  /// The first line in brackets of its group, say `SHA-256`.
  var section: String
  var count = ""
  var states: [WorkingState] = []
  /// `NAME = VALUE` as often as it is there.
  private var inputs: [String: [String]] = [:]
  private(set) var returnedBits: [UInt8] = []

  init(section: String) { self.section = section }

  func isGiven(_ name: String) -> Bool { inputs[name] != nil }

  func input(_ name: String, _ index: Int = 0) throws -> [UInt8] {
    guard let values = inputs[name], index < values.count else { throw VectorError.missing(name) }
    return try [UInt8](hex: values[index])
  }

  /// The cases of a file; `.txt` files tell the working states, too.
  static func all(in path: String) throws -> [CAVPCase] {
    var cases: [CAVPCase] = []
    var section = ""
    var isInGroup = false
    for line in try VectorFile.lines(of: path) {
      if line.hasPrefix("[") {
        // The others in brackets are the lengths of a group, which the values show.
        if !isInGroup { section = String(line.dropFirst().dropLast()) }
        isInGroup = true
      } else if line.hasPrefix("**") {
        cases[cases.count - 1].states.append(WorkingState())
      } else if !line.hasPrefix("#"), let equals = line.firstIndex(of: "=") {
        let name = line[..<equals].trimmingCharacters(in: .whitespaces)
        let value = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
        isInGroup = false
        if name == "COUNT" {
          cases.append(CAVPCase(section: section))
          cases[cases.count - 1].count = value
        } else {
          try cases[cases.count - 1].take(name, value)
        }
      }
    }
    return cases
  }

  private mutating func take(_ name: String, _ value: String) throws {
    switch name {
    case "V": states[states.count - 1].v = try [UInt8](hex: value)
    case "C": states[states.count - 1].c = try [UInt8](hex: value)
    case "Key": states[states.count - 1].key = try [UInt8](hex: value)
    case "reseed counter": states[states.count - 1].reseedCounter = UInt64(value)
    case "ReturnedBits": returnedBits = try [UInt8](hex: value)
    default: inputs[name, default: []].append(value)
    }
  }
}

/// The working states that a case goes through.
private struct ExpectedStates {
  private var states: ArraySlice<WorkingState>
  private let description: String

  init(_ states: [WorkingState], _ description: String) {
    self.states = states[...]
    self.description = description
  }

  var areAllChecked: Bool { states.isEmpty }

  mutating func check(_ drbg: any DRBGUnderTest) {
    guard let state = states.popFirst() else {
      Issue.record("no state left to compare with: \(description)")
      return
    }
    #expect(state.v != nil && (state.key != nil || (state.c != nil && state.reseedCounter != nil)))
    #expect(drbg.hasWorkingState(state), "\(description), \(states.count) states before the end")
  }
}
