// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Synchronization

/// The first words of the engine's memory. All zero bits are a valid value: "not initialised, not locked". This is what
/// a child of `fork` finds.
struct EngineHeader: ~Copyable {
  /// Differs from one initialisation to the next: 0 before the first one, even while one is going on, odd afterwards.
  let identity = Atomic<UInt64>(0)
  let initialisationLock = FutexLock()

  /// The identity of an initialisation that begins at that time.
  static func incomplete(_ timeStamp: UInt64) -> UInt64 { max(timeStamp &<< 1, 2) }

  static func complete(_ identity: UInt64) -> UInt64 { identity | 1 }

  static func isComplete(_ identity: UInt64) -> Bool { identity & 1 != 0 }
}

/// A generator and its lock.
struct GuardedGenerator: ~Copyable {
  let lock = FutexLock()
  var instance: DRNGInstance

  init(_ algorithm: DRNGAlgorithm) { instance = DRNGInstance(algorithm) }
}

/// Everything of an engine that may change, apart from what exists once for each node or processor.
///
/// It lives in wipe-on-fork memory and is made anew in a child; nobody but who initialises it may look at it before
/// ``EngineHeader/identity`` is odd.
struct EngineState: ~Copyable {
  let levels = SeedLevels()
  let seedingLock = FutexLock()
  /// Held by who switches to another generator or hash; it comes before all others.
  let switchLock = FutexLock()
  let levelChange = FutexEvent()
  /// What sources reported while locks were held: a byte each for intermittent failures, permanent failures and completed
  /// start-up tests, a bit for each source.
  let pendingReports = Atomic<UInt32>(0)
  /// Whether the sources were asked by force since the seed was missing. Once is enough: what they could not add up to then
  /// they can't later, and events that gather must not be spent on seeds that fall short.
  let wasForced = Atomic<Bool>(false)
  /// When the self tests last ran.
  let lastSelfTestInMilliseconds = Atomic<UInt64>(0)
  /// When a write last forced a reseed.
  let lastForcedReseedInMilliseconds = Atomic<UInt64>(0)
  let isSeedFileExchanged = Atomic<Bool>(false)
  /// Whether a thread is reseeding what threads' generators made due.
  let isReseedingElsewhere = Atomic<Bool>(false)
  let lastReseedElsewhereInMilliseconds = Atomic<UInt64>(0)
  /// Sources whose health failed for good, a bit each.
  let permanentFailures = Atomic<UInt32>(0)

  let auxiliaryLock = FutexLock()
  var auxiliary: AuxiliaryPool
  #if os(Linux)
    var hardwareGenerator = HardwareGenerator()
  #endif
  var hardwareGeneratorProblem: EntropySourceUnavailability?
  var hardwareGeneratorBytes: UInt64 = 0
  /// Who has the right to seed changes these; they are read with the lock of the pool.
  var parent = ParentState()

  #if CPUSource
    let cpuLock = FutexLock()
    var cpu: CPUEntropySource<NativeRandomInstructions>
    var cpuProblem: EntropySourceUnavailability?
  #endif
  #if KernelSource
    let kernelLock = FutexLock()
    var kernelProblem: EntropySourceUnavailability?
  #endif
  #if JitterSource
    let jitterLock = FutexLock()
    var isJitterOpen = false
    /// Looked at without the lock, which is held for milliseconds.
    let isJitterWorking = Atomic<Bool>(false)
  #endif
  #if os(Linux) && InterruptSource
    let interruptLock = FutexLock()
    var isInterruptOpen = false
    var interruptProblem: EntropySourceUnavailability?
  #endif
  #if os(Linux) && SchedulerSource
    let schedulerLock = FutexLock()
    var isSchedulerOpen = false
    var schedulerProblem: EntropySourceUnavailability?
  #endif

  var credit: CreditTable

  /// A state without sources: the engine opens them in place.
  init(hash: HashAlgorithm, cpuMultiplier: Int, credit: CreditTable) {
    auxiliary = AuxiliaryPool(hash)
    #if CPUSource
      cpu = CPUEntropySource(NativeRandomInstructions(), seedMultiplier: cpuMultiplier)
      cpuProblem = cpu.unavailability.map(EntropySourceUnavailability.init)
    #endif
    self.credit = credit
  }
}
