// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("Jitter RNG: blocks, health failures and recovery")
struct JitterRNGTests {
  private let configuration = JitterConfiguration(hashIterations: 1)

  /// Blocks of a fresh collector, in memory that starts with zeroes.
  private func blocks<Clock: JitterClock>(
    _ count: Int, _ clock: Clock, _ configuration: JitterConfiguration
  ) throws -> [[UInt8]] {
    var clock = clock
    var bytes = [UInt8](repeating: 0, count: 4096)
    var memory = bytes.mutableSpan
    var jitter = JitterRNG(configuration: configuration)
    try jitter.startUp(clock: &clock, memory: &memory)
    var blocks: [[UInt8]] = []
    for _ in 0..<count {
      var block = [UInt8](repeating: 0, count: 32)
      var output = block.mutableSpan
      try jitter.collectBlock(into: &output, clock: &clock, memory: &memory)
      blocks.append(block)
    }
    return blocks
  }

  @Test("the same time stamps give the same blocks, others give others, no block comes twice")
  func determinism() throws {
    for mode in [JitterMode.plain, .fips, .ntg1] {
      let configuration = JitterConfiguration(mode: mode, oversamplingRate: 3, hashIterations: 1)
      let first = try blocks(3, LivelyClock(), configuration)
      #expect(try blocks(3, LivelyClock(), configuration) == first)
      let other = try blocks(3, LivelyClock(seed: 1), configuration)
      #expect(Set(first + other).count == 6)
    }
  }

  @Test("mode and hash iterations change the blocks")
  func configurations() throws {
    var seen: Set<[UInt8]> = []
    for mode in [JitterMode.plain, .fips] {
      for iterations: UInt32 in [1, 2] {
        let configuration = JitterConfiguration(mode: mode, hashIterations: iterations)
        seen.formUnion(try blocks(1, LivelyClock(), configuration))
      }
    }
    #expect(seen.count == 4)
  }

  @Test("nothing comes out before the start-up test has passed")
  func notStarted() {
    var clock = LivelyClock()
    var bytes = [UInt8](repeating: 0, count: 4096)
    var memory = bytes.mutableSpan
    var block = [UInt8](repeating: 0xa5, count: 32)
    var output = block.mutableSpan
    var jitter = JitterRNG(configuration: configuration)
    #expect(throws: JitterError.notStarted) {
      try jitter.collectBlock(into: &output, clock: &clock, memory: &memory)
    }
    var deadClock = ScriptedClock { _ in 0 }
    #expect(throws: JitterError.startUp(.coarseClock)) {
      try jitter.startUp(clock: &deadClock, memory: &memory)
    }
    #expect(throws: JitterError.notStarted) {
      try jitter.collectBlock(into: &output, clock: &clock, memory: &memory)
    }
    #expect(clock.readings == 0)
    #expect(block.allSatisfy { $0 == 0xa5 })
  }

  @Test("a short output gets the start of the block, a long one 32 bytes")
  func lengths() throws {
    let whole = try blocks(1, LivelyClock(), configuration)[0]
    for length in [0, 16, 40] {
      var clock = LivelyClock()
      var bytes = [UInt8](repeating: 0, count: 4096)
      var memory = bytes.mutableSpan
      var jitter = JitterRNG(configuration: configuration)
      try jitter.startUp(clock: &clock, memory: &memory)
      var block = [UInt8](repeating: 0xa5, count: length)
      var output = block.mutableSpan
      try jitter.collectBlock(into: &output, clock: &clock, memory: &memory)
      #expect(block == Array((whole + [UInt8](repeating: 0xa5, count: 32)).prefix(length)))
    }
  }

  @Test("stuck deltas don't count: a block takes longer by as many")
  func stuckDeltas() throws {
    // Every tenth delta repeats the one before it and is stuck; the next may be, by its second difference.
    var clock = ScriptedClock { livelyDelta($0 % 10 == 9 ? $0 - 1 : $0) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    var memory = bytes.mutableSpan
    var jitter = JitterRNG(configuration: configuration)
    try jitter.startUp(clock: &clock, memory: &memory)
    let before = clock.measurements
    var block = [UInt8](repeating: 0, count: 32)
    var output = block.mutableSpan
    try jitter.collectBlock(into: &output, clock: &clock, memory: &memory)
    #expect(clock.measurements - before >= 1 + 768 * 10 / 9)
  }

  // MARK: Failures

  /// A healthy clock that advances like a clockwork where `isBroken` says so.
  private func clock(brokenIn isBroken: @escaping (Int) -> Bool) -> ScriptedClock {
    ScriptedClock { isBroken($0) ? 5000 : livelyDelta($0) }
  }

  @Test("an intermittent failure gives no output, and recovery cures it at a higher rate with more memory")
  func recovery() throws {
    var clock = clock { 2500 <= $0 && $0 < 2600 }
    var smallBytes = [UInt8](repeating: 0, count: 4096)
    var bytes = [UInt8](repeating: 0, count: 8192)
    var block = [UInt8](repeating: 0xa5, count: 32)
    var jitter = JitterRNG(configuration: configuration)
    do {
      var smallMemory = smallBytes.mutableSpan
      try jitter.startUp(clock: &clock, memory: &smallMemory)
      #expect(jitter.memorySizeForRecovery(from: 4096) == nil)
      var output = block.mutableSpan
      let failure = #expect(throws: JitterError.self) {
        try jitter.collectBlock(into: &output, clock: &clock, memory: &smallMemory)
      }
      #expect(failure == .intermittentFailure(.repetitionCount))
      #expect(jitter.state == .intermittentFailure)
      // Not without a cure, be the clock as good as it may.
      #expect(throws: JitterError.intermittentFailure(.repetitionCount)) {
        try jitter.collectBlock(into: &output, clock: &clock, memory: &smallMemory)
      }
      #expect(throws: JitterError.intermittentFailure(.repetitionCount)) {
        try jitter.startUp(clock: &clock, memory: &smallMemory)
      }
    }
    #expect(block.allSatisfy { $0 == 0xa5 })
    #expect(jitter.memorySizeForRecovery(from: 4096) == 8192)
    #expect(jitter.memorySizeForRecovery(from: 1 << 25) == 1 << 25)

    var memory = bytes.mutableSpan
    clock.delta = livelyDelta
    try jitter.recover(clock: &clock, memory: &memory)
    #expect(jitter.state == .operational)
    #expect(jitter.oversamplingRate == 4)
    #expect(jitter.hashIterations == 2)
    #expect(jitter.recoveries == 1)
    #expect(jitter.failures.isEmpty)
    let before = clock.measurements
    var output = block.mutableSpan
    try jitter.collectBlock(into: &output, clock: &clock, memory: &memory)
    #expect(clock.measurements - before >= 1026)
    #expect(block.contains { $0 != 0xa5 })
  }

  @Test("the repetition count goes on after a recovery, until the failure is permanent and stays so")
  func permanentFailure() throws {
    var clock = ScriptedClock(delta: livelyDelta)
    var bytes = [UInt8](repeating: 0, count: 4096)
    var memory = bytes.mutableSpan
    var jitter = JitterRNG(configuration: configuration)
    try jitter.startUp(clock: &clock, memory: &memory)

    var block = [UInt8](repeating: 0xa5, count: 32)
    var output = block.mutableSpan
    // Deltas that rise by a constant are stuck, but to the other two tests each is new.
    var risen: UInt64 = 5000
    let rise = { (_: Int) -> UInt64 in
      risen += 7
      return risen
    }
    clock.delta = rise
    #expect(throws: JitterError.intermittentFailure(.repetitionCount)) {
      try jitter.collectBlock(into: &output, clock: &clock, memory: &memory)
    }
    clock.delta = livelyDelta
    try jitter.recover(clock: &clock, memory: &memory)
    // The count stands at 120, the cutoff of rate 4. The deltas rise on from where they were, which the stuck test still
    // knows. At 240 it is over.
    clock.delta = rise
    let before = clock.measurements
    let failure = #expect(throws: JitterError.self) {
      try jitter.collectBlock(into: &output, clock: &clock, memory: &memory)
    }
    #expect(clock.measurements - before == 120)
    guard case .permanentFailure(let failures) = failure else {
      Issue.record("only \(String(describing: failure))")
      return
    }
    #expect(failures.contains(.repetitionCount.asPermanent))

    clock.delta = livelyDelta
    jitter.reset()
    #expect(throws: JitterError.self) { try jitter.startUp(clock: &clock, memory: &memory) }
    #expect(throws: JitterError.self) { try jitter.recover(clock: &clock, memory: &memory) }
    #expect(throws: JitterError.self) {
      try jitter.collectBlock(into: &output, clock: &clock, memory: &memory)
    }
    #expect(jitter.state == .permanentFailure)
    #expect(block.allSatisfy { $0 == 0xa5 })
  }

  @Test("a cure that fails at every rate makes the failure permanent")
  func hopeless() throws {
    var clock = clock { $0 >= 2500 }
    var bytes = [UInt8](repeating: 0, count: 4096)
    var memory = bytes.mutableSpan
    var jitter = JitterRNG(configuration: configuration)
    try jitter.startUp(clock: &clock, memory: &memory)
    var block = [UInt8](repeating: 0xa5, count: 32)
    var output = block.mutableSpan
    #expect(throws: JitterError.intermittentFailure(.repetitionCount)) {
      try jitter.collectBlock(into: &output, clock: &clock, memory: &memory)
    }
    #expect(throws: JitterError.permanentFailure(.repetitionCount)) {
      try jitter.recover(clock: &clock, memory: &memory)
    }
    #expect(jitter.state == .permanentFailure)
    #expect(block.allSatisfy { $0 == 0xa5 })
  }

  @Test("a health failure in the first filling of the pool is one, too")
  func failureDuringStartUp() {
    var clock = clock { 1300 <= $0 && $0 < 1400 }
    var bytes = [UInt8](repeating: 0, count: 4096)
    var memory = bytes.mutableSpan
    var jitter = JitterRNG(configuration: configuration)
    #expect(throws: JitterError.intermittentFailure(.repetitionCount)) {
      try jitter.startUp(clock: &clock, memory: &memory)
    }
    #expect(jitter.state == .intermittentFailure)
  }

  /// A clock for NTG.1 mode at rate 3: in each of the first `sickBlocks` blocks after the start-up every third delta is
  /// stuck, up to 138, which is between the cutoffs of 134 and 142.
  private func ntg1Blocks(sickBlocks: Int, _ body: (inout JitterRNG, inout ScriptedClock, inout [UInt8]) throws -> Void)
    throws
  {
    var clock = ScriptedClock { index in
      // The first measurement of a block counts for nothing; a stuck delta repeats the one before it.
      let (block, position) = (index / (964 + 138), index % (964 + 138) - 1)
      let isStuck = block < sickBlocks && position >= 0 && position < 3 * 138 && position % 3 == 0
      // So many different deltas that none is stuck by chance.
      return 1000 + mixed(UInt64(isStuck ? index - 1 : index)) >> 24
    }
    clock.isLively = true
    var bytes = [UInt8](repeating: 0, count: 4096)
    var jitter = JitterRNG(configuration: JitterConfiguration(mode: .ntg1, oversamplingRate: 3, hashIterations: 1))
    do {
      var memory = bytes.mutableSpan
      try jitter.startUp(clock: &clock, memory: &memory)
    }
    clock.isLively = false
    try body(&jitter, &clock, &bytes)
  }

  @Test("in NTG.1 mode a block with too many stuck deltas is followed by ten others before anything comes out")
  func recoveryBlocks() throws {
    try ntg1Blocks(sickBlocks: 1) { jitter, clock, bytes in
      var block = [UInt8](repeating: 0, count: 32)
      var output = block.mutableSpan
      var memory = bytes.mutableSpan
      try jitter.collectBlock(into: &output, clock: &clock, memory: &memory)
      #expect(clock.measurements == 964 + 138 + 10 * 964)
      #expect(jitter.state == .operational)
    }
  }

  @Test("too many stuck deltas in one of the ten, too, are an intermittent failure")
  func failedRecoveryBlock() throws {
    try ntg1Blocks(sickBlocks: 2) { jitter, clock, bytes in
      var block = [UInt8](repeating: 0xa5, count: 32)
      do {
        var output = block.mutableSpan
        var memory = bytes.mutableSpan
        #expect(throws: JitterError.intermittentFailure(.repetitionCountWithMemory)) {
          try jitter.collectBlock(into: &output, clock: &clock, memory: &memory)
        }
      }
      #expect(clock.measurements == 2 * (964 + 138))
      #expect(block.allSatisfy { $0 == 0xa5 })
    }
  }

  @Test("memory of a wrong size in later calls is an error, not a trap")
  func hostileMemory() throws {
    var clock = LivelyClock()
    var bytes = [UInt8](repeating: 0, count: 4096)
    var memory = bytes.mutableSpan
    var jitter = JitterRNG(configuration: configuration)
    try jitter.startUp(clock: &clock, memory: &memory)
    var block = [UInt8](repeating: 0xa5, count: 32)
    var output = block.mutableSpan
    var oddBytes = [UInt8](repeating: 0, count: 4095)
    var odd = oddBytes.mutableSpan
    #expect(throws: JitterError.startUp(.memory)) {
      try jitter.collectBlock(into: &output, clock: &clock, memory: &odd)
    }
    #expect(block.allSatisfy { $0 == 0xa5 })
  }
}
