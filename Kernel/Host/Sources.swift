// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The six sources as the core sees them. Each answers within a bound:
//
//     interrupt, scheduler    two hashes of an array for each processor
//     jitter                  a copy: the blocks are ready, or they are not there
//     cpu                     a few microseconds; with RDRAND alone 16 KiB of it and their hash, half a millisecond
//     kernel                  a block of ChaCha20
//     auxiliary               three hashes of a digest

import Glue
import Synchronization

/// The instructions of this processor, through C.
struct KernelInstructions: CPURandomInstructions {
  var hasSeed: Bool { lrng_glue_has_seed_word() }
  var hasRandom: Bool { lrng_glue_has_random_word() }

  func seedWord() -> UInt64? {
    var word: UInt64 = 0
    return unsafe lrng_glue_seed_word(&word) ? word : nil
  }

  func randomWord() -> UInt64? {
    var word: UInt64 = 0
    return unsafe lrng_glue_random_word(&word) ? word : nil
  }

  func pause() { lrng_glue_pause() }
}

extension KernelHost {
  func availableBits(of source: EntropySourceKind, requestedBits: UInt32) -> UInt32 {
    let oversamplingBits = policy.conditioningOversamplingBits
    switch source {
    case .interrupt:
      guard settings.interrupt_available else { return 0 }
      return availableBits(ofEvents: LRNG_SOURCE_INTERRUPT, oversamplingBits: oversamplingBits)
    case .scheduler:
      guard settings.scheduler_available else { return 0 }
      return availableBits(ofEvents: LRNG_SOURCE_SCHEDULER, oversamplingBits: oversamplingBits)
    case .jitter:
      return credit.jitter.bits(ofDataBits: min(requestedBits, readyJitterBits))
    case .cpu:
      guard settings.cpu_available, isCPUWorking.load(ordering: .relaxed) else { return 0 }
      return credit.cpu.bits(ofDataBits: requestedBits)
    case .kernel:
      // Credited only where an administrator says so: it eats the same interrupts.
      return settings.kernel_available ? credit.kernel.bits(ofDataBits: requestedBits) : 0
    case .auxiliary:
      let interrupts = lrng_glue_lock_auxiliary()
      defer { lrng_glue_unlock_auxiliary(interrupts) }
      return auxiliary.availableBits(oversamplingBits: oversamplingBits)
    }
  }

  func collect(
    from source: EntropySourceKind, into slot: inout MutableSpan<UInt8>, requestedBits: UInt32,
    oversamplingBits: UInt32
  ) -> UInt32 {
    switch source {
    case .interrupt:
      guard settings.interrupt_available else { return 0 }
      return collectEvents(
        of: LRNG_SOURCE_INTERRUPT, into: &slot, requestedBits: requestedBits, oversamplingBits: oversamplingBits)
    case .scheduler:
      guard settings.scheduler_available else { return 0 }
      return collectEvents(
        of: LRNG_SOURCE_SCHEDULER, into: &slot, requestedBits: requestedBits, oversamplingBits: oversamplingBits)
    case .jitter:
      return collectJitter(into: &slot, requestedBits: requestedBits)
    case .cpu:
      return collectCPU(into: &slot, requestedBits: requestedBits, oversamplingBits: oversamplingBits)
    case .kernel:
      return collectKernel(into: &slot, requestedBits: requestedBits)
    case .auxiliary:
      let interrupts = lrng_glue_lock_auxiliary()
      let entropy = unsafe host.pointee.auxiliary.extract(
        requestedBits: requestedBits, oversamplingBits: oversamplingBits, into: &slot)
      lrng_glue_unlock_auxiliary(interrupts)
      wantsSeeds.store(true, ordering: .relaxed)
      trace(.obtained(.auxiliary, bits: entropy.obtainedBits, collectedBits: entropy.collectedBits))
      return entropy.obtainedBits
    }
  }

  func mixBack(_ seed: Span<UInt8>) {
    let interrupts = lrng_glue_lock_auxiliary()
    unsafe host.pointee.auxiliary.mixBack(seed)
    lrng_glue_unlock_auxiliary(interrupts)
  }

  /// Only who has the right to seed comes here.
  private func collectCPU(
    into slot: inout MutableSpan<UInt8>, requestedBits: UInt32, oversamplingBits: UInt32
  ) -> UInt32 {
    guard settings.cpu_available else { return 0 }
    let me = unsafe host
    unsafe me.pointee.cpu.seedMultiplier = Int(truncatingIfNeeded: min(values[LRNG_SET_CPU_MULTIPLIER], 4096))
    let multiplier = unsafe me.pointee.cpu.multiplier
    let outcome = unsafe me.pointee.cpu.fill(
      &slot, requestedBits: Int(truncatingIfNeeded: requestedBits), hash: hash,
      oversamplingBits: Int(truncatingIfNeeded: oversamplingBits))
    guard case .delivered(let bits) = outcome else {
      isCPUWorking.store(false, ordering: .relaxed)
      // A moment's failure under load. The next seed asks again.
      trace(.obtained(.cpu, bits: 0, collectedBits: 0))
      return 0
    }
    isCPUWorking.store(true, ordering: .relaxed)
    if multiplier > 1 {
      let pulled = multiplier &* (bits &+ Int(truncatingIfNeeded: oversamplingBits))
      trace(.pulled(.cpu, bits: UInt32(truncatingIfNeeded: pulled)))
    }
    let creditedBits = credit.cpu.bits(ofDataBits: UInt32(truncatingIfNeeded: bits))
    trace(.obtained(.cpu, bits: creditedBits, collectedBits: creditedBits))
    return creditedBits
  }

  private func collectKernel(into slot: inout MutableSpan<UInt8>, requestedBits: UInt32) -> UInt32 {
    guard settings.kernel_available else { return 0 }
    let length = min(Int(truncatingIfNeeded: requestedBits / 8), slot.count)
    let isSeeded = unsafe slot.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return false }
      return unsafe lrng_glue_kernel_bytes(base, min(length, bytes.count))
    }
    let creditedBits = isSeeded ? credit.kernel.bits(ofDataBits: UInt32(truncatingIfNeeded: length &* 8)) : 0
    trace(.obtained(.kernel, bits: creditedBits, collectedBits: creditedBits))
    return creditedBits
  }
}
