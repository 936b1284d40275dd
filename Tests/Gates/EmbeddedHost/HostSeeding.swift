// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CEmbeddedHost

struct EmbeddedHost: LRNGHost, ~Copyable {
  let levels = SeedLevels()

  var policy: SeedingPolicy {
    SeedingPolicy(
      isSP80090C: host_flag(0), wantsOversampling: host_flag(1),
      ntg1: host_flag(2) ? .version2024 : host_flag(3) ? .draft2022 : nil,
      digestLengthInBits: host_number(0), allowsForcedSeeding: host_flag(4), maximumRequestsWithoutReseed: host_time(1))
  }
  var hash: HashAlgorithm { unsafe memory(3, of: HashAlgorithm.self).pointee }
  var nodeCount: Int { Int(truncatingIfNeeded: host_number(1)) }
  var reseedIntervalInSeconds: UInt64 { host_time(2) }

  func now() -> MonotonicInstant { MonotonicInstant(milliseconds: host_time(0)) }
  func timeStamp() -> UInt32 { host_number(2) }

  func withGenerator<R, E>(_ id: GeneratorID, _ body: (inout DRNGInstance) throws(E) -> R) throws(E) -> R {
    let generator: UnsafeMutablePointer<DRNGInstance>
    switch id {
    case .node(let node): unsafe generator = memory(0, at: node)
    case .predictionResistant: unsafe generator = memory(1)
    }
    host_lock(0)
    defer { host_unlock(0) }
    return try unsafe body(&generator.pointee)
  }

  func beginSeeding(waiting: Bool) -> Bool { host_try_lock(waiting) }
  func endSeeding() { host_unlock(1) }

  func availableBits(of source: EntropySourceKind, requestedBits: UInt32) -> UInt32 {
    host_available(source.rawValue, requestedBits)
  }
  func collect(
    from source: EntropySourceKind, into slot: inout MutableSpan<UInt8>, requestedBits: UInt32,
    oversamplingBits: UInt32
  ) -> UInt32 {
    for index in slot.indices { slot[index] = host_byte() }
    return host_available(source.rawValue, requestedBits &+ oversamplingBits)
  }
  func switchPools(to algorithm: HashAlgorithm, keepingCredit: Bool) {
    let (pool, auxiliary): (UnsafeMutablePointer<EventPool>, UnsafeMutablePointer<AuxiliaryPool>) =
      unsafe (memory(4), memory(5))
    let events: UnsafeMutablePointer<UnusedEvents> = unsafe memory(6)
    let accounting: UnsafeMutablePointer<EventAccounting> = unsafe memory(7)
    unsafe pool.pointee.switchHash(to: algorithm, counting: events.pointee, accounting: accounting.pointee)
    unsafe auxiliary.pointee.switchHash(to: algorithm)
  }
  func mixBack(_ seed: Span<UInt8>) {
    for index in seed.indices { host_event(UInt32(seed[index])) }
  }

  func levelDidChange(to level: SeedLevel) { host_event(level.rawValue) }
  func trace(_ event: SeedingEvent) { host_event(5) }
}

private var host: UnsafeMutablePointer<EmbeddedHost> { unsafe memory(2) }

@c func host_generate() -> Int {
  var output = unsafe bytes(0).mutableSpan
  let quality: GenerationQuality = host_flag(5) ? .fullySeeded : .available
  let node = Int(truncatingIfNeeded: host_number(4))
  return (try? unsafe host.pointee.generate(into: &output, node: node, quality: quality)) ?? -1
}

@c func host_generate_with_prediction_resistance() -> Int {
  var output = unsafe bytes(0).mutableSpan
  return (try? unsafe host.pointee.generateWithPredictionResistance(into: &output)) ?? -1
}

@c func host_raw_seed() -> Int {
  var output = unsafe bytes(0).mutableSpan
  return (try? unsafe host.pointee.rawSeed(into: &output, isReseed: host_flag(6))) ?? -1
}

@c func host_entropy_arrived() { unsafe host.pointee.entropyArrived() }

@c func host_seed_by_force() { unsafe host.pointee.seedByForce() }

@c func host_force_reseed() { unsafe host.pointee.forceReseed() }

@c func host_source_failed() {
  guard let source = EntropySourceKind(rawValue: host_byte()) else { return }
  unsafe host.pointee.sourceDidFail(source, isPermanent: host_flag(7))
}

@c func host_switch_generators() -> Bool {
  let algorithm: UnsafeMutablePointer<DRNGAlgorithm> = unsafe memory(8)
  return (try? unsafe host.pointee.switchGenerators(to: algorithm.pointee)) != nil
}

@c func host_switch_hash() -> Bool {
  let algorithm: UnsafeMutablePointer<HashAlgorithm> = unsafe memory(9)
  return (try? unsafe host.pointee.switchHash(to: algorithm.pointee)) != nil
}
