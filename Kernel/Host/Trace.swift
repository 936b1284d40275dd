// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Glue

extension SeedingEvent {
  /// Hands the event to C, which has the words.
  func tell() {
    switch self {
    case .eventsUsed(let source, let cpu, let used, let unused):
      lrng_glue_trace(LRNG_TRACE_EVENTS_USED, source.number, cpu, UInt64(used) &<< 32 | UInt64(unused))
    case .obtained(let source, let bits, let collected):
      lrng_glue_trace(LRNG_TRACE_OBTAINED, source.number, bits, UInt64(collected))
    case .pulled(let source, let bits):
      lrng_glue_trace(LRNG_TRACE_PULLED, source.number, bits, 0)
    case .notIndependent(let source, let bits):
      lrng_glue_trace(LRNG_TRACE_NOT_INDEPENDENT, source.number, bits, 0)
    case .seeding(let id, let length):
      lrng_glue_trace(LRNG_TRACE_SEEDING, id.number, length, 0)
    case .reseedSkipped(let id, let available, let required):
      lrng_glue_trace(LRNG_TRACE_RESEED_SKIPPED, id.number, available, UInt64(required))
    case .generatorFullySeeded(let id, let bits):
      lrng_glue_trace(LRNG_TRACE_GENERATOR_SEEDED, id.number, bits, 0)
    case .generatorLostSeed(let id):
      lrng_glue_trace(LRNG_TRACE_GENERATOR_LOST, id.number, 0, 0)
    case .forcedRound(let id, let bits):
      lrng_glue_trace(LRNG_TRACE_FORCED_ROUND, id.number, bits, 0)
    case .reachedLevel(let level, let bits):
      lrng_glue_trace(LRNG_TRACE_LEVEL, level.rawValue, bits, 0)
    case .operational:
      lrng_glue_trace(LRNG_TRACE_OPERATIONAL, 0, 0, 0)
    case .nonOperational:
      lrng_glue_trace(LRNG_TRACE_NON_OPERATIONAL, 0, 0, 0)
    case .commonDivisor(let source, let divisor):
      lrng_glue_trace(LRNG_TRACE_COMMON_DIVISOR, source.number, divisor, 0)
    case .startupTestCompleted(let source):
      lrng_glue_trace(LRNG_TRACE_STARTUP_COMPLETED, source.number, 0, 0)
    case .healthFailure(let source, let isPermanent):
      lrng_glue_trace(LRNG_TRACE_HEALTH_FAILURE, source.number, isPermanent ? 1 : 0, 0)
    case .switchedGenerator(let id, _):
      lrng_glue_trace(LRNG_TRACE_SWITCHED_GENERATOR, id.number, 0, 0)
    case .switchedHash:
      lrng_glue_trace(LRNG_TRACE_SWITCHED_HASH, 0, 0, 0)
    case .selfTestsPassed:
      lrng_glue_trace(LRNG_TRACE_SELF_TESTS, 0, 0, 0)
    case .selfTestsFailed(let failed):
      lrng_glue_trace(LRNG_TRACE_SELF_TESTS, failed, 0, 0)
    }
  }
}

extension EntropySourceKind {
  fileprivate var number: UInt32 { UInt32(rawValue) }
}

extension GeneratorID {
  fileprivate var number: UInt32 {
    switch self {
    case .node(let node): UInt32(truncatingIfNeeded: node)
    case .predictionResistant: UInt32(LRNG_TRACE_PREDICTION_RESISTANT)
    }
  }
}
