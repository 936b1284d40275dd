// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore

extension SeedingEvent {
  /// The step in the wording of the reference, so that scripts which read its log can read ours.
  var text: String {
    switch self {
    case .eventsUsed(let source, let cpu, let used, let unused):
      "\(source.object): \(used) \(source.eventNoun) used from entropy pool of CPU \(cpu), \(unused) \(source.eventNoun) remain unused"
    case .obtained(let source, let bits, let collected) where bits == collected && !source.isPool:
      "\(source.object): obtained \(bits) bits of entropy from \(source.noiseName)"
    case .obtained(let source, let bits, let collected):
      "\(source.object): obtained \(bits) bits by collecting \(collected) bits of entropy from \(source.noiseName)"
    case .pulled(let source, let bits):
      "\(source.object): pulled \(bits) bits from \(source.noiseName)"
    case .notIndependent(let source, let bits):
      "lrng_es_mgr: \(bits) bits of \(source.title) do not count: another observer of the same interrupts does"
    case .seeding(.predictionResistant, let length):
      "lrng_drng_mgr: seeding prediction resistance DRNG with \(length) bytes"
    case .seeding(let id, let length):
      "lrng_drng_mgr: seeding regular DRNG with \(length) bytes (\(id.text))"
    case .reseedSkipped(let id, let available, let required):
      "lrng_es_mgr: reseed of \(id.text) skipped: \(available) bits available, \(required) bits required"
    case .generatorFullySeeded(let id, let bits):
      "lrng_drng_mgr: regular DRNG fully seeded (\(id.text), \(bits) bits)"
    case .generatorLostSeed(let id):
      "lrng_drng_mgr: \(id.text) is not fully seeded any more"
    case .forcedRound(let id, let bits):
      "lrng_drng_mgr: Force fully seeding level for \(id.text) by repeatedly pull entropy from available entropy sources: \(bits) bits so far"
    case .reachedLevel(.full, let bits):
      "lrng_es_mgr: LRNG fully seeded with \(bits) bits of entropy"
    case .reachedLevel(.minimal, let bits):
      "lrng_es_mgr: LRNG minimally seeded with \(bits) bits of entropy"
    case .reachedLevel(let level, let bits):
      level == .initial
        ? "lrng_es_mgr: LRNG initial entropy level reached with \(bits) bits of entropy"
        : "lrng_es_mgr: LRNG not seeded"
    case .operational: "lrng_es_mgr: LRNG fully operational"
    case .nonOperational: "lrng_es_mgr: LRNG set to non-operational"
    case .commonDivisor(let source, let divisor):
      "lrng_es_timer_common: Setting GCD to \(divisor) (\(source.title))"
    case .startupTestCompleted(let source):
      "lrng_health: SP800-90B startup health tests for internal entropy source \(source.index) completed"
    case .healthFailure(let source, let isPermanent):
      "lrng_health: \(isPermanent ? "permanent" : "intermittent") SP800-90B health test failure for entropy source \(source.index) (\(source.title))"
    case .switchedGenerator(let id, let algorithm): "lrng_switch: \(id.text) switched to \(algorithm.name)"
    case .switchedHash(let algorithm): "lrng_switch: entropy pools switched to \(algorithm.name)"
    case .selfTestsPassed: "lrng_selftest: LRNG self-tests passed"
    case .selfTestsFailed(let failed): "lrng_selftest: LRNG self-tests failed: mask 0x\(String(failed, radix: 16))"
    }
  }
}

extension GeneratorID {
  fileprivate var text: String {
    switch self {
    case .node(let node): "DRNG of node \(node)"
    case .predictionResistant: "prediction resistance DRNG"
    }
  }
}

extension EntropySourceKind {
  fileprivate var object: String {
    switch self {
    case .interrupt: "lrng_es_irq"
    case .scheduler: "lrng_es_sched"
    case .jitter: "lrng_es_jent"
    case .cpu: "lrng_es_cpu"
    case .kernel: "lrng_es_krng"
    case .auxiliary: "lrng_es_aux"
    }
  }

  fileprivate var eventNoun: String { self == .interrupt ? "interrupts" : "scheduler events" }

  /// Pools say what they collected for what they gave.
  fileprivate var isPool: Bool { self == .interrupt || self == .scheduler || self == .auxiliary }

  fileprivate var noiseName: String {
    switch self {
    case .interrupt: "entropy pool noise source"
    case .scheduler: "scheduler-based noise source"
    case .jitter: "Jitter RNG noise source"
    case .cpu: "CPU RNG entropy source"
    case .kernel: "Kernel RNG noise source"
    case .auxiliary: "auxiliary entropy pool"
    }
  }
}
