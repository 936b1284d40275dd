// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The processor's own generator.
//
// RDSEED (and RNDRRS on arm64) delivers conditioned noise: full entropy, if the maker keeps the promise. RDRAND (RNDR)
// delivers the output of a DRBG that this noise reseeds at least every 511 blocks of 128 bits, so 512 blocks contain a
// reseed: many of its blocks are hashed to one (Intel, DRNG Software Implementation Guide, section 4.2.6).
//
// Nothing of this can be verified from outside. The credit is the host's business, by default 8 bits of 256.

/// The instructions, one attempt each: the host has them, and a test replaces them.
public protocol CPURandomInstructions {
  /// Whether the processor has an instruction that delivers conditioned noise.
  var hasSeed: Bool { get }
  /// Whether the processor has an instruction that delivers a generator's output.
  var hasRandom: Bool { get }
  func seedWord() -> UInt64?
  func randomWord() -> UInt64?
  /// What a loop of attempts does in between.
  func pause()
}

/// Why the processor's generator gives nothing.
public enum CPUSourceFailure: Error, Equatable, Sendable {
  /// The processor has no instruction for random numbers.
  case instructionMissing
  /// The instruction delivers nothing, although it was asked as often as its maker advises.
  case instructionFails
  /// The instruction delivers the same word again and again.
  case instructionStuck
}

/// The entropy source "CPU".
///
/// It holds no secret between two calls. Each call decides anew which instruction to use: RDSEED fails for moments when
/// other processors drain the shared generator, and such a moment must not decide for ever.
public struct CPUEntropySource<Instructions: CPURandomInstructions>: ~Copyable {
  public enum Outcome: Equatable {
    /// So many bits were written: as many as requested, but no more than conditioning can hold.
    case delivered(bits: Int)
    case unavailable(CPUSourceFailure)
  }

  /// Intel, DRNG Software Implementation Guide, section 5.3.1: RDSEED may fail often under load; pause and retry, up to
  /// a bound of the order of 100.
  static var seedAttempts: Int { 100 }
  /// Section 5.2.1 there: ten failures of RDRAND in a row mean that the generator is broken.
  static var randomAttempts: Int { 10 }
  /// 512 blocks of the DRBG contain output of at least two seeds.
  static var randomMultiplier: Int { 512 }

  /// The longest digest, and more than a seed asks for (48 bytes).
  private typealias Block = InlineArray<64, UInt8>

  private let instructions: Instructions

  /// How many bits of an instruction that delivers noise go into one bit of output. 1 needs no conditioning; a value for
  /// processors that are trusted less.
  public var seedMultiplier: Int

  /// The last word, to catch an instruction that got stuck. Compared, never delivered twice, wiped after each call.
  private var lastWord: UInt64 = 0

  public init(_ instructions: Instructions, seedMultiplier: Int = 1) {
    self.instructions = instructions
    self.seedMultiplier = seedMultiplier
  }

  /// Why the source can't give anything on this processor, or nothing when it can.
  public var unavailability: CPUSourceFailure? {
    instructions.hasSeed || instructions.hasRandom ? nil : .instructionMissing
  }

  /// The factor that applies when the preferred instruction works: for `status`.
  public var multiplier: Int {
    max(instructions.hasSeed ? 1 : Self.randomMultiplier, seedMultiplier)
  }

  /// Fills the first `requestedBits` of `output` with random bits: at most 512, more than a seed asks of a source.
  ///
  /// When conditioning is needed (multiplier above 1), `requestedBits` is capped to the digest of `hash`, and
  /// `multiplier * (requestedBits + oversamplingBits)` bits of the processor go into it. `oversamplingBits` is 64 where
  /// SP 800-90C asks for full entropy of a conditioned output, else 0.
  ///
  /// Nothing but the bits delivered is written to `output`, and nothing at all when it fails.
  public mutating func fill(
    _ output: inout MutableSpan<UInt8>, requestedBits: Int, hash: HashAlgorithm, oversamplingBits: Int = 0
  ) -> Outcome {
    var block = Block(repeating: 0)
    defer {
      wipe(&block)
      wipe(&lastWord)
    }
    let byteCount = min(max(0, requestedBits) / 8, min(output.count, Block.count))
    let seeded = fill(&block, byteCount, from: .seed, hash: hash, oversamplingBits: oversamplingBits)
    let result =
      switch seeded {
      case .success: seeded
      case .failure(let failure):
        instructions.hasRandom
          ? fill(&block, byteCount, from: .random, hash: hash, oversamplingBits: oversamplingBits)
          : .failure(failure)
      }
    switch result {
    case .success(let byteCount):
      output.copy(byteCount, from: block.span, at: 0, to: 0)
      return .delivered(bits: byteCount &* 8)
    case .failure(let failure):
      return .unavailable(failure)
    }
  }

  private mutating func fill(
    _ block: inout Block, _ byteCount: Int, from instruction: Instruction, hash: HashAlgorithm, oversamplingBits: Int
  ) -> Result<Int, CPUSourceFailure> {
    guard has(instruction) else { return .failure(.instructionMissing) }
    let multiplier = max(instruction == .seed ? 1 : Self.randomMultiplier, seedMultiplier)
    guard multiplier > 1 else { return collect(byteCount, into: &block, from: instruction) }
    return condition(
      byteCount, into: &block, from: instruction, multiplier: multiplier, hash: hash,
      oversamplingBits: max(0, oversamplingBits))
  }

  // MARK: - Instructions

  private enum Instruction { case seed, random }

  private func has(_ instruction: Instruction) -> Bool {
    switch instruction {
    case .seed: instructions.hasSeed
    case .random: instructions.hasRandom
    }
  }

  /// One word that is not suspicious.
  ///
  /// Some AMD processors returned all ones after resume (RDRAND) or zero with the flag of success (RDSEED, AMD-SB-7055),
  /// and no error flag. A good generator gives such a word, or the same twice, once in 2^62: to reject it costs nothing.
  private mutating func word(from instruction: Instruction) -> Result<UInt64, CPUSourceFailure> {
    var isStuck = false
    for attempt in 0..<(instruction == .seed ? Self.seedAttempts : Self.randomAttempts) {
      if attempt > 0 { instructions.pause() }
      guard let word = instruction == .seed ? instructions.seedWord() : instructions.randomWord() else { continue }
      if word == 0 || word == .max || word == lastWord {
        isStuck = true
        continue
      }
      lastWord = word
      return .success(word)
    }
    return .failure(isStuck ? .instructionStuck : .instructionFails)
  }

  /// Fills the first `byteCount` bytes of `block` with words as the instruction gives them.
  private mutating func collect(
    _ byteCount: Int, into block: inout Block, from instruction: Instruction
  ) -> Result<Int, CPUSourceFailure> {
    var offset = 0
    while offset < byteCount {
      switch word(from: instruction) {
      case .failure(let reason):
        return .failure(reason)
      case .success(var word):
        // A word gives eight bytes, the last one what is left.
        var index = offset
        let end = min(offset &+ 8, byteCount)
        while index < end {
          // The index is below the 64 bytes of a block, which the compiler does not see.
          block[index & 63] = UInt8(truncatingIfNeeded: word)
          word &>>= 8
          index &+= 1
        }
        offset = end
      }
    }
    return .success(byteCount)
  }

  /// Hashes `multiplier` times as many bits as it leaves in `block`.
  private mutating func condition(
    _ byteCount: Int, into block: inout Block, from instruction: Instruction, multiplier: Int, hash: HashAlgorithm,
    oversamplingBits: Int
  ) -> Result<Int, CPUSourceFailure> {
    let byteCount = min(byteCount, hash.digestLengthInBytes)
    let (bits, overflow) = multiplier.multipliedReportingOverflow(by: byteCount &* 8 &+ oversamplingBits)
    // Nobody configures so much on purpose; no processor delivers it in a lifetime.
    guard !overflow else { return .failure(.instructionFails) }

    var state = ConditioningHash(hash)
    var remainingBytes = bits / 8 &+ (bits % 8 == 0 ? 0 : 1)
    while remainingBytes > 0 {
      let length = min(remainingBytes, Block.count)
      if case .failure(let reason) = collect(length, into: &block, from: instruction) {
        state.reset(to: hash)
        return .failure(reason)
      }
      state.update(block.span.extracting(first: length))
      remainingBytes &-= length
    }
    var digest = block.mutableSpan
    state.finalize(into: &digest)
    return .success(byteCount)
  }
}
