// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Synchronization
import Testing

@testable import LRNG

@Suite("Self tests stand before the first output")
struct EngineSelfTestTests {
  /// Those of all that is built in.
  static let kinds = SelfTestKind.all.filter { $0 != .externalDRNG && $0 != .externalHash }

  /// Nothing comes out of any call.
  private func expectSilence(
    of generator: RandomBitGenerator, failedTests: UInt32, _ location: SourceLocation = #_sourceLocation
  ) async throws {
    let failure = LRNGError.selfTestFailed(failedTests: failedTests)
    for quality in [QualityOfService.fullySeeded, .available, .predictionResistant] {
      for count in [0, 1, 5000] where count > 0 || quality != .predictionResistant {
        for isWaiting in [true, false] {
          var bytes = [UInt8](repeating: 0, count: count)
          #expect(throws: failure, sourceLocation: location) {
            try fill(&bytes, from: generator, quality, isWaiting)
          }
          #expect(bytes.allSatisfy { $0 == 0 }, sourceLocation: location)
        }
        await #expect(throws: failure, sourceLocation: location) {
          _ = try await generator.bytes(count: count, quality: quality)
        }
      }
    }
    #expect(throws: failure, sourceLocation: location) { try generator.seed(isReseed: true, waiting: true) }
    await #expect(throws: failure, sourceLocation: location) { _ = try await generator.seed() }
    await #expect(throws: failure, sourceLocation: location) { try await generator.waitUntilFullySeeded() }
    #expect(!generator.waitUntilFullySeeded(), sourceLocation: location)
    #expect(generator.status.failedSelfTests == failedTests, sourceLocation: location)
  }

  private func fill(
    _ bytes: inout [UInt8], from generator: RandomBitGenerator, _ quality: QualityOfService, _ isWaiting: Bool
  ) throws {
    var span = bytes.mutableSpan
    _ = try generator.fill(&span, quality: quality, waiting: isWaiting)
  }

  @Test(
    "a failure at power-on: there is no output for good", .timeLimit(.minutes(1)),
    arguments: [SelfTestKind.sha256, .auxiliaryPool])
  func powerOn(kind: SelfTestKind) async throws {
    let isBroken = Flag(true)
    let generator = RandomBitGenerator(
      try Engine(
        .only(.kernel), selfTests: { isBroken.isSet ? .failure(of: kind) : .passed }))
    let failed: UInt32 = 1 << UInt32(kind.rawValue)
    try await expectSilence(of: generator, failedTests: failed)
    // The next run finds nothing wrong. Neither it nor entropy lifts the failure.
    isBroken.set(false)
    #expect(generator.runSelfTests().allPassed)
    let data = [UInt8](repeating: 3, count: 32)
    try generator.insert(entropy: data.span, bits: 256)
    generator.reseed()
    try await expectSilence(of: generator, failedTests: failed)
  }

  @Test("a failure on demand ends the output of a generator that was fine", .timeLimit(.minutes(1)))
  func onDemand() async throws {
    let isBroken = Flag()
    let lines = Lines()
    let generator = RandomBitGenerator(
      try Engine(
        .only(.kernel), trace: { lines.append($0) },
        selfTests: { isBroken.isSet ? .failure(of: .chaCha20Block) : .passed }))
    #expect(try generatorBytes(generator) == 16)
    isBroken.set()
    let report = generator.runSelfTests()
    #expect(report.hasFailed(.chaCha20Block) && !report.allPassed)
    try await expectSilence(of: generator, failedTests: 1 << 5)
    isBroken.set(false)
    #expect(generator.runSelfTests().allPassed)
    try await expectSilence(of: generator, failedTests: 1 << 5)
    #expect(lines.all.contains("lrng_selftest: LRNG self-tests failed: mask 0x20"))
  }

  private func generatorBytes(_ generator: RandomBitGenerator) throws -> Int { try generator.bytes(count: 16).count }

  @Test("those who wait for entropy hear of the failure instead of waiting on", .timeLimit(.minutes(1)))
  func waiters() async throws {
    let isBroken = Flag()
    let generator = RandomBitGenerator(
      try Engine(.only([]), selfTests: { isBroken.isSet ? .failure(of: .sha256) : .passed }))
    let errors = Lines()
    let waiter = Thread {
      do { _ = try generator.bytes(count: 1) } catch { errors.append("\(error)") }
      if generator.waitUntilFullySeeded() { errors.append("seeded") }
    }
    let task = Task { try await generator.waitUntilFullySeeded() }
    try await Task.sleep(for: .milliseconds(50))
    isBroken.set()
    generator.runSelfTests()
    waiter.join()
    #expect(errors.all == ["self test failed (mask 0x1): there is no output"])
    await #expect(throws: LRNGError.selfTestFailed(failedTests: 1)) { try await task.value }
  }

  @Test("nothing is output while the self tests run", .timeLimit(.minutes(1)))
  func running() throws {
    let isRunning = Flag()
    let mayEnd = Flag()
    let hasOutput = Flag()
    let generator = RandomBitGenerator(
      try Engine(
        .only(.kernel),
        selfTests: {
          isRunning.set()
          while !mayEnd.isSet { pause() }
          return .passed
        }))
    let reader = Thread {
      #expect(throws: Never.self) { try generator.bytes(count: 1, quality: .available) }
      hasOutput.set()
    }
    while !isRunning.isSet { pause() }
    for _ in 0..<50 { pause() }
    #expect(!hasOutput.isSet)
    mayEnd.set()
    reader.join()
  }

  @Test("each known answer is tested, and passes")
  func allRun() throws {
    let report = try RandomBitGenerator(.only(.kernel)).runSelfTests()
    #expect(Self.kinds.count >= 20)
    for kind in Self.kinds { #expect(report.hasPassed(kind), "\(kind)") }
    #expect(report.ran == Self.kinds.reduce(0) { $0 | 1 << UInt32($1.rawValue) })
    #expect(report.failed == 0)
  }

  @Test(
    "a failure stops the mechanism and what stands on it, and nothing else",
    arguments: [
      (SelfTestKind.aes256, [DRNGAlgorithm.ctrDRBG], [HashAlgorithm]()),
      (.ctrDRBG, [.ctrDRBG], []),
      (.hashDRBG, [.hashDRBG], []),
      (.hmacSHA512, [.hmacDRBG], []),
      (.hmacDRBG, [.hmacDRBG], []),
      (.sha512, [.hashDRBG, .hmacDRBG], [.sha512]),
      (.sha3_512, [], [.sha3_512]),
      (.hmacSHA256, [], []),
    ])
  func mechanisms(kind: SelfTestKind, stopped: [DRNGAlgorithm], stoppedHashes: [HashAlgorithm]) throws {
    for algorithm in [DRNGAlgorithm.chaCha20, .ctrDRBG, .hashDRBG, .hmacDRBG] {
      for hash in [HashAlgorithm.sha256, .sha512, .sha3_512] {
        let generator = RandomBitGenerator(
          try Engine(
            .only(.kernel).with {
              $0.drng = algorithm
              $0.hash = hash
            },
            selfTests: { .failure(of: kind) }))
        if stopped.contains(algorithm) || stoppedHashes.contains(hash) {
          #expect(throws: LRNGError.selfTestFailed(failedTests: kind.bit)) { try generator.bytes(count: 1) }
        } else {
          #expect(try generator.bytes(count: 40).count == 40)
          #expect(generator.status.isFullySeeded)
          #if Switching
            for other in stopped {
              #expect(throws: LRNGError.switchFailed(name: "\(other.name)", .selfTestFailed)) {
                try generator.switchDRNG(to: other)
              }
            }
            for other in stoppedHashes {
              #expect(throws: LRNGError.switchFailed(name: "\(other.name)", .selfTestFailed)) {
                try generator.switchHash(to: other)
              }
            }
          #endif
          #expect(try generator.bytes(count: 40).count == 40)
        }
        #expect(generator.status.description.contains("Self tests failed: \(kind.name)"))
      }
    }
  }

  @Test("with a failed mechanism that is not in use, even the first request that does not wait gets bytes of a seed")
  func firstRequest() throws {
    let collector = BlockCollector()
    for _ in 0..<20 {
      let generator = RandomBitGenerator(try Engine(.only(.kernel), selfTests: { .failure(of: .aes256) }))
      collector.add { try generator.bytes(count: 64, quality: .available) }
    }
    collector.expectNoRepetition()
  }

  #if Switching
    @Test("after a switch away from what failed at power-on, no request has to wait for somebody else's seed")
    func wayOut() throws {
      for quality in [QualityOfService.available, .fullySeeded] {
        let generator = RandomBitGenerator(
          try Engine(.only(.kernel).with { $0.drng = .ctrDRBG }, selfTests: { .failure(of: .aes256) }))
        #expect(throws: LRNGError.selfTestFailed(failedTests: SelfTestKind.aes256.bit)) {
          try generator.bytes(count: 1)
        }
        try generator.switchDRNG(to: .chaCha20)
        var bytes = [UInt8](repeating: 0, count: 32)
        var span = bytes.mutableSpan
        #expect(try generator.fill(&span, quality: quality, waiting: false) == 32)
        #expect(generator.status.isFullySeeded)
      }
    }
  #endif

  @Test("who waits without a thread is not sent away by a failed mechanism that is not in use", .timeLimit(.minutes(1)))
  func waitingTask() async throws {
    let generator = RandomBitGenerator(try Engine(.only([]), selfTests: { .failure(of: .aes256) }))
    let task = Task { try await generator.waitUntilFullySeeded() }
    try await Task.sleep(for: .milliseconds(60))
    let data = [UInt8](repeating: 5, count: 32)
    try generator.insert(entropy: data.span, bits: 256)
    try await task.value
    #expect(generator.status.isFullySeeded)
  }

  @Test("the self tests run again after their interval, and a failure then ends the output", .timeLimit(.minutes(1)))
  func periodically() throws {
    let runs = Atomic<Int>(0)
    let isBroken = Flag()
    let generator = RandomBitGenerator(
      try Engine(
        .only(.kernel).with {
          $0.selfTestIntervalInSeconds = 1
          $0.reseedIntervalInSeconds = 0
        },
        selfTests: {
          runs.add(1, ordering: .relaxed)
          return isBroken.isSet ? .failure(of: .chaCha20Block) : .passed
        }))
    for _ in 0..<20 { _ = try generator.bytes(count: 1) }
    #expect(runs.load(ordering: .relaxed) <= 2, "the interval is not over")
    while runs.load(ordering: .relaxed) < 3 {
      _ = try generator.bytes(count: 1)
      pause()
    }
    isBroken.set()
    #expect(throws: LRNGError.selfTestFailed(failedTests: SelfTestKind.chaCha20Block.bit)) {
      while true {
        _ = try generator.bytes(count: 1)
        pause()
      }
    }
  }

  @Test("without an interval the self tests run at the start and on demand only")
  func never() throws {
    let runs = Atomic<Int>(0)
    let generator = RandomBitGenerator(
      try Engine(
        .only(.kernel).with {
          $0.selfTestIntervalInSeconds = 0
          $0.reseedIntervalInSeconds = 0
        },
        selfTests: {
          runs.add(1, ordering: .relaxed)
          return .passed
        }))
    for _ in 0..<2500 { _ = try generator.bytes(count: 1) }
    #expect(runs.load(ordering: .relaxed) == 1)
    generator.runSelfTests()
    #expect(runs.load(ordering: .relaxed) == 2)
  }

  @Test("a second run reports the same, and disturbs nobody")
  func again() throws {
    let generator = try RandomBitGenerator(.only(.kernel))
    let collector = BlockCollector()
    let first = generator.runSelfTests()
    collector.add { try generator.bytes(count: 64) }
    #expect(generator.runSelfTests() == first)
    collector.add { try generator.bytes(count: 64) }
    collector.expectNoRepetition()
  }
}
