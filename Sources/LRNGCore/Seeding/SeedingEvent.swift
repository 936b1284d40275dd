// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// One of the LRNG's generators.
public enum GeneratorID: Sendable, Equatable {
  /// The generator of a NUMA node. Node 0 is the one that serves while the others are not fully seeded.
  case node(Int)
  /// The generator that is seeded anew for each 32 bytes.
  case predictionResistant

  /// The first generator to be seeded and the last to serve.
  public static let initial = GeneratorID.node(0)
}

/// A step of the processing that a trace shows.
///
/// Hosts write them down in the wording of the reference. No event carries a byte of noise or output.
public enum SeedingEvent: Sendable, Equatable {
  case eventsUsed(EntropySourceKind, cpu: UInt32, used: UInt32, unused: UInt32)
  /// What a source gave, and what it collected for that: more than it gave when conditioning is oversampled.
  case obtained(EntropySourceKind, bits: UInt32, collectedBits: UInt32)
  /// How much a compressed CPU source took from the processor.
  case pulled(EntropySourceKind, bits: UInt32)
  /// A source that shares interrupts with one that is credited already.
  case notIndependent(EntropySourceKind, bits: UInt32)
  case seeding(GeneratorID, lengthInBytes: UInt32)
  case reseedSkipped(GeneratorID, availableBits: UInt32, requiredBits: UInt32)
  case generatorFullySeeded(GeneratorID, bits: UInt32)
  case generatorLostSeed(GeneratorID)
  case forcedRound(GeneratorID, collectedBits: UInt32)
  case reachedLevel(SeedLevel, bits: UInt32)
  case operational
  case nonOperational
  case commonDivisor(EntropySourceKind, divisor: UInt32)
  case startupTestCompleted(EntropySourceKind)
  case healthFailure(EntropySourceKind, isPermanent: Bool)
  case switchedGenerator(GeneratorID, to: DRNGAlgorithm)
  case switchedHash(to: HashAlgorithm)
  case selfTestsPassed
  case selfTestsFailed(failedTests: UInt32)
}
