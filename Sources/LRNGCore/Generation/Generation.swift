// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// Generation: from a request to its bytes.
//
// The generator of the caller's node serves if it is fully seeded, else the one of node 0. A due reseed is done by the
// request that finds it due, if no other thread is seeding; all others go on with their output.

/// Why a request got nothing, or less than it asked for.
public enum GenerationError: Error, Equatable, Sendable {
  /// The LRNG is not fully seeded: wait for ``SeedLevel/full`` and ask again.
  case notFullySeeded
  /// A self test failed, or has not run yet: there is no output.
  case selfTestFailed
  /// A generator reported an error.
  case generatorFailed
}

/// How a request wants to be served.
public enum GenerationQuality: Sendable, Equatable {
  /// Only bytes of a fully seeded generator.
  case fullySeeded
  /// Bytes now, from whatever the state is: `/dev/urandom` and `GRND_INSECURE`.
  case available
}

/// Who does a reseed that the number of requests has made due.
public enum DueReseed: Sendable, Equatable {
  /// The request that finds it due.
  case byRequest
  /// Somebody else, whom the host has asked: this request goes on. All other reasons for a reseed still hold it up.
  case elsewhere
}

extension LRNGHost where Self: ~Copyable {
  /// Fills the output with random bytes.
  ///
  /// Never waits for entropy: a host that blocks waits for the level and calls again.
  ///
  /// - Parameters:
  ///   - output: Any number of bytes; it is served in requests of at most 4096 bytes.
  ///   - node: The NUMA node of the caller.
  ///   - quality: Whether only a fully seeded generator may serve.
  ///   - dueReseed: Who reseeds after so many requests.
  /// - Returns: The bytes that were filled, from the start: all of them, or fewer when the seed was lost on the way.
  /// - Throws: ``GenerationError`` when nothing was filled.
  public func generate(
    into output: inout MutableSpan<UInt8>, node: Int, quality: GenerationQuality, dueReseed: DueReseed = .byRequest
  ) throws(GenerationError) -> Int {
    var filled = 0
    while filled < output.count {
      let length = min(output.count &- filled, DRNGInstance.maximumRequestLengthInBytes)
      do throws(GenerationError) {
        try output.withPart(filled..<filled &+ length) { (chunk) throws(GenerationError) in
          try generateChunk(into: &chunk, node: node, quality: quality, dueReseed)
        }
      } catch {
        if filled == 0 { throw error }
        return filled
      }
      filled &+= length
    }
    return filled
  }

  private func generateChunk(
    into chunk: inout MutableSpan<UInt8>, node: Int, quality: GenerationQuality, _ dueReseed: DueReseed
  ) throws(GenerationError) {
    guard levels.mayOutput else { throw .selfTestFailed }
    let local = GeneratorID.node(node > 0 && node < nodeCount ? node : 0)
    if local != .initial, try serve(from: local, into: &chunk, quality: .fullySeeded, dueReseed) { return }
    if try serve(from: .initial, into: &chunk, quality: quality, dueReseed) { return }
    throw .notFullySeeded
  }

  /// - Returns: Whether the generator was allowed to serve.
  private func serve(
    from id: GeneratorID, into chunk: inout MutableSpan<UInt8>, quality: GenerationQuality, _ dueReseed: DueReseed
  ) throws(GenerationError) -> Bool {
    reseedIfDue(id, dueReseed)
    let policy = policy
    let timeStamp = timeStamp()
    let (service, hasLostSeed) = withGenerator(id) { instance -> (Service, hasLostSeed: Bool) in
      let isWornOut = instance.isWornOut(policy: policy)
      if isWornOut {
        instance.unsetFullySeeded()
        lowerLevels(id)
      }
      guard instance.isFullySeeded || quality == .available else { return (.refused, isWornOut) }
      guard levels.mayOutput else { return (.failed, isWornOut) }
      do throws(DRNGError) {
        try instance.generate(into: &chunk, timeStamp: timeStamp)
        return (.served, isWornOut)
      } catch {
        chunk.wipe()
        return (.failed, isWornOut)
      }
    }
    if hasLostSeed {
      didLoseSeed(id)
      // What is available may be enough to be back at once.
      entropyArrived()
    }
    switch service {
    case .served: return true
    case .refused: return false
    case .failed: throw levels.mayOutput ? .generatorFailed : .selfTestFailed
    }
  }

  private func reseedIfDue(_ id: GeneratorID, _ dueReseed: DueReseed) {
    // Where another thread is seeding, the next request finds it due again.
    guard isReseedDue(id, dueReseed), beginSeeding(waiting: false) else { return }
    if isReseedDue(id, dueReseed) { seed(id, byForce: false) }
    endSeeding()
  }

  private func isReseedDue(_ id: GeneratorID, _ dueReseed: DueReseed = .byRequest) -> Bool {
    let now = now()
    let interval = reseedIntervalInSeconds
    return withGenerator(id) { instance in
      // A generator that was never fully seeded gets its seed from arriving entropy, not from requests.
      instance.isFullySeeded
        && instance.isReseedDue(now: now, intervalInSeconds: interval, afterRequests: dueReseed == .byRequest)
    }
  }

  /// Reseeds the generators for which it is time, unless another thread is seeding. May take as long as the sources do.
  public func reseedDueGenerators() {
    guard beginSeeding(waiting: false) else { return }
    reseedWhatIsDue()
    endSeeding()
  }

  /// Reseeds what is due before entropy goes elsewhere: to prediction resistance or a raw seed.
  ///
  /// Those wait for the right to seed, while a due reseed only tries. Without this a few of them could keep it from ever
  /// getting it, until the seeds are worn out and all others stand still. The caller owns the right to seed.
  func reseedWhatIsDue() {
    for node in 0..<nodeCount where isReseedDue(.node(node)) { seed(.node(node), byForce: false) }
  }
}

private enum Service {
  case served, refused, failed
}
