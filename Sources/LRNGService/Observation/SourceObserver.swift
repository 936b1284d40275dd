// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CoreMetrics
import LRNG
import LRNGCore
import Logging
import Metrics
import ServiceLifecycle
import Synchronization

/// Counts what the generator does, and keeps alarms until somebody tells of them.
///
/// It is called with locks of the generator held, so it does no more than that.
final class SourceObserver: Sendable {
  /// Something that people should hear of.
  enum Alarm: Equatable, Sendable {
    case health(EntropySourceKind, isPermanent: Bool)
    case selfTest(failed: UInt32)
    case seedLost
  }

  /// Alarms that wait. A source that fails again and again must not fill the memory.
  private static let mostAlarms = 64

  private let delivered: [Counter]
  private let intermittentFailures: [Counter]
  private let permanentFailures: [Counter]
  private let seedings: Counter
  private let skipped: Counter
  private let selfTestFailures: Counter
  private let losses: Counter
  private let alarms = Mutex<[Alarm]>([])

  init(factory: any MetricsFactory) {
    func counters(_ label: String, _ more: [(String, String)] = []) -> [Counter] {
      EntropySourceKind.all.map {
        Counter(label: label, dimensions: [("source", $0.name)] + more, factory: factory)
      }
    }
    delivered = counters("lrng_source_delivered_bits")
    intermittentFailures = counters("lrng_health_failures", [("kind", "intermittent")])
    permanentFailures = counters("lrng_health_failures", [("kind", "permanent")])
    seedings = Counter(label: "lrng_seedings", factory: factory)
    skipped = Counter(label: "lrng_reseeds_skipped", factory: factory)
    selfTestFailures = Counter(label: "lrng_self_test_failures", factory: factory)
    losses = Counter(label: "lrng_seed_losses", factory: factory)
  }

  func observe(_ event: SeedingEvent) {
    switch event {
    case .obtained(let source, let bits, _): delivered[source.index].increment(by: Int64(bits))
    case .seeding: seedings.increment()
    case .reseedSkipped: skipped.increment()
    case .healthFailure(let source, let isPermanent):
      (isPermanent ? permanentFailures : intermittentFailures)[source.index].increment()
      keep(.health(source, isPermanent: isPermanent))
    case .selfTestsFailed(let failed):
      selfTestFailures.increment()
      keep(.selfTest(failed: failed))
    case .nonOperational:
      losses.increment()
      keep(.seedLost)
    default: break
    }
  }

  private func keep(_ alarm: Alarm) {
    alarms.withLock { alarms in
      if alarms.count < Self.mostAlarms { alarms.append(alarm) }
    }
  }

  func takeAlarms() -> [Alarm] {
    alarms.withLock { alarms in
      defer { alarms.removeAll() }
      return alarms
    }
  }
}

/// Tells the journal of alarms.
struct AlarmService: Service {
  let observer: SourceObserver
  let logger: Logger

  func run() async throws {
    let (observer, logger) = (observer, logger)
    await untilShutdown(every: .milliseconds(200)) {
      for alarm in observer.takeAlarms() { Self.tell(alarm, logger) }
    }
  }

  private static func tell(_ alarm: SourceObserver.Alarm, _ logger: Logger) {
    switch alarm {
    case .health(let source, isPermanent: true):
      logger.critical(
        "entropy source \(source.name) failed its health test for good: it is not used any more",
        metadata: [MessageID.key: "\(MessageID.permanentHealthFailure.rawValue)"])
    case .health(let source, isPermanent: false):
      logger.error(
        "entropy source \(source.name) failed its health test: its data are dropped",
        metadata: [MessageID.key: "\(MessageID.healthFailure.rawValue)"])
    case .selfTest(let failed):
      logger.critical(
        "self tests failed (mask 0x\(String(failed, radix: 16))): there is no output",
        metadata: [MessageID.key: "\(MessageID.selfTestFailure.rawValue)"])
    case .seedLost:
      logger.warning("the seed is lost: requests wait", metadata: [MessageID.key: "\(MessageID.seedLost.rawValue)"])
    }
  }
}

/// What the service counts about the kernel's generator.
final class KernelCounters: Sendable {
  private let blocks: Counter
  private let bits: Counter
  private let failures: Counter

  init(factory: any MetricsFactory) {
    blocks = Counter(label: "lrng_kernel_seedings", factory: factory)
    bits = Counter(label: "lrng_kernel_credited_bits", factory: factory)
    failures = Counter(label: "lrng_kernel_seeding_failures", factory: factory)
  }

  func count(_ outcome: KernelFeeder.Outcome) {
    switch outcome {
    case .fed(let credited):
      blocks.increment()
      bits.increment(by: Int64(credited))
    case .notSeeded, .ownOutput: break
    case .failed, .testFailed: failures.increment()
    }
  }
}
