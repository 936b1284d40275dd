// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Glue
import Synchronization

@c func lrng_host_status(_ status: UnsafeMutablePointer<lrng_status>) {
  unsafe host.pointee.describe(&status.pointee)
}

@c func lrng_host_drng_name() -> UnsafePointer<CChar> {
  let drng = unsafe host.pointee.drng
  if case .external = drng { return unsafe lrng_glue_drng_name() }
  return unsafe drng.displayName.cString
}

@c func lrng_host_drng_choice() -> UnsafePointer<CChar> {
  let drng = unsafe host.pointee.drng
  if case .external = drng { return unsafe lrng_glue_drng_name() }
  return unsafe drng.name.cString
}

@c func lrng_host_hash_name() -> UnsafePointer<CChar> {
  let hash = unsafe host.pointee.hash
  if case .external = hash { return unsafe lrng_glue_hash_name() }
  return unsafe hash.name.cString
}

extension KernelHost {
  /// Fills in what /proc/lrng_type shows. Takes no mutex for long, and touches no entropy.
  func describe(_ status: inout lrng_status) {
    let policy = policy
    let requestedBits = policy.requestedBits(fullySeeded: levels.areAllNodesFullySeeded)
    status.security_strength_bits = min(drng.securityStrengthInBits, SeedingPolicy.securityStrengthInBits)
    status.drng_instances = settings.nodes
    status.is_sp80090c = policy.isSP80090C && policy.isOversampling
    status.ntg1 = settings.ntg1
    status.is_minimally_seeded = levels.level >= .minimal
    status.is_fully_seeded = levels.isOperational
    status.entropy_level = availableCredit().totalBits
    status.failed_self_tests = levels.failedSelfTests ?? .max
    status.seeds = levels.seedEpoch
    status.requests_without_full_seed = withGenerator(.initial) { $0.requestsWithoutFullSeed }
    describe(&status.interrupt, LRNG_SOURCE_INTERRUPT, .interrupt, settings.interrupt_available)
    describe(&status.scheduler, LRNG_SOURCE_SCHEDULER, .scheduler, settings.scheduler_available)
    status.jitter_bits = availableBits(of: .jitter, requestedBits: requestedBits)
    status.jitter_blocks_ready = readyJitterBlocks
    status.jitter_enabled = isJitterWorking
    status.jitter_failed = hasJitterFailed
    status.cpu_bits = availableBits(of: .cpu, requestedBits: requestedBits)
    status.cpu_multiplier = UInt32(truncatingIfNeeded: cpu.multiplier)
    status.kernel_bits = availableBits(of: .kernel, requestedBits: requestedBits)
    status.kernel_rate = credit.kernel.bitsPer256Bits
    status.kernel_enabled = settings.kernel_available
    status.auxiliary_bits = availableBits(of: .auxiliary, requestedBits: requestedBits)
  }

  private func describe(
    _ status: inout lrng_event_status, _ source: lrng_source, _ kind: EntropySourceKind, _ isAvailable: Bool
  ) {
    status.is_available = isAvailable
    status.collection_size = collectionSize.lengthInBytes
    status.is_testing_health = settings.fips && resolution == .high
    status.compresses_continuously = source == LRNG_SOURCE_INTERRUPT && compressesContinuously
    status.available_bits = isAvailable ? availableBits(of: kind, requestedBits: 256) : 0
    let accounting = accounting(of: source)
    status.events_per_256_bits = accounting.rate.eventsPer256Bits
    var waiting: UInt32 = 0
    var failures: UInt32 = 0
    var mayDeliver = false
    unsafe forEachProcessor(of: source) { processor, _ in
      waiting = unsafe waiting.saturatingAdding(processor.pointee.events.count)
      failures = unsafe failures.saturatingAdding(processor.pointee.source.health.intermittentFailures)
      if unsafe processor.pointee.mayDeliver { mayDeliver = true }
    }
    status.events_waiting = waiting
    status.intermittent_failures = failures
    status.may_deliver = mayDeliver
    status.has_failed_permanently = hasFailed(source)
  }
}
