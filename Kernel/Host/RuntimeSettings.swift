// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Glue
import Synchronization

/// What an administrator can change at any time, read by any processor without a lock.
struct RuntimeSettings: ~Copyable {
  /// In the order of `lrng_setting`.
  private let values: InlineArray<13, Atomic<UInt64>> = [
    Atomic(UInt64(LRNG_RATE_DEFAULT)),  // LRNG_SET_INTERRUPT_RATE
    Atomic(UInt64(LRNG_RATE_DEFAULT)),  // LRNG_SET_SCHEDULER_RATE
    Atomic(UInt64(LRNG_RATE_DEFAULT)),  // LRNG_SET_JITTER_RATE
    Atomic(UInt64(LRNG_RATE_DEFAULT)),  // LRNG_SET_CPU_RATE
    Atomic(UInt64(LRNG_RATE_DEFAULT)),  // LRNG_SET_KERNEL_RATE
    Atomic(1 << 30),  // LRNG_SET_MAX_WITHOUT_RESEED
    Atomic(1),  // LRNG_SET_FORCE_SEEDING
    Atomic(1),  // LRNG_SET_CONTINUOUS_COMPRESSION
    Atomic(DRNGInstance.defaultReseedIntervalInSeconds),  // LRNG_SET_RESEED_SECONDS
    Atomic(1),  // LRNG_SET_CPU_MULTIPLIER
    Atomic(1),  // LRNG_SET_CHILDREN
    Atomic(1),  // LRNG_SET_JITTER_ENABLED
    Atomic(0),  // LRNG_SET_TRACE
  ]

  /// The place of a setting. The minimum is never taken: it shows the compiler that the index needs no check.
  private static func place(_ setting: lrng_setting) -> Int {
    Int(truncatingIfNeeded: min(setting.rawValue, LRNG_SETTINGS.rawValue &- 1))
  }

  subscript(setting: lrng_setting) -> UInt64 {
    values[Self.place(setting)].load(ordering: .relaxed)
  }

  func set(_ setting: lrng_setting, _ value: UInt64) {
    values[Self.place(setting)].store(value, ordering: .relaxed)
  }

  /// A rate that somebody configured.
  func rate(_ setting: lrng_setting) -> UInt32? {
    let value = UInt32(truncatingIfNeeded: self[setting])
    return value == UInt32(LRNG_RATE_DEFAULT) ? nil : value
  }
}
