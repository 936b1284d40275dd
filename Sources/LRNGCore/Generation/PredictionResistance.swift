// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

extension LRNGHost where Self: ~Copyable {
  /// The most bytes that one seed of the prediction-resistant generator is used for: its security strength.
  public static var predictionResistantBlockLengthInBytes: Int { 32 }

  /// Fills the output with bytes of which each block is preceded by a reseed with fresh entropy.
  ///
  /// SP 800-90A 8.8, AIS 20/31 NTG.1: at most as many bytes as the sources delivered fresh entropy for, at most 32
  /// bytes a reseed.
  ///
  /// - Parameters:
  ///   - output: Any number of bytes.
  ///   - waiting: Whether to wait for another thread that is seeding.
  /// - Returns: The bytes that were filled, from the start. Fewer than asked for, even none, when the sources run dry, or
  ///   when another thread is seeding and the caller does not wait.
  /// - Throws: ``GenerationError`` when nothing can be filled any more.
  public func generateWithPredictionResistance(
    into output: inout MutableSpan<UInt8>, waiting: Bool = true
  ) throws(GenerationError) -> Int {
    var filled = 0
    while filled < output.count {
      guard levels.mayOutput else { throw .selfTestFailed }
      guard levels.isOperational else {
        if filled > 0 { return filled }
        throw .notFullySeeded
      }
      // The right to seed is given back after each block: a long read does not keep the other generators from
      // reseeding.
      guard beginSeeding(waiting: waiting) else { return filled }
      reseedWhatIsDue()
      let policy = policy
      let length = generateBlock(into: &output, from: filled, policy: policy)
      endSeeding()
      guard let length else { throw levels.mayOutput ? .generatorFailed : .selfTestFailed }
      if length == 0 { break }
      filled &+= length
    }
    return filled
  }

  /// - Returns: The bytes of the block, 0 when there was not even entropy for one byte, `nil` after a failure.
  private func generateBlock(
    into output: inout MutableSpan<UInt8>, from offset: Int, policy: SeedingPolicy
  ) -> Int? {
    var buffer = SeedBuffer(for: policy)
    let healthFailures = levels.healthFailures
    willCollect(for: .predictionResistant)
    fill(&buffer, requestedBits: policy.requestedBits(fullySeeded: false), policy: policy)
    if levels.healthFailures != healthFailures { buffer.forfeitCredit() }
    let freshBytes = Int(truncatingIfNeeded: min(buffer.credit.totalBits / 8, 1 << 16))
    let length = min(freshBytes, min(Self.predictionResistantBlockLengthInBytes, output.count &- offset))
    let now = now()
    let timeStamp = timeStamp()
    trace(.seeding(.predictionResistant, lengthInBytes: UInt32(truncatingIfNeeded: buffer.lengthInBytes)))
    let isFilled = output.withPart(offset..<offset &+ length) { block in
      withGenerator(.predictionResistant) { instance -> Bool in
        // A self test may have failed while this waited for the right to seed, or for the sources.
        guard levels.mayOutput else { return false }
        // The entropy is spent, also when it was in vain: the next block needs its own.
        defer { instance.unsetFullySeeded() }
        do throws(DRNGError) {
          instance.beginSeeding()
          _ = try instance.inject(buffer, policy: policy, now: now)
          if length > 0 { try instance.generate(into: &block, timeStamp: timeStamp) }
          return true
        } catch {
          block.wipe()
          return false
        }
      }
    }
    buffer.wipe()
    return isFilled ? length : nil
  }
}
