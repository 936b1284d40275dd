// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// What C calls, but for children: see lrng_bridge.h.

import Glue
import Synchronization

@c func lrng_host_size() -> Int { MemoryLayout<KernelHost>.stride }
@c func lrng_generator_size() -> Int { MemoryLayout<NodeGenerator>.stride }
@c func lrng_processor_size(_ collectionSize: UInt32) -> Int {
  MemoryLayout<EventProcessor>.stride &+ Int(truncatingIfNeeded: collectionSize)
}
@c func lrng_jitter_size() -> Int { MemoryLayout<JitterSource>.stride }
@c func lrng_jitter_block_size() -> Int { MemoryLayout<JitterBlock>.stride }

// MARK: - Life

@c func lrng_host_begin(
  _ settings: UnsafePointer<lrng_settings>, _ drng: UnsafePointer<CChar>?, _ hash: UnsafePointer<CChar>?
) {
  unsafe host.initialize(to: KernelHost(settings.pointee, drng: drng, hash: hash))
  unsafe host.pointee.begin()
}

@c func lrng_host_first_seed() {
  unsafe host.pointee.seedFirst()
}

@c func lrng_host_end() {
  unsafe host.pointee.end()
}

@c func lrng_host_set(_ setting: lrng_setting, _ value: UInt64) {
  unsafe host.pointee.values.set(setting, value)
  // The seed in use counts its requests against the new limit from its next reseed on.
  if setting == LRNG_SET_MAX_WITHOUT_RESEED { unsafe host.pointee.forceReseed() }
  // What was not enough before may be now.
  unsafe host.pointee.wasForced.store(false, ordering: .releasing)
}

@c func lrng_host_get(_ setting: lrng_setting) -> UInt64 {
  unsafe host.pointee.values[setting]
}

@c func lrng_host_self_test() -> UInt32 {
  unsafe host.pointee.runSelfTests()
}

@c func lrng_host_work() {
  unsafe host.pointee.work()
}

@c func lrng_jitter_work() -> Bool {
  unsafe host.pointee.workAheadOnJitter()
}

// MARK: - Output

@c func lrng_host_generate(
  _ buffer: UnsafeMutableRawPointer, _ length: Int, _ node: UInt32, _ quality: lrng_quality
) -> Int {
  // C's buffer, that long.
  var output = unsafe MutableSpan(_unsafeStart: buffer.assumingMemoryBound(to: UInt8.self), count: max(length, 0))
  return unsafe host.pointee.serve(&output, node: Int(node), quality: quality)
}

@c func lrng_host_raw_seed(
  _ buffer: UnsafeMutableRawPointer, _ length: Int, _ isReseed: Bool, _ waits: Bool
) -> Int {
  // C's buffer, that long.
  var output = unsafe MutableSpan(_unsafeStart: buffer.assumingMemoryBound(to: UInt8.self), count: max(length, 0))
  do throws(RawSeedError) {
    return try unsafe host.pointee.rawSeed(into: &output, isReseed: isReseed, waiting: waits)
  } catch {
    return switch error {
    case .bufferTooShort: Int(LRNG_BUFFER_TOO_SHORT.rawValue)
    case .lengthNeeded: Int(LRNG_LENGTH_NEEDED.rawValue)
    case .notFullySeeded: Int(LRNG_NOT_SEEDED.rawValue)
    case .noEntropy: Int(LRNG_NO_ENTROPY.rawValue)
    case .selfTestFailed: Int(LRNG_SELF_TEST_FAILED.rawValue)
    }
  }
}

@c func lrng_host_level() -> lrng_level {
  lrng_level(rawValue: unsafe host.pointee.levels.level.rawValue)
}

@c func lrng_host_is_operational() -> Bool {
  unsafe host.pointee.levels.isOperational && host.pointee.levels.mayOutput
}

@c func lrng_host_may_output() -> Bool {
  unsafe host.pointee.levels.mayOutput
}

@c func lrng_host_epoch() -> UInt64 {
  unsafe host.pointee.epoch
}

@c func lrng_host_force_reseed(_ atMostOnceASecond: Bool) {
  unsafe host.pointee.forceReseed(atMostOnceASecond: atMostOnceASecond)
}

@c func lrng_host_seed_by_force() {
  unsafe host.pointee.isForceWanted.store(true, ordering: .releasing)
  lrng_glue_kick()
}

// MARK: - The auxiliary pool

/// Runs the body with the pool locked.
private func withAuxiliary<R>(_ body: (inout AuxiliaryPool, inout WriteThreshold) -> R) -> R {
  let interrupts = lrng_glue_lock_auxiliary()
  defer { lrng_glue_unlock_auxiliary(interrupts) }
  return unsafe body(&host.pointee.auxiliary, &host.pointee.writeThreshold)
}

@c func lrng_host_insert(_ data: UnsafeRawPointer, _ length: Int, _ creditedBits: UInt32) {
  // C's data, that long. In pieces, so that interrupts are not off for long.
  let all = unsafe Span(_unsafeStart: data.assumingMemoryBound(to: UInt8.self), count: max(length, 0))
  var remainingBits = creditedBits
  var offset = 0
  while offset < all.count {
    let end = min(offset &+ 256, all.count)
    let part = all.extracting(offset..<end)
    let bits = min(remainingBits, UInt32(truncatingIfNeeded: part.count &* 8))
    withAuxiliary { pool, _ in pool.insert(part, creditedBits: bits) }
    remainingBits &-= bits
    offset = end
  }
  if creditedBits > 0 { lrng_glue_kick() }
}

@c func lrng_host_auxiliary_bits() -> UInt32 {
  let oversamplingBits = unsafe host.pointee.policy.conditioningOversamplingBits
  return withAuxiliary { pool, _ in pool.availableBits(oversamplingBits: oversamplingBits) }
}

@c func lrng_host_adjust_auxiliary(_ bits: Int32) {
  withAuxiliary { pool, _ in pool.adjustEntropy(byBits: bits) }
  lrng_glue_kick()
}

@c func lrng_host_clear_auxiliary() {
  withAuxiliary { pool, _ in pool.clearEntropy() }
}

@c func lrng_host_poolsize_bits() -> UInt32 {
  unsafe host.pointee.hash.digestLengthInBits
}

@c func lrng_host_write_threshold() -> UInt32 {
  withAuxiliary { _, threshold in threshold.bits }
}

@c func lrng_host_write_threshold_maximum() -> UInt32 {
  withAuxiliary { _, threshold in threshold.maximumBits }
}

@c func lrng_host_set_write_threshold(_ bits: UInt32) -> Bool {
  withAuxiliary { _, threshold in threshold.set(bits: bits) }
}

@c func lrng_host_wants_writers() -> Bool {
  let oversamplingBits = unsafe host.pointee.policy.conditioningOversamplingBits
  let isLow = withAuxiliary { pool, threshold in
    threshold.asksForMore(thanAvailableBits: pool.availableBits(oversamplingBits: oversamplingBits))
  }
  // Once after each seeding, as long as the LRNG is fully seeded: then this look at it counts as an answer.
  if unsafe host.pointee.levels.isOperational {
    return unsafe host.pointee.wantsSeeds.exchange(false, ordering: .relaxed) || isLow
  }
  return unsafe host.pointee.wantsSeeds.load(ordering: .relaxed) || isLow
}

// MARK: - Events

@c func lrng_host_interrupt(_ memory: UnsafeMutableRawPointer, _ stamp: UInt32) {
  unsafe EventProcessor.take(memory.assumingMemoryBound(to: EventProcessor.self), stamp)
}

@c func lrng_host_context_switch(_ memory: UnsafeMutableRawPointer, _ stamp: UInt32) {
  unsafe EventProcessor.take(memory.assumingMemoryBound(to: EventProcessor.self), stamp)
}

@c func lrng_host_special_event(_ memory: UnsafeMutableRawPointer, _ stamp: UInt32, _ otherData: UInt32) {
  unsafe EventProcessor.take(memory.assumingMemoryBound(to: EventProcessor.self), stamp, with: otherData)
}

@c func lrng_processor_begin(_ memory: UnsafeMutableRawPointer, _ source: lrng_source, _ cpu: UInt32) {
  unsafe host.pointee.beginProcessor(memory, source, cpu: cpu)
}

// MARK: - Mechanisms

@c func lrng_host_knows_drng(_ name: UnsafePointer<CChar>) -> Bool { unsafe DRNGAlgorithm.named(name) != nil }
@c func lrng_host_knows_hash(_ name: UnsafePointer<CChar>) -> Bool { unsafe HashAlgorithm.named(name) != nil }

@c func lrng_host_switch_drng(_ name: UnsafePointer<CChar>) -> Int {
  guard let next = unsafe DRNGAlgorithm.named(name) else { return Int(LRNG_UNKNOWN_NAME.rawValue) }
  if case .external = unsafe host.pointee.drng, next != KernelHost.defaultDRNG { return Int(LRNG_IN_USE.rawValue) }
  return unsafe host.pointee.changeDRNG(to: next)
}

@c func lrng_host_switch_hash(_ name: UnsafePointer<CChar>) -> Int {
  guard let next = unsafe HashAlgorithm.named(name) else { return Int(LRNG_UNKNOWN_NAME.rawValue) }
  if case .external = unsafe host.pointee.hash, next != KernelHost.defaultHash(unsafe host.pointee.settings) {
    return Int(LRNG_IN_USE.rawValue)
  }
  return unsafe host.pointee.changeHash(to: next)
}

@c func lrng_host_plug_in_drng() -> Int { unsafe host.pointee.changeDRNG(to: .pluggedIn) }
@c func lrng_host_plug_in_hash() -> Int { unsafe host.pointee.changeHash(to: .pluggedIn) }

@c func lrng_host_unplug_drng() {
  let next = KernelHost.defaultDRNG
  if unsafe host.pointee.changeDRNG(to: next) != 0 { _ = unsafe host.pointee.changeDRNG(to: next, insisting: true) }
}

@c func lrng_host_unplug_hash() {
  let next = unsafe KernelHost.defaultHash(host.pointee.settings)
  if unsafe host.pointee.changeHash(to: next) != 0 { _ = unsafe host.pointee.changeHash(to: next, insisting: true) }
}

@c func lrng_host_hash(
  _ name: UnsafePointer<CChar>, _ message: UnsafeRawPointer, _ length: Int, _ digest: UnsafeMutablePointer<UInt8>
) -> Int {
  guard let algorithm = unsafe HashAlgorithm.named(name) else { return Int(LRNG_UNKNOWN_NAME.rawValue) }
  var hash = ConditioningHash(algorithm)
  // C's message, that long, and 64 bytes for the digest.
  unsafe hash.update(Span(_unsafeStart: message.assumingMemoryBound(to: UInt8.self), count: max(length, 0)))
  var output = unsafe MutableSpan(_unsafeStart: digest, count: 64)
  hash.finalize(into: &output)
  return algorithm.digestLengthInBytes
}
