// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Why no raw seed was handed out.
public enum RawSeedError: Error, Equatable, Sendable {
  /// The buffer has less than 8 bytes; nothing was written.
  case bufferTooShort
  /// The buffer is too small: its first 8 bytes hold the length that is needed.
  case lengthNeeded(Int)
  /// The LRNG is not fully seeded.
  case notFullySeeded
  /// The sources have no entropy at this time, or another thread is seeding.
  case noEntropy
  /// A self test failed, or has not run yet.
  case selfTestFailed
}

extension LRNGHost where Self: ~Copyable {
  /// Hands out the seed that a generator would get now, for generators elsewhere.
  ///
  /// | bytes | |
  /// |---|---|
  /// | 8 | total length in bytes |
  /// | 8 | entropy in bits |
  /// | … | ``SeedBuffer`` |
  ///
  /// The entropy is not used for anything else, and no two callers get the same.
  ///
  /// - Parameters:
  ///   - output: Room for all of it, or for the length alone.
  ///   - isReseed: Whether to collect the 256 bits of a reseed instead of what a first seed takes.
  ///   - waiting: Whether to wait for another thread that is seeding.
  /// - Returns: The length in bytes.
  public func rawSeed(
    into output: inout MutableSpan<UInt8>, isReseed: Bool, waiting: Bool = true
  ) throws(RawSeedError) -> Int {
    try announceLength(in: &output, policy: policy)
    guard levels.mayOutput else { throw .selfTestFailed }
    guard levels.isOperational else { throw .notFullySeeded }
    guard beginSeeding(waiting: waiting) else { throw .noEntropy }
    // Somebody may have switched to a longer hash while this waited for the right to seed. Nobody can now.
    let policy = policy
    let length: Int
    do throws(RawSeedError) {
      length = try announceLength(in: &output, policy: policy)
    } catch {
      endSeeding()
      throw error
    }
    reseedWhatIsDue()
    var buffer = SeedBuffer(for: policy)
    let healthFailures = levels.healthFailures
    fill(&buffer, requestedBits: policy.requestedBits(fullySeeded: isReseed), policy: policy)
    endSeeding()
    // A self test may have failed while this waited for the right to seed, or for the sources.
    guard levels.mayOutput else {
      buffer.wipe()
      throw .selfTestFailed
    }
    if levels.healthFailures != healthFailures { buffer.forfeitCredit() }
    let entropyBits = buffer.credit.totalBits
    store(UInt64(entropyBits), into: &output, at: 8)
    if entropyBits > 0 {
      buffer.withBytes { bytes in
        _ = output.copy(bytes.count, from: bytes, at: 0, to: 16)
      }
    }
    buffer.wipe()
    guard entropyBits > 0 else { throw .noEntropy }
    return length
  }

  /// Writes the length of a seed under that policy to the start of the output, if there is room for it and for the seed.
  @discardableResult
  @inline(__always)
  private func announceLength(
    in output: inout MutableSpan<UInt8>, policy: SeedingPolicy
  ) throws(RawSeedError) -> Int {
    guard output.count >= 8 else { throw .bufferTooShort }
    let length = 16 &+ SeedBuffer.lengthInBytes(for: policy)
    store(UInt64(truncatingIfNeeded: length), into: &output, at: 0)
    guard output.count >= length else { throw .lengthNeeded(length) }
    return length
  }

  private func store(_ value: UInt64, into output: inout MutableSpan<UInt8>, at offset: Int) {
    #if _endian(little)
      output.storeLittleEndian(value, at: offset)
    #else
      output.storeBigEndian(value, at: offset)
    #endif
  }
}
