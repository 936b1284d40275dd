// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("SP 800-90A section 9: instantiation")
struct DRBGInstantiationTests {
  @Test("without an instantiation nothing is served, and no source is asked", arguments: DRBGName.allCases)
  func uninstantiated(name: DRBGName) {
    let drbg = name.make()
    #expect(drbg.state == .uninstantiated && drbg.strengthInBits == 0)
    drbg.refusesEverything(.wrongState)
  }

  @Test("a second instantiation is refused, and no source is asked for it", arguments: DRBGName.allCases)
  func twice(name: DRBGName) throws {
    let (drbg, twin) = try name.makeTwins()
    #expect(throws: DRBGError.wrongState) { try drbg.instantiate(.of(9)) }
    var source = ScriptedSource(.seed(.of(9)))
    #expect(throws: DRBGError.wrongState) { try drbg.instantiate(from: &source) }
    #expect(source.requests.isEmpty)
    #expect(try drbg.generate(32) == twin.generate(32))
  }

  @Test(
    "the strength asked for is rounded up to 112, 128, 192 or 256 bits",
    arguments: [
      (-1, 112), (0, 112), (1, 112), (112, 112), (113, 128), (128, 128), (129, 192), (192, 192), (193, 256), (256, 256),
    ])
  func strength(asked: Int, expected: Int) throws {
    for name in DRBGName.allCases {
      let (pushed, pulling) = (name.make(), name.make())
      try pushed.instantiate(strength: asked)
      #expect(pushed.strengthInBits == expected)
      var source = ScriptedSource(.seed(.of(0)))
      try pulling.instantiate(from: &source, strength: asked)
      #expect(pulling.strengthInBits == expected)
      #expect(
        source.requests == [pulling.limits.seedRequest(strengthInBits: expected, predictionResistance: false)])
      // The strength is what a user may count on, not an input.
      #expect(try pushed.generate(32, strength: expected) == pulling.generate(32, strength: expected))
    }
  }

  @Test("more than 256 bits of strength are refused, and no source is asked", arguments: DRBGName.allCases)
  func tooStrong(name: DRBGName) {
    let drbg = name.make()
    #expect(throws: DRBGError.strengthNotSupported) { try drbg.instantiate(strength: 257) }
    var source = ScriptedSource(.seed(.of(0)))
    #expect(throws: DRBGError.strengthNotSupported) { try drbg.instantiate(from: &source, strength: 257) }
    #expect(source.requests.isEmpty && drbg.state == .uninstantiated)
  }

  @Test("entropy input shorter than the strength is refused", arguments: DRBGName.allCases)
  func shortEntropyInput(name: DRBGName) throws {
    for strength in [112, 128, 192, 256] {
      let drbg = name.make()
      let isFixed = drbg.limits.entropyInputLengthInBytes.count == 1
      let least = isFixed ? drbg.limits.entropyInputLengthInBytes.lowerBound : strength / 8
      var seed = DRBGSeed(entropyInput: .counting(least - 1), nonce: .counting(16))
      #expect(throws: DRBGError.entropyInputLength) { try drbg.instantiate(seed, strength: strength) }
      var source = ScriptedSource(.seed(seed))
      #expect(throws: DRBGError.entropyInputLength) { try drbg.instantiate(from: &source, strength: strength) }
      #expect(drbg.state == .uninstantiated)
      seed.entropyInput = .counting(least)
      try drbg.instantiate(seed, strength: strength)
      #expect(throws: DRBGError.entropyInputLength) { try drbg.reseed(.counting(least - 1)) }
      source = ScriptedSource(.entropyInput(.counting(least - 1)))
      #expect(throws: DRBGError.entropyInputLength) {
        try drbg.reseed(from: &source, additionalInput: [], predictionResistance: false)
      }
      try drbg.reseed(.counting(least))
    }
  }

  @Test("the nonce has half the strength, or is part of entropy input of one and a half times the strength")
  func nonce() throws {
    for name in DRBGName.allCases where name.make().limits.usesNonce {
      for strength in [112, 128, 192, 256] {
        func outcome(entropyInput: Int, nonce: Int) -> DRBGError? {
          do throws(DRBGError) {
            let seed = DRBGSeed(entropyInput: .counting(entropyInput), nonce: .counting(nonce))
            try name.make().instantiate(seed, strength: strength)
            return nil
          } catch {
            return error
          }
        }
        let (whole, half) = (strength / 8, strength / 16)
        #expect(outcome(entropyInput: whole, nonce: half) == nil)
        #expect(outcome(entropyInput: whole, nonce: half - 1) == .nonceTooShort)
        #expect(outcome(entropyInput: whole, nonce: 0) == .nonceTooShort)
        #expect(outcome(entropyInput: whole + half, nonce: 0) == nil)
        #expect(outcome(entropyInput: whole + half - 1, nonce: 0) == .nonceTooShort)
        #expect(outcome(entropyInput: whole + half, nonce: half - 1) == .nonceTooShort)
      }
    }
  }

  @Test("entropy input, nonce, personalization: each bit of them changes the output", arguments: DRBGName.allCases)
  func everyBitCounts(name: DRBGName) throws {
    func output(_ seed: DRBGSeed, _ personalization: [UInt8]) throws -> [UInt8] {
      let drbg = name.make()
      try drbg.instantiate(seed, personalization: personalization)
      return try drbg.generate(16)
    }
    let personalization = [UInt8].counting(20)
    var outputs: Set = [try output(.of(0), personalization), try output(.of(0), []), try output(.of(0), [0])]
    var count = 3
    // Without a derivation function the personalization is added to the seed, bit by bit: zeroes change nothing, and the
    // bits changed below are others than those of the seed.
    if !name.make().limits.usesNonce { count = 2 }
    for index in 0..<48 {
      var seed = DRBGSeed.of(0)
      seed.entropyInput[index] ^= 1 << (index % 8)
      outputs.insert(try output(seed, personalization))
      count += 1
    }
    for index in 0..<16 where name.make().limits.usesNonce {
      var seed = DRBGSeed.of(0)
      seed.nonce[index] ^= 1 << (index % 8)
      outputs.insert(try output(seed, personalization))
      count += 1
    }
    for index in personalization.indices {
      var other = personalization
      other[index] ^= 1 << ((index + 3) % 8)
      outputs.insert(try output(.of(0), other))
      count += 1
    }
    #expect(outputs.count == count)
  }

  @Test("an input longer than the limit is refused, and no source is asked for it")
  func tooLong() throws {
    let huge = [UInt8](repeating: 0, count: (1 << 28) + 1)
    for name in DRBGName.allCases {
      let drbg = name.make()
      let limit = drbg.limits.inputLengthInBytes
      let tooLong = limit < 1 << 28 ? Array(huge[...limit]) : huge
      #expect(tooLong.count == limit + 1)
      var source = ScriptedSource(.seed(.of(0)))
      #expect(throws: DRBGError.inputTooLong) { try drbg.instantiate(personalization: tooLong) }
      #expect(throws: DRBGError.inputTooLong) { try drbg.instantiate(from: &source, personalization: tooLong) }
      #expect(throws: DRBGError.entropyInputLength) {
        try drbg.instantiate(DRBGSeed(entropyInput: tooLong, nonce: .counting(16)))
      }
      #expect(drbg.state == .uninstantiated)

      let twin = name.make()
      try drbg.instantiate()
      try twin.instantiate()
      #expect(throws: DRBGError.inputTooLong) { try drbg.reseed(.counting(48), additionalInput: tooLong) }
      #expect(throws: DRBGError.entropyInputLength) { try drbg.reseed(tooLong) }
      #expect(throws: DRBGError.inputTooLong) { try drbg.generate(1, tooLong) }
      #expect(throws: DRBGError.inputTooLong) {
        try drbg.reseed(from: &source, additionalInput: tooLong, predictionResistance: false)
      }
      #expect(throws: DRBGError.inputTooLong) { try drbg.generate(1, reseedingFrom: &source, tooLong) }
      #expect(source.requests.isEmpty)
      #expect(try drbg.generate(16) == twin.generate(16))
    }
  }

  @Test(
    "uninstantiate wipes the working state, and leaves a DRBG that can be instantiated", arguments: DRBGName.allCases)
  func uninstantiate(name: DRBGName) throws {
    let (drbg, twin) = try name.makeTwins()
    let expected = try twin.generate(40)
    _ = try drbg.generate(100, [1])
    #expect(!drbg.isWiped)
    drbg.uninstantiate()
    #expect(drbg.isWiped && drbg.state == .uninstantiated)
    #expect(drbg.strengthInBits == 0 && !drbg.hasPredictionResistance && drbg.reseedCounter == 0)
    drbg.refusesEverything(.wrongState)
    try drbg.instantiate()
    #expect(try drbg.generate(40) == expected)
  }
}

@Suite("SP 800-90A section 9: reseeding and generation")
struct DRBGGenerationTests {
  @Test("DRBGs of equal seeds give equal streams, through calls of every kind", arguments: DRBGName.allCases)
  func equality(name: DRBGName) throws {
    let (drbg, twin) = try name.makeTwins(predictionResistance: true)
    for length in [0, 1, 15, 16, 17, 64, 65, 300] {
      #expect(try drbg.generate(length, [1, 2]) == twin.generate(length, [1, 2]))
      try drbg.reseed(.counting(48), additionalInput: [3])
      try twin.reseed(.counting(48), additionalInput: [3])
      #expect(drbg.reseedCounter == 1)
      var (one, other) = (ScriptedSource(.entropyInput(.counting(48))), ScriptedSource(.entropyInput(.counting(48))))
      #expect(
        try drbg.generate(length, reseedingFrom: &one, predictionResistance: true)
          == twin.generate(length, reseedingFrom: &other, predictionResistance: true))
      #expect(drbg.reseedCounter == 2)
    }
  }

  @Test(
    "a request begins a new stream: a longer one goes on where a shorter one ends, two do not",
    arguments: DRBGName.allCases)
  func requests(name: DRBGName) throws {
    let whole = try name.makeTwins().0.generate(200)
    for length in [1, 16, 31, 32, 33, 64, 100, 128] {
      let drbg = try name.makeTwins().0
      #expect(try drbg.generate(length) == Array(whole.prefix(length)))
      #expect(try drbg.generate(16) != Array(whole[length..<length + 16]))
    }
  }

  @Test("an empty request counts, and changes the stream", arguments: DRBGName.allCases)
  func emptyRequest(name: DRBGName) throws {
    let (drbg, twin) = try name.makeTwins()
    #expect(try drbg.generate(0) == [])
    #expect(drbg.reseedCounter == 2)
    #expect(try drbg.generate(16) != twin.generate(16))
  }

  @Test("additional input changes the output and the state: none, and each that differs", arguments: DRBGName.allCases)
  func additionalInput(name: DRBGName) throws {
    var firsts = Set<[UInt8]>()
    var seconds = Set<[UInt8]>()
    let inputs: [[UInt8]] = [[], [1], [2], [1, 2], .counting(47), .counting(48)]
    for input in inputs {
      let drbg = try name.makeTwins().0
      firsts.insert(try drbg.generate(32, input))
      seconds.insert(try drbg.generate(32))
      let reseeded = try name.makeTwins().0
      try reseeded.reseed(.counting(48).reversed(), additionalInput: input)
      firsts.insert(try reseeded.generate(32))
    }
    #expect(firsts.count == 2 * inputs.count && seconds.count == inputs.count)
  }

  @Test("a request of 2^19 bits is served, one of a byte more is refused", arguments: DRBGName.allCases)
  func longestRequest(name: DRBGName) throws {
    let (drbg, twin) = try name.makeTwins(predictionResistance: true)
    var source = ScriptedSource()
    #expect(drbg.limits.requestLengthInBytes == 65_536)
    #expect(throws: DRBGError.requestTooLong) { try drbg.generate(65_537) }
    #expect(throws: DRBGError.requestTooLong) {
      try drbg.generate(65_537, reseedingFrom: &source, predictionResistance: true)
    }
    #expect(source.requests.isEmpty)
    let output = try drbg.generate(65_536)
    #expect(try Array(output.prefix(48)) == twin.generate(48))
    #expect(output.suffix(16) != ArraySlice(repeating: 0, count: 16))
  }

  @Test("a request for more strength than the instantiation has is refused", arguments: DRBGName.allCases)
  func requestedStrength(name: DRBGName) throws {
    for (strength, other) in [(112, 113), (128, 192), (192, 256), (256, 257)] {
      let drbg = name.make()
      try drbg.instantiate(strength: strength)
      var source = ScriptedSource()
      #expect(throws: DRBGError.strengthNotSupported) { try drbg.generate(1, strength: other) }
      #expect(throws: DRBGError.strengthNotSupported) {
        try drbg.generate(1, reseedingFrom: &source, strength: other)
      }
      #expect(try drbg.generate(1, strength: strength).count == 1)
      #expect(try drbg.generate(1, strength: 1).count == 1)
    }
  }

  @Test("prediction resistance is for an instantiation that has it", arguments: DRBGName.allCases)
  func withoutPredictionResistance(name: DRBGName) throws {
    let (drbg, twin) = try name.makeTwins()
    #expect(!drbg.hasPredictionResistance)
    var source = ScriptedSource(.seed(.of(1)))
    #expect(throws: DRBGError.predictionResistanceNotSupported) {
      try drbg.reseed(from: &source, additionalInput: [], predictionResistance: true)
    }
    #expect(throws: DRBGError.predictionResistanceNotSupported) {
      try drbg.generate(16, reseedingFrom: &source, predictionResistance: true)
    }
    #expect(source.requests.isEmpty)
    #expect(try drbg.generate(16) == twin.generate(16))
  }

  @Test("with prediction resistance, only a request that asks for it asks the source", arguments: DRBGName.allCases)
  func predictionResistanceOnRequest(name: DRBGName) throws {
    let (drbg, twin) = try name.makeTwins(predictionResistance: true)
    #expect(drbg.hasPredictionResistance)
    var source = ScriptedSource(.entropyInput(.counting(48)))
    #expect(try drbg.generate(16, reseedingFrom: &source, [7]) == twin.generate(16, [7]))
    #expect(source.requests.isEmpty)
  }

  @Test(
    "prediction resistance is a reseed with the additional input, and then a request without",
    arguments: DRBGName.allCases)
  func predictionResistance(name: DRBGName) throws {
    let (drbg, twin) = try name.makeTwins(predictionResistance: true)
    var source = ScriptedSource(.entropyInput(.counting(48)))
    let output = try drbg.generate(40, reseedingFrom: &source, [5, 6], predictionResistance: true)
    #expect(source.requests == [drbg.limits.reseedRequest(predictionResistance: true)])
    try twin.reseed(.counting(48), additionalInput: [5, 6])
    #expect(try output == twin.generate(40))
    #expect(drbg.reseedCounter == 2)
  }

  @Test("after 2^48 requests one without a source is refused, one with a source reseeds", arguments: DRBGName.allCases)
  func endOfSeedLife(name: DRBGName) throws {
    let (drbg, twin) = try name.makeTwins()
    (drbg.reseedCounter, twin.reseedCounter) = (1 << 48, 1 << 48)
    #expect(try drbg.generate(16) == twin.generate(16))
    #expect(drbg.reseedCounter == (1 << 48) + 1)

    #expect(drbg.refusal { drbg, output throws(DRBGError) in try drbg.generate(into: &output) } == .reseedRequired)
    var dry = ScriptedSource()
    #expect(
      drbg.refusal { drbg, output throws(DRBGError) in
        try drbg.generate(into: &output, reseedingFrom: &dry)
      } == .entropyUnavailable)
    #expect(drbg.state == .instantiated && drbg.reseedCounter == (1 << 48) + 1)

    var source = ScriptedSource(.entropyInput(.counting(48)))
    let output = try drbg.generate(40, reseedingFrom: &source, [5])
    #expect(source.requests == [drbg.limits.reseedRequest(predictionResistance: false)])
    try twin.reseed(.counting(48), additionalInput: [5])
    #expect(try output == twin.generate(40))
    #expect(drbg.reseedCounter == 2)
  }
}

@Suite("SP 800-90A sections 9 and 11.3: sources that fail, and the error state")
struct DRBGErrorTests {
  @Test("a source without entropy leaves the DRBG as it was", arguments: DRBGName.allCases)
  func unavailable(name: DRBGName) throws {
    for answer in [ScriptedSource.Answer.error(.unavailable), .silence] {
      let drbg = name.make()
      var source = ScriptedSource(answer, .seed(.of(0)), answer, answer, answer)
      #expect(throws: DRBGError.entropyUnavailable) { try drbg.instantiate(from: &source, predictionResistance: true) }
      #expect(drbg.state == .uninstantiated)
      try drbg.instantiate(from: &source, predictionResistance: true)
      #expect(throws: DRBGError.entropyUnavailable) {
        try drbg.reseed(from: &source, additionalInput: [], predictionResistance: false)
      }
      #expect(
        drbg.refusal { drbg, output throws(DRBGError) in
          try drbg.generate(into: &output, reseedingFrom: &source, predictionResistance: true)
        } == .entropyUnavailable)
      #expect(source.requests.count == 4)
      #expect(try drbg.generate(32) == name.makeTwins(predictionResistance: true).0.generate(32))
    }
  }

  @Test("a source that is broken for good brings the error state, whoever asked it", arguments: DRBGName.allCases)
  func catastrophic(name: DRBGName) throws {
    for call in 0..<3 {
      let drbg = name.make()
      if call > 0 { try drbg.instantiate(predictionResistance: true) }
      var source = ScriptedSource(.error(.catastrophic))
      let error = drbg.refusal { drbg, output throws(DRBGError) in
        switch call {
        case 0: try drbg.instantiate(from: &source)
        case 1: try drbg.reseed(from: &source, additionalInput: [], predictionResistance: false)
        default: try drbg.generate(into: &output, reseedingFrom: &source, predictionResistance: true)
        }
      }
      #expect(error == .failed)
      #expect(drbg.state == .failed && drbg.isWiped)
      try holdsInErrorState(drbg, name)
    }
  }

  @Test("a failed self test brings the error state, instantiated or not", arguments: DRBGName.allCases)
  func failedSelfTest(name: DRBGName) throws {
    for isInstantiated in [false, true] {
      let drbg = name.make()
      if isInstantiated { try drbg.instantiate() }
      drbg.fail()
      #expect(drbg.state == .failed && drbg.isWiped)
      try holdsInErrorState(drbg, name)
    }
  }

  /// No instantiation, no reseed, no output, until it is uninstantiated.
  private func holdsInErrorState(_ drbg: any DRBGUnderTest, _ name: DRBGName) throws {
    #expect(throws: DRBGError.failed) { try drbg.instantiate() }
    var source = ScriptedSource(.seed(.of(0)))
    #expect(throws: DRBGError.failed) { try drbg.instantiate(from: &source) }
    #expect(source.requests.isEmpty)
    drbg.refusesEverything(.failed)
    drbg.uninstantiate()
    #expect(drbg.state == .uninstantiated)
    try drbg.instantiate()
    #expect(try drbg.generate(32) == name.makeTwins().0.generate(32))
  }

  @Test("a refused call changes nothing, in the DRBG or in the output", arguments: DRBGName.allCases)
  func refusals(name: DRBGName) throws {
    let (drbg, twin) = try name.makeTwins()
    typealias Call = (any DRBGUnderTest, inout [UInt8]) throws(DRBGError) -> Void
    let calls: [(DRBGError, Call)] = [
      (.wrongState, { drbg, _ throws(DRBGError) in try drbg.instantiate() }),
      (.entropyInputLength, { drbg, _ throws(DRBGError) in try drbg.reseed([1]) }),
      (.strengthNotSupported, { drbg, output throws(DRBGError) in try drbg.generate(into: &output, strength: 257) }),
      (
        .requestTooLong,
        { drbg, output throws(DRBGError) in
          output += [UInt8](repeating: 0xEE, count: 65_537)
          try drbg.generate(into: &output)
        }
      ),
      (
        .entropyInputLength,
        { drbg, _ throws(DRBGError) in
          var source = ScriptedSource(.entropyInput([1]))
          try drbg.reseed(from: &source, additionalInput: [], predictionResistance: false)
        }
      ),
      (
        .predictionResistanceNotSupported,
        { drbg, output throws(DRBGError) in
          var source = ScriptedSource(.entropyInput(.counting(48)))
          try drbg.generate(into: &output, reseedingFrom: &source, predictionResistance: true)
        }
      ),
    ]
    for (error, call) in calls {
      #expect(drbg.refusal(call) == error)
      #expect(drbg.reseedCounter == 1)
    }
    #expect(try drbg.generate(32) == twin.generate(32))
  }
}

extension DRBGName {
  /// Two instances of the same seed.
  fileprivate func makeTwins(
    predictionResistance: Bool = false
  ) throws(DRBGError) -> (any DRBGUnderTest, any DRBGUnderTest) {
    let twins = (make(), make())
    try twins.0.instantiate(predictionResistance: predictionResistance)
    try twins.1.instantiate(predictionResistance: predictionResistance)
    return twins
  }
}

extension DRBGUnderTest {
  fileprivate func generate(into output: inout [UInt8], strength: Int = 256) throws(DRBGError) {
    try generate(into: &output, additionalInput: [], strengthInBits: strength)
  }

  fileprivate func generate(
    into output: inout [UInt8], reseedingFrom source: inout ScriptedSource, predictionResistance: Bool = false
  ) throws(DRBGError) {
    try generate(
      into: &output, reseedingFrom: &source, additionalInput: [], strengthInBits: 256,
      predictionResistance: predictionResistance)
  }

  /// The error of a call, which must leave its output alone.
  fileprivate func refusal(
    _ call: (any DRBGUnderTest, inout [UInt8]) throws(DRBGError) -> Void
  ) -> DRBGError? {
    var output = [UInt8](repeating: 0xEE, count: 40)
    defer { #expect(output.allSatisfy { $0 == 0xEE }) }
    do throws(DRBGError) {
      try call(self, &output)
      return nil
    } catch {
      return error
    }
  }

  /// Reseeds and requests of either kind end in this error, and no source is asked.
  fileprivate func refusesEverything(_ error: DRBGError) {
    var source = ScriptedSource(.seed(.of(0)))
    for predictionResistance in [false, true] {
      #expect(
        refusal { drbg, _ throws(DRBGError) in
          try drbg.reseed(from: &source, additionalInput: [], predictionResistance: predictionResistance)
        } == error)
      #expect(
        refusal { drbg, output throws(DRBGError) in
          try drbg.generate(into: &output, reseedingFrom: &source, predictionResistance: predictionResistance)
        } == error)
    }
    #expect(refusal { drbg, _ throws(DRBGError) in try drbg.reseed(.counting(48)) } == error)
    #expect(refusal { drbg, output throws(DRBGError) in try drbg.generate(into: &output) } == error)
    #expect(source.requests.isEmpty)
  }
}
