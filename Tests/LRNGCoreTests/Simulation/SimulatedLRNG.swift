// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

/// An LRNG whose clock, sources and locks are numbers in a test: hours pass in microseconds, and each decision of the
/// core can be looked at.
final class SimulatedLRNG: LRNGHost {
  let levels = SeedLevels()
  var policy: SeedingPolicy
  private(set) var hash: HashAlgorithm
  let nodeCount: Int
  var reseedIntervalInSeconds = DRNGInstance.defaultReseedIntervalInSeconds
  var clockInMilliseconds: UInt64 = 1000
  var sources: [EntropySourceKind: SimulatedSource] = [:]

  private(set) var events: [SeedingEvent] = []
  private(set) var levelChanges: [SeedLevel] = []
  private(set) var mixedBackCount = 0
  /// Called inside a collection, as if another thread came by at that moment.
  var duringCollection: ((SimulatedLRNG) -> Void)?
  /// Called with an event of the trace, as if another thread came by at that moment.
  var duringTrace: ((SimulatedLRNG, SeedingEvent) -> Void)?

  private let generators: UnsafeMutablePointer<DRNGInstance>
  private var lockedGenerators: Set<Int> = []
  private var isSeeding = false
  private var stampCounter: UInt32 = 0

  init(
    policy: SeedingPolicy = SeedingPolicy(), nodeCount: Int = 1, selfTestsPassed: Bool = true,
    algorithm: DRNGAlgorithm = .chaCha20
  ) {
    self.policy = policy
    hash = policy.digestLengthInBits > 256 ? .sha512 : .sha256
    self.nodeCount = nodeCount
    generators = .allocate(capacity: nodeCount + 1)
    for index in 0...nodeCount { (generators + index).initialize(to: DRNGInstance(algorithm)) }
    if selfTestsPassed { levels.recordSelfTests(failed: 0) }
  }

  deinit {
    generators.deinitialize(count: nodeCount + 1)
    generators.deallocate()
  }

  // MARK: LRNGHost

  func now() -> MonotonicInstant { MonotonicInstant(milliseconds: clockInMilliseconds) }

  func timeStamp() -> UInt32 {
    stampCounter &+= 1
    return stampCounter
  }

  func withGenerator<R, E>(_ id: GeneratorID, _ body: (inout DRNGInstance) throws(E) -> R) throws(E) -> R {
    let index =
      switch id {
      case .node(let node): node
      case .predictionResistant: nodeCount
      }
    #expect(lockedGenerators.insert(index).inserted, "a generator lock is not recursive")
    #expect(lockedGenerators.count == 1, "no two generator locks are held at a time")
    defer { lockedGenerators.remove(index) }
    return try body(&generators[index])
  }

  func beginSeeding(waiting: Bool) -> Bool {
    if isSeeding {
      #expect(!waiting, "waiting for the right to seed while this thread owns it would last for ever")
      return false
    }
    #expect(lockedGenerators.isEmpty, "the right to seed comes before the lock of a generator")
    isSeeding = true
    return true
  }

  func endSeeding() {
    #expect(isSeeding)
    isSeeding = false
  }

  func availableBits(of source: EntropySourceKind, requestedBits: UInt32) -> UInt32 {
    sources[source]?.availableBits(requestedBits, policy.conditioningOversamplingBits) ?? 0
  }

  func collect(
    from source: EntropySourceKind, into slot: inout MutableSpan<UInt8>, requestedBits: UInt32,
    oversamplingBits: UInt32
  ) -> UInt32 {
    #expect(isSeeding, "only the owner of the right to seed collects")
    #expect(lockedGenerators.isEmpty, "nobody waits for a source with the lock of a generator")
    if source == .interrupt { duringCollection?(self) }
    return sources[source]?.collect(into: &slot, requestedBits, oversamplingBits) ?? 0
  }

  #if Switching
    func switchPools(to algorithm: HashAlgorithm, keepingCredit: Bool) {
      #expect(isSeeding, "no seed is collected meanwhile")
      #expect(lockedGenerators.isEmpty)
      hash = algorithm
      if !keepingCredit { for kind in sources.keys { sources[kind]?.unused = 0 } }
      policy.digestLengthInBits = algorithm.digestLengthInBits
    }
  #endif

  func mixBack(_ seed: Span<UInt8>) { mixedBackCount += 1 }
  func levelDidChange(to level: SeedLevel) { levelChanges.append(level) }
  func trace(_ event: SeedingEvent) {
    events.append(event)
    duringTrace?(self, event)
  }

  // MARK: What tests ask for

  func interrupts(_ count: UInt32) {
    for _ in 0..<count {
      sources[.interrupt]?.unused += 1
      entropyArrived()
    }
  }

  func generator<R>(_ id: GeneratorID, _ body: (inout DRNGInstance) -> R) -> R { withGenerator(id, body) }

  var level: SeedLevel { levels.level }
  var isOperational: Bool { levels.isOperational }
  var areAllNodesFullySeeded: Bool { levels.areAllNodesFullySeeded }

  func isFullySeeded(_ id: GeneratorID) -> Bool { generator(id) { $0.isFullySeeded } }

  func read(
    _ count: Int, node: Int = 0, _ quality: GenerationQuality = .fullySeeded, dueReseed: DueReseed = .byRequest
  ) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    let filled = try generate(into: &span, node: node, quality: quality, dueReseed: dueReseed)
    return Array(bytes.prefix(filled))
  }

  func readWithPredictionResistance(_ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    let filled = try generateWithPredictionResistance(into: &span)
    return Array(bytes.prefix(filled))
  }

  /// The bits of the last seed of a generator as the trace tells it.
  var lastSkip: (available: UInt32, required: UInt32)? {
    for case .reseedSkipped(_, let available, let required) in events.reversed() { return (available, required) }
    return nil
  }

  func clearEvents() { events = [] }
}

/// A source that is nothing but its arithmetic.
struct SimulatedSource {
  enum Kind {
    /// Each event is worth `256 / eventsPer256Bits` bits; a pool gives at most its digest.
    case events(eventsPer256Bits: UInt64, digestInBits: UInt32)
    /// Always there, with so many bits of entropy in 256 bits of data.
    case data(bitsPer256Bits: UInt32)
    /// A pool with credit.
    case pool(digestInBits: UInt32)
  }

  let kind: Kind
  /// Events or, for a pool, bits that have not been used.
  var unused: UInt32 = 0
  var isWorking = true
  private(set) var collections = 0
  private var serial: UInt8 = 0

  init(_ kind: Kind, unused: UInt32 = 0) {
    self.kind = kind
    self.unused = unused
  }

  func availableBits(_ requestedBits: UInt32, _ oversamplingBits: UInt32) -> UInt32 {
    guard isWorking else { return 0 }
    switch kind {
    case .events(let rate, let digest):
      let bits = min(UInt64(unused) * 256 / rate, UInt64(digest))
      return UInt32(bits).saturatingSubtracting(oversamplingBits)
    case .data(let rate): return min(rate * requestedBits / 256, requestedBits)
    case .pool(let digest): return min(unused, digest).saturatingSubtracting(oversamplingBits)
    }
  }

  mutating func collect(
    into slot: inout MutableSpan<UInt8>, _ requestedBits: UInt32, _ oversamplingBits: UInt32
  ) -> UInt32 {
    guard isWorking else { return 0 }
    collections += 1
    serial &+= 1
    for index in slot.indices { slot[index] = serial }
    switch kind {
    case .events(let rate, let digest):
      let wantedBits = min(requestedBits, digest) + oversamplingBits
      let wanted = UInt32(min(UInt64(wantedBits) * rate / 256, UInt64(UInt32.max)))
      let used = min(unused, wanted)
      unused -= used
      let bits = UInt32(min(UInt64(used) * 256 / rate, UInt64(digest)))
      return min(bits.saturatingSubtracting(oversamplingBits), requestedBits)
    case .data(let rate): return min(rate * requestedBits / 256, requestedBits)
    case .pool(let digest):
      let used = min(unused, min(requestedBits, digest) + oversamplingBits, digest)
      unused -= used
      return used.saturatingSubtracting(oversamplingBits)
    }
  }
}

extension SimulatedLRNG {
  /// The rates of the reference: an interrupt is worth one bit, the Jitter RNG 16 and the processor 8 bits in 256.
  static func withReferenceRates(
    policy: SeedingPolicy = SeedingPolicy(), nodeCount: Int = 1, freeSources: Bool = true
  ) -> SimulatedLRNG {
    let lrng = SimulatedLRNG(policy: policy, nodeCount: nodeCount)
    lrng.sources[.interrupt] = SimulatedSource(
      .events(eventsPer256Bits: 256, digestInBits: 512))
    if freeSources { lrng.addFreeSources() }
    return lrng
  }

  func addFreeSources() {
    sources[.jitter] = SimulatedSource(.data(bitsPer256Bits: 16))
    sources[.cpu] = SimulatedSource(.data(bitsPer256Bits: 8))
  }
}
