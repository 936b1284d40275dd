// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Glue
import Synchronization

/// What an administrator can change at any time, read by any processor without a lock.
struct RuntimeSettings: ~Copyable {
  private let interruptRate = Atomic<UInt64>(UInt64(LRNG_RATE_DEFAULT))
  private let schedulerRate = Atomic<UInt64>(UInt64(LRNG_RATE_DEFAULT))
  private let jitterRate = Atomic<UInt64>(UInt64(LRNG_RATE_DEFAULT))
  private let cpuRate = Atomic<UInt64>(UInt64(LRNG_RATE_DEFAULT))
  private let kernelRate = Atomic<UInt64>(UInt64(LRNG_RATE_DEFAULT))
  private let maximumWithoutReseed = Atomic<UInt64>(1 << 30)
  private let forcesSeeding = Atomic<UInt64>(1)
  private let compressesContinuously = Atomic<UInt64>(1)
  private let reseedSeconds = Atomic<UInt64>(DRNGInstance.defaultReseedIntervalInSeconds)
  private let cpuMultiplier = Atomic<UInt64>(1)
  private let hasChildren = Atomic<UInt64>(1)
  private let isJitterEnabled = Atomic<UInt64>(1)
  private let traces = Atomic<UInt64>(0)

  subscript(setting: lrng_setting) -> UInt64 {
    switch setting {
    case LRNG_SET_INTERRUPT_RATE: interruptRate.load(ordering: .relaxed)
    case LRNG_SET_SCHEDULER_RATE: schedulerRate.load(ordering: .relaxed)
    case LRNG_SET_JITTER_RATE: jitterRate.load(ordering: .relaxed)
    case LRNG_SET_CPU_RATE: cpuRate.load(ordering: .relaxed)
    case LRNG_SET_KERNEL_RATE: kernelRate.load(ordering: .relaxed)
    case LRNG_SET_MAX_WITHOUT_RESEED: maximumWithoutReseed.load(ordering: .relaxed)
    case LRNG_SET_FORCE_SEEDING: forcesSeeding.load(ordering: .relaxed)
    case LRNG_SET_CONTINUOUS_COMPRESSION: compressesContinuously.load(ordering: .relaxed)
    case LRNG_SET_RESEED_SECONDS: reseedSeconds.load(ordering: .relaxed)
    case LRNG_SET_CPU_MULTIPLIER: cpuMultiplier.load(ordering: .relaxed)
    case LRNG_SET_CHILDREN: hasChildren.load(ordering: .relaxed)
    case LRNG_SET_JITTER_ENABLED: isJitterEnabled.load(ordering: .relaxed)
    case LRNG_SET_TRACE: traces.load(ordering: .relaxed)
    default: 0
    }
  }

  func set(_ setting: lrng_setting, _ value: UInt64) {
    switch setting {
    case LRNG_SET_INTERRUPT_RATE: interruptRate.store(value, ordering: .relaxed)
    case LRNG_SET_SCHEDULER_RATE: schedulerRate.store(value, ordering: .relaxed)
    case LRNG_SET_JITTER_RATE: jitterRate.store(value, ordering: .relaxed)
    case LRNG_SET_CPU_RATE: cpuRate.store(value, ordering: .relaxed)
    case LRNG_SET_KERNEL_RATE: kernelRate.store(value, ordering: .relaxed)
    case LRNG_SET_MAX_WITHOUT_RESEED: maximumWithoutReseed.store(value, ordering: .relaxed)
    case LRNG_SET_FORCE_SEEDING: forcesSeeding.store(value, ordering: .relaxed)
    case LRNG_SET_CONTINUOUS_COMPRESSION: compressesContinuously.store(value, ordering: .relaxed)
    case LRNG_SET_RESEED_SECONDS: reseedSeconds.store(value, ordering: .relaxed)
    case LRNG_SET_CPU_MULTIPLIER: cpuMultiplier.store(value, ordering: .relaxed)
    case LRNG_SET_CHILDREN: hasChildren.store(value, ordering: .relaxed)
    case LRNG_SET_JITTER_ENABLED: isJitterEnabled.store(value, ordering: .relaxed)
    case LRNG_SET_TRACE: traces.store(value, ordering: .relaxed)
    default: break
    }
  }

  /// A rate that somebody configured.
  func rate(_ setting: lrng_setting) -> UInt32? {
    let value = UInt32(truncatingIfNeeded: self[setting])
    return value == UInt32(LRNG_RATE_DEFAULT) ? nil : value
  }
}
