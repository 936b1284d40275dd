// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The instruction of a processor that delivers output of its own generator: RDRAND, RNDR.
///
/// A host of an architecture that has one names it here. In the kernel that is a function of C.
@safe public struct HardwareRandomInstruction: @unchecked Sendable {
  /// Writes one word.
  ///
  /// - Returns: 1, or 0 when the instruction failed this time.
  public typealias Word =
    @convention(c) (
      _ context: UnsafeMutableRawPointer?, _ word: UnsafeMutablePointer<UInt64>
    ) -> CInt

  public let name: StaticString
  /// Never nil in an instruction that somebody named, but it may stand in memory that a child of `fork` finds zeroed.
  let word: Word?
  let context: UnsafeMutableRawPointer?

  /// - Parameters:
  ///   - name: The instruction.
  ///   - context: Handed to each call.
  ///   - word: May be called from any thread, and never waits.
  @unsafe public init(name: StaticString, context: UnsafeMutableRawPointer? = nil, word: @escaping Word) {
    self.name = name
    unsafe self.context = context
    unsafe self.word = word
  }
}

extension HardwareRandomInstruction: Equatable {
  public static func == (left: Self, right: Self) -> Bool {
    unsafe functionAddress(left.word) == functionAddress(right.word) && left.context == right.context
  }
}

/// The processor's generator as a generator of the LRNG: its words XOR a ``ChaCha20DRNG`` with the LRNG's seed.
///
/// Nobody can look into a processor, and its generator cannot be seeded; some deliver 128 bits of strength only. The sum of
/// two independent streams is at least as good as the better one, so that this generator keeps what the LRNG promises
/// (256 bits of strength, no output before the seed, recovery by reseeds) whatever the processor delivers.
public struct HardwareDRNG: DRNG, ~Copyable {
  /// Intel, DRNG Software Implementation Guide, section 5.2.1: ten failures in a row mean that the generator is broken.
  private static var attempts: Int { 10 }

  private var instruction: HardwareRandomInstruction?
  private var mask = ChaCha20DRNG()
  /// The last word stays, so that the same one again is noticed in the next request as well. It tells nothing about output:
  /// what it was added to is gone.
  private var lastWord = Secret<UInt64>(0)

  public init() {}

  /// Takes the words of that instruction from now on.
  mutating func use(_ instruction: HardwareRandomInstruction) {
    self.instruction = instruction
  }

  public mutating func seed(_ material: Span<UInt8>) throws(DRNGError) {
    try mask.seed(material)
  }

  public mutating func generate(
    into output: inout MutableSpan<UInt8>, additionalInput: Span<UInt8>
  ) throws(DRNGError) {
    try mask.generate(into: &output)
    var word: UInt64 = 0
    for index in output.indices {
      if index & 7 == 0 { word = try nextWord() }
      output[index] ^= UInt8(truncatingIfNeeded: word)
      word &>>= 8
    }
    LRNGCore.wipe(&word)
  }

  public mutating func wipe() {
    mask.wipe()
    lastWord.wipe()
  }

  /// One word that is not suspicious: some processors returned all ones, or zero, or the same word for ever without an
  /// error. A good generator does that once in 2^62.
  private mutating func nextWord() throws(DRNGError) -> UInt64 {
    guard let instruction else { throw .failed }
    for _ in 0..<Self.attempts {
      var word: UInt64 = 0
      // The host's promise: it writes one word.
      guard unsafe instruction.word?(instruction.context, &word) == 1 else { continue }
      if word == 0 || word == .max || word == lastWord.value { continue }
      lastWord.value = word
      return word
    }
    throw .failed
  }
}
