// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The Jitter RNG in the kernel: a thread of its own fills blocks, seeds take them.
//
//     lrng_jitter_work (thread) ──► ring of blocks ──► collectJitter (who has the right to seed)
//
// One writes and one reads, so that the ring needs two counters and no lock.

import Glue
import Synchronization

/// 256 bits of the Jitter RNG.
struct JitterBlock: ~Copyable {
  private var bytes = Secret(InlineArray<32, UInt8>(repeating: 0))

  mutating func fill<Clock: JitterClock & ~Copyable>(
    from generator: inout JitterRNG, clock: inout Clock, memory: inout MutableSpan<UInt8>
  ) throws(JitterError) {
    var bytes = bytes.value.mutableSpan
    try generator.collectBlock(into: &bytes, clock: &clock, memory: &memory)
  }

  /// Moves the bytes to the output, as many as fit there.
  mutating func move(into output: inout MutableSpan<UInt8>, at offset: Int) -> Int {
    let copied = output.copy(32, from: bytes.value.span, at: 0, to: offset)
    bytes.wipe()
    return copied
  }

  mutating func wipe() {
    bytes.wipe()
  }
}

private struct CycleCounter: JitterClock, ~Copyable {
  mutating func timeStamp() -> UInt64 { lrng_glue_cycles() }
}

/// The Jitter RNG and the counters of its ring. Guarded by the glue's jitter lock, but for the atomics.
struct JitterSource: ~Copyable {
  var generator: JitterRNG
  let filled = Atomic<UInt32>(0)
  let taken = Atomic<UInt32>(0)
  let state = Atomic<UInt32>(State.starting)
  let reports = Atomic<UInt32>(0)

  enum State {
    static let starting: UInt32 = 0
    static let working: UInt32 = 1
    static let broken: UInt32 = 2
  }

  init(isFIPS: Bool) {
    generator = JitterRNG(configuration: JitterConfiguration(mode: isFIPS ? .fips : .plain))
  }

  var readyBlocks: UInt32 { filled.load(ordering: .acquiring) &- taken.load(ordering: .acquiring) }
}

private var jitter: UnsafeMutablePointer<JitterSource> {
  unsafe lrng_glue_jitter().assumingMemoryBound(to: JitterSource.self)
}

private func block(_ index: UInt32, of count: UInt32) -> UnsafeMutablePointer<JitterBlock> {
  let place = count > 0 ? index % count : 0
  // The glue reserved so many.
  return unsafe lrng_glue_jitter_blocks().assumingMemoryBound(to: JitterBlock.self) + Int(place)
}

extension KernelHost {
  /// Makes the source, which starts up in its own thread.
  func beginJitter() {
    guard settings.jitter_available else { return }
    // NTG.1 demands what the FIPS mode of the Jitter RNG has.
    unsafe jitter.initialize(to: JitterSource(isFIPS: settings.fips || settings.ntg1 != 0))
    for index in 0..<settings.jitter_blocks {
      unsafe block(index, of: settings.jitter_blocks).initialize(to: JitterBlock())
    }
  }

  func endJitter() {
    guard settings.jitter_available else { return }
    unsafe jitter.pointee.generator.reset()
    for index in 0..<settings.jitter_blocks { unsafe block(index, of: settings.jitter_blocks).pointee.wipe() }
  }

  var isJitterWorking: Bool {
    guard settings.jitter_available, values[LRNG_SET_JITTER_ENABLED] != 0 else { return false }
    return unsafe jitter.pointee.state.load(ordering: .acquiring) == JitterSource.State.working
  }

  var hasJitterFailed: Bool {
    guard settings.jitter_available else { return false }
    return unsafe jitter.pointee.state.load(ordering: .acquiring) == JitterSource.State.broken
  }

  var readyJitterBlocks: UInt32 { isJitterWorking ? unsafe jitter.pointee.readyBlocks : 0 }

  var readyJitterBits: UInt32 { min(readyJitterBlocks, 1024) &* 256 }

  /// Takes blocks that are ready. Only who has the right to seed comes here.
  func collectJitter(into slot: inout MutableSpan<UInt8>, requestedBits: UInt32) -> UInt32 {
    guard settings.jitter_available, settings.jitter_blocks > 0 else { return 0 }
    var obtainedBits: UInt32 = 0
    var offset = 0
    while obtainedBits < requestedBits, readyJitterBlocks > 0 {
      let index = unsafe jitter.pointee.taken.load(ordering: .relaxed)
      let source = unsafe block(index, of: settings.jitter_blocks)
      let copied = unsafe source.pointee.move(into: &slot, at: offset)
      unsafe jitter.pointee.taken.store(index &+ 1, ordering: .releasing)
      guard copied > 0 else { break }
      offset &+= copied
      obtainedBits = min(obtainedBits &+ UInt32(truncatingIfNeeded: copied &* 8), requestedBits)
    }
    lrng_glue_kick_jitter()
    let creditedBits = credit.jitter.bits(ofDataBits: obtainedBits)
    trace(.obtained(.jitter, bits: creditedBits, collectedBits: creditedBits))
    return creditedBits
  }

  /// One step of the thread that works ahead.
  ///
  /// - Returns: Whether there may be more to do.
  func workAheadOnJitter() -> Bool {
    guard settings.jitter_available, settings.jitter_blocks > 0, values[LRNG_SET_JITTER_ENABLED] != 0,
      !hasJitterFailed
    else { return false }
    var length = 0
    guard let memory = unsafe lrng_glue_jitter_memory(&length) else { return false }
    // The glue's memory, that long.
    var walked = unsafe MutableSpan(_unsafeStart: memory, count: length)
    var clock = CycleCounter()
    lrng_glue_lock_jitter()
    defer { lrng_glue_unlock_jitter() }
    let me = unsafe jitter
    do throws(JitterError) {
      if unsafe me.pointee.state.load(ordering: .relaxed) == JitterSource.State.starting {
        try unsafe me.pointee.generator.startUp(clock: &clock, memory: &walked)
        unsafe me.pointee.state.store(JitterSource.State.working, ordering: .releasing)
        if values[LRNG_SET_TRACE] != 0 { lrng_glue_trace(LRNG_TRACE_JITTER_WORKS, 0, 0, 0) }
        return true
      }
      guard unsafe me.pointee.readyBlocks < settings.jitter_blocks else { return false }
      let index = unsafe me.pointee.filled.load(ordering: .relaxed)
      try unsafe block(index, of: settings.jitter_blocks).pointee.fill(
        from: &me.pointee.generator, clock: &clock, memory: &walked)
      unsafe me.pointee.filled.store(index &+ 1, ordering: .releasing)
      if !levels.areAllNodesFullySeeded { lrng_glue_kick() }
      return true
    } catch {
      return cureJitter(error, clock: &clock, memory: &walked)
    }
  }

  private func cureJitter(
    _ error: JitterError, clock: inout CycleCounter, memory: inout MutableSpan<UInt8>
  ) -> Bool {
    let me = unsafe jitter
    var isCured = false
    if case .intermittentFailure = error {
      isCured = (try? unsafe me.pointee.generator.recover(clock: &clock, memory: &memory)) != nil
    }
    if !isCured { unsafe me.pointee.state.store(JitterSource.State.broken, ordering: .releasing) }
    // What is ready was collected before the failure, and is forgotten all the same.
    unsafe me.pointee.reports.bitwiseOr(
      isCured ? EventReport.intermittentFailure : EventReport.permanentFailure, ordering: .releasing)
    lrng_glue_kick()
    return isCured
  }

  /// Acts on a failure. May sleep.
  func settleJitterReport() {
    guard settings.jitter_available, unsafe jitter.pointee.reports.load(ordering: .relaxed) != 0 else { return }
    let news = unsafe jitter.pointee.reports.exchange(0, ordering: .acquiring)
    let isPermanent = news & EventReport.permanentFailure != 0
    _ = beginSeeding(waiting: true)
    while unsafe jitter.pointee.readyBlocks > 0 {
      let index = unsafe jitter.pointee.taken.load(ordering: .relaxed)
      unsafe block(index, of: settings.jitter_blocks).pointee.wipe()
      unsafe jitter.pointee.taken.store(index &+ 1, ordering: .releasing)
    }
    endSeeding()
    lrng_glue_health_failed(LRNG_SOURCE_JITTER, isPermanent)
    sourceDidFail(.jitter, isPermanent: isPermanent)
  }
}
