// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Synchronization

extension Engine {
  /// Looks whether the sources have enough by now. For those who wait without a thread.
  func look() {
    _ = enter()
    entropyArrived()
    settleReports()
  }

  func status() -> Status { onThisProcess { currentStatus() } }

  private func currentStatus() -> Status {
    settleReports()
    let available = availableCredit()
    let sources = EntropySourceKind.all.map { source($0, entropyInBits: available.delivered(by: $0)) }
    let name = drng.displayName
    var standards: [String] = []
    if isFIPS && policy.isOversampling { standards.append("SP800-90C") }
    switch policy.ntg1 {
    case .version2024: standards.append("NTG.1 (2011 / 2024)")
    case .draft2022: standards.append("NTG.1 (2011)")
    case nil: break
    }
    let implementations = Acceleration.implementations
    return Status(
      drng: "\(name)", securityStrengthInBits: SeedingPolicy.securityStrengthInBits, generatorCount: nodeCount,
      standards: standards, isMinimallySeeded: levels.level >= .minimal, isFullySeeded: levels.isOperational,
      entropyLevelInBits: available.totalBits, failedSelfTests: levels.failedSelfTests, hash: "\(hash.name)",
      implementations: implementations.indices.map {
        Status.Implementation(primitive: "\(implementations[$0].primitive)", name: "\(implementations[$0].name)")
      }, threadGenerator: threadGenerator, sources: sources)
  }

  private var threadGenerator: String? {
    guard servesThreads else { return nil }
    return drng == .chaCha20 ? "\(OneTimeKey.name), one-time keys" : "\(drng.name)"
  }

  private func source(_ kind: EntropySourceKind, entropyInBits: UInt32) -> Status.Source {
    let credit = unsafe state.pointee.credit
    var (reason, rate, properties) = (String?.none, UInt32?.none, [Status.Source.Property]())
    func add(_ label: String, _ value: some CustomStringConvertible) {
      properties.append(Status.Source.Property(label: label, value: "\(value)"))
    }
    let notBuilt = "\(EntropySourceUnavailability.notBuilt)"
    let off = "switched off by the configuration"
    switch kind {
    case .interrupt:
      #if os(Linux) && InterruptSource
        reason = configuration.interrupt.isEnabled ? unsafe state.pointee.interruptProblem?.description : off
        if reason == nil {
          rate = credit.interrupt.isCredited ? credit.interrupt.eventsPer256Bits : nil
          add("Hash for operating entropy pool", "\(hash.name)")
          add("Available entropy", entropyInBits)
          withInterrupts { source, _ in
            describe(&source, collectionLabel: "per-CPU interrupt collection size", add)
            reason = healthProblem(source.state.health.state) ?? recordingProblem(source.recordings)
          }
        }
      #else
        reason = notBuilt
      #endif
    case .scheduler:
      #if os(Linux) && SchedulerSource
        reason = configuration.scheduler.isEnabled ? unsafe state.pointee.schedulerProblem?.description : off
        if reason == nil {
          rate = credit.scheduler.isCredited ? credit.scheduler.eventsPer256Bits : nil
          add("Hash for operating entropy pool", "\(hash.name)")
          add("Available entropy", entropyInBits)
          withScheduler { source, _ in
            describe(&source, collectionLabel: "per-CPU scheduler event collection size", add)
            reason = healthProblem(source.state.health.state) ?? recordingProblem(source.recordings)
          }
        }
      #else
        reason = notBuilt
      #endif
    case .jitter:
      #if JitterSource
        if !configuration.jitter.isEnabled {
          reason = off
        } else {
          rate = credit.jitter.bitsPer256Bits
          add("Available entropy", entropyInBits)
          add("Enabled", unsafe state.pointee.isJitterWorking.load(ordering: .acquiring))
          unsafe state.pointee.jitterLock.withLock {
            add("Oversampling rate", unsafe places.jitter[0].oversamplingRate)
            add("Memory size", unsafe places.jitter[0].memorySizeInBytes)
            add("Internal timer", unsafe places.jitter[0].usesCountingThread)
            reason = unsafe places.jitter[0].problem?.explanation
          }
        }
      #else
        reason = notBuilt
      #endif
    case .cpu:
      #if CPUSource
        if !configuration.cpu.isEnabled {
          reason = off
        } else {
          rate = credit.cpu.bitsPer256Bits
          unsafe state.pointee.cpuLock.withLock {
            let multiplier = unsafe state.pointee.cpu.multiplier
            add("Hash for compressing data", multiplier > 1 ? "\(hash.name)" : "N/A")
            add("Available entropy", entropyInBits)
            add("Data multiplier", multiplier)
            reason = unsafe state.pointee.cpuProblem?.description
          }
        }
      #else
        reason = notBuilt
      #endif
    case .kernel:
      #if KernelSource
        if !configuration.kernel.isEnabled {
          reason = off
        } else {
          rate = credit.kernel.bitsPer256Bits
          add("Available entropy", entropyInBits)
          add("Entropy Rate per 256 data bits", credit.kernel.bitsPer256Bits)
          unsafe state.pointee.kernelLock.withLock { reason = unsafe state.pointee.kernelProblem?.description }
        }
      #else
        reason = notBuilt
      #endif
    case .auxiliary:
      add("Hash for operating entropy pool", "\(hash.name)")
      add("Available entropy", entropyInBits)
      if let path = configuration.auxiliary.parent {
        unsafe state.pointee.auxiliaryLock.withLock { add("Parent", unsafe state.pointee.parent.description(path)) }
      }
      #if os(Linux)
        if configuration.auxiliary.readsHardwareGenerator {
          unsafe state.pointee.auxiliaryLock.withLock {
            add(
              "Hardware generator",
              unsafe state.pointee.hardwareGeneratorProblem?.description
                ?? "\(state.pointee.hardwareGeneratorBytes) bytes read from /dev/hwrng")
          }
        }
      #endif
    }
    let hasFailed = unsafe state.pointee.permanentFailures.load(ordering: .acquiring) & 1 << UInt32(kind.index) != 0
    if hasFailed && reason == nil { reason = "permanent health test failure" }
    return Status.Source(
      kind: kind, isAvailable: reason == nil, entropyInBits: entropyInBits, rate: rate, reason: reason,
      properties: properties)
  }

  #if os(Linux) && (InterruptSource || SchedulerSource)
    private func describe<Filter>(
      _ source: inout EventEntropySource<Filter>, collectionLabel: String, _ add: (String, String) -> Void
    ) {
      add(collectionLabel, "\(configuration.collectionSize.rawValue)")
      add("Standards compliance", isFIPS ? "SP800-90B" : "")
      add("High-resolution timer", "\(resolution == .high)")
      if source.kind == .interrupt { add("Continuous compression", "\(source.isCompressing)") }
      add("Health test passed", "\(source.state.health.mayDeliver)")
      let statistics = source.statistics
      add("Events", "\(statistics.events) seen, \(statistics.lost) lost, \(source.waitingEvents) unused")
    }

    private func recordingProblem(_ recordings: RecordingView) -> String? {
      recordings.source.map { "recording: somebody records the source \($0.name), so these events are not credited" }
    }

    private func healthProblem(_ health: HealthState) -> String? {
      switch health {
      case .notRequested, .passed: nil
      case .untestable: "the timer is too coarse for the health tests of FIPS mode"
      case .startingUp(let remaining): "start-up health test: \(remaining) events to go"
      case .failedPermanently: "permanent health test failure"
      }
    }
  #endif
}
