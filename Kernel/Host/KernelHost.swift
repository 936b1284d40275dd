// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The core's host in the kernel.
//
//     EventProcessor (per CPU) ─┐
//     JitterSource ─────────────┼─► Sources ─► LRNGCore: seeding ─► generators of the nodes ─► Children (per CPU)
//     AuxiliaryPool ────────────┘                   ▲
//     EntryPoints (what C calls) ───────────────────┘
//
// All state lies in memory that the glue reserved, at addresses that never change. Who may touch what:
//
//     per processor: pool              its spinlock           array, collector    its processor alone, interrupts off
//     auxiliary pool, threshold        a spinlock             generators          a mutex each
//     collecting a seed, switching     the seeding mutex      all else            atomics
//
// Lock order: seeding, generator, then any one spinlock. A source never waits: the Jitter RNG works ahead in a thread of its
// own, and what it has not got ready is not delivered.

import Glue
import Synchronization

/// The LRNG of this kernel.
struct KernelHost: LRNGHost, ~Copyable {
  let settings: lrng_settings
  let levels = SeedLevels()
  let values: RuntimeSettings
  let resolution: TimerResolution
  /// Whether the sources were asked by force since the seed was missing, or since a setting changed.
  let wasForced = Atomic<Bool>(false)
  let isForceWanted = Atomic<Bool>(false)
  /// Event sources that a processor found to have failed for good, a bit each.
  let failedSources = Atomic<UInt32>(0)
  /// Whether a processor has something to tell that the thread has not looked at.
  let hasReports = Atomic<Bool>(false)
  let lastSelfTestInMilliseconds = Atomic<UInt64>(0)
  let lastForcedReseedInMilliseconds = Atomic<UInt64>(0)
  /// Whether a seeding took what the auxiliary pool had: writers are welcome.
  let wantsSeeds = Atomic<Bool>(true)

  /// The number of what is in use, see ``Mechanisms``.
  let drngNumber: Atomic<UInt32>
  let hashNumber: Atomic<UInt32>

  /// Guarded by the auxiliary lock.
  var auxiliary: AuxiliaryPool
  var writeThreshold: WriteThreshold
  /// Guarded by the seeding lock.
  var cpu: CPUEntropySource<KernelInstructions>
  /// Whether that delivered when it was asked last.
  let isCPUWorking = Atomic<Bool>(true)

  /// - Parameters:
  ///   - drng: Names, `nil` for the default of the mode.
  init(_ settings: lrng_settings, drng: UnsafePointer<CChar>?, hash: UnsafePointer<CChar>?) {
    self.settings = settings
    values = RuntimeSettings()
    resolution = settings.high_resolution_timer ? .high : .low
    let hash = unsafe HashAlgorithm.named(hash) ?? Self.defaultHash(settings)
    let drng = unsafe DRNGAlgorithm.named(drng) ?? Self.defaultDRNG
    drngNumber = Atomic(drng.number)
    hashNumber = Atomic(hash.number)
    auxiliary = AuxiliaryPool(hash)
    writeThreshold = WriteThreshold(
      hash, oversamplingBits: Self.policy(settings, values, hash).conditioningOversamplingBits)
    cpu = CPUEntropySource(KernelInstructions())
  }

  // MARK: - Seeding policy

  var policy: SeedingPolicy { Self.policy(settings, values, hash) }

  private static func policy(
    _ settings: lrng_settings, _ values: borrowing RuntimeSettings, _ hash: HashAlgorithm
  ) -> SeedingPolicy {
    let ntg1: SeedingPolicy.NTG1? =
      switch UInt32(settings.ntg1) {
      case LRNG_NTG1_2024.rawValue: .version2024
      case LRNG_NTG1_2022.rawValue: .draft2022
      default: nil
      }
    return SeedingPolicy(
      isSP80090C: settings.fips, wantsOversampling: settings.oversample, ntg1: ntg1,
      digestLengthInBits: hash.digestLengthInBits, allowsForcedSeeding: values[LRNG_SET_FORCE_SEEDING] != 0,
      maximumRequestsWithoutReseed: max(values[LRNG_SET_MAX_WITHOUT_RESEED], 1))
  }

  var credit: CreditTable {
    var configured = CreditTable.ConfiguredRates()
    configured.interrupt = values.rate(LRNG_SET_INTERRUPT_RATE)
    configured.scheduler = values.rate(LRNG_SET_SCHEDULER_RATE)
    configured.jitter = values.rate(LRNG_SET_JITTER_RATE)
    configured.cpu = values.rate(LRNG_SET_CPU_RATE)
    configured.kernel = values.rate(LRNG_SET_KERNEL_RATE)
    return CreditTable(
      CreditTable.Circumstances(
        world: .kernel, isSP80090C: settings.fips, isNTG1: settings.ntg1 != 0, trustsCPU: settings.trusts_cpu,
        isInterruptAvailable: settings.interrupt_available, isSchedulerAvailable: settings.scheduler_available),
      configured: configured)
  }

  var nodeCount: Int { Int(truncatingIfNeeded: settings.nodes) }
  var reseedIntervalInSeconds: UInt64 { values[LRNG_SET_RESEED_SECONDS] }

  // MARK: - Time and locks

  func now() -> MonotonicInstant { MonotonicInstant(milliseconds: lrng_glue_milliseconds()) }
  func timeStamp() -> UInt32 { UInt32(truncatingIfNeeded: lrng_glue_cycles()) }

  func withGenerator<R, E>(_ id: GeneratorID, _ body: (inout DRNGInstance) throws(E) -> R) throws(E) -> R {
    let index = id.index(nodes: settings.nodes)
    lrng_glue_lock_generator(index)
    defer { lrng_glue_unlock_generator(index) }
    return try unsafe body(&generator(index).pointee.instance)
  }

  func beginSeeding(waiting: Bool) -> Bool { lrng_glue_lock_seeding(waiting) }
  func endSeeding() { lrng_glue_unlock_seeding() }

  // MARK: - What happened

  func levelDidChange(to level: SeedLevel) {
    if level == .unseeded { wasForced.store(false, ordering: .releasing) }
    lrng_glue_level_changed(lrng_level(rawValue: level.rawValue))
  }

  func trace(_ event: SeedingEvent) {
    if values[LRNG_SET_TRACE] != 0 { event.tell() }
  }
}

extension GeneratorID {
  /// The place among the generators: the nodes in their order, and then the prediction-resistant one.
  func index(nodes: UInt32) -> UInt32 {
    switch self {
    case .node(let node): UInt32(truncatingIfNeeded: node)
    case .predictionResistant: nodes
    }
  }
}

/// A generator of a node, in memory of that node.
struct NodeGenerator: ~Copyable {
  var instance: DRNGInstance
  /// Requests that its children served and that its account does not know yet.
  let childRequests = Atomic<UInt32>(0)
}

/// The LRNG. Constant address; nothing asks for it before `lrng_host_begin`.
var host: UnsafeMutablePointer<KernelHost> {
  unsafe lrng_glue_host().assumingMemoryBound(to: KernelHost.self)
}

/// The generator at a place of ``GeneratorID/index(nodes:)``.
func generator(_ index: UInt32) -> UnsafeMutablePointer<NodeGenerator> {
  unsafe lrng_glue_generator(index).assumingMemoryBound(to: NodeGenerator.self)
}
