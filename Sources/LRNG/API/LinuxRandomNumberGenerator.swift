// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Random numbers of the process's LRNG for everything that takes a `RandomNumberGenerator`.
///
/// ```swift
/// var generator = LinuxRandomNumberGenerator()
/// let die = Int.random(in: 1...6, using: &generator)
/// ```
///
/// A copy is as good as the original: there is no state in it. It may be used from any thread, and each has a generator of its
/// own behind it, seeded by the LRNG of the process: a number costs some nanoseconds, and threads do not wait for each other.
/// With a `generator` of its own, each request goes to that.
public struct LinuxRandomNumberGenerator: RandomNumberGenerator, Sendable {
  private let generator: RandomBitGenerator?
  private let quality: QualityOfService
  /// Whether the thread's own generator serves as well as any other.
  private let isDirect: Bool

  /// - Parameters:
  ///   - quality: What each number waits for.
  ///   - generator: An LRNG with a configuration of its own, `nil` for that of the process.
  public init(quality: QualityOfService = .fullySeeded, generator: RandomBitGenerator? = nil) {
    self.generator = generator
    self.quality = quality
    isDirect = generator == nil && quality != .predictionResistant
  }

  /// A random number.
  ///
  /// It waits for the seed. The protocol knows no errors, so this ends the process, like the system's own generator, when
  /// a self test failed or memory is missing: no number is better than a bad one. ``fill(_:)`` throws instead.
  public mutating func next() -> UInt64 {
    if isDirect, let word = ThreadGenerator.nextWord() { return word }
    return slowWord()
  }

  @inline(never)
  private func slowWord() -> UInt64 {
    var word = InlineArray<8, UInt8>(repeating: 0)
    var bytes = word.mutableSpan
    do throws(LRNGError) {
      try fillSlowly(&bytes)
    } catch {
      preconditionFailure("LRNG: \(error)")
    }
    var number: UInt64 = 0
    for index in word.indices { number = number << 8 | UInt64(word[index]) }
    return number
  }

  /// Fills the span completely.
  public func fill(_ bytes: inout MutableSpan<UInt8>) throws(LRNGError) {
    if isDirect, ThreadGenerator.fillFromBatch(&bytes) { return }
    try fillSlowly(&bytes)
  }

  @inline(never)
  private func fillSlowly(_ bytes: inout MutableSpan<UInt8>) throws(LRNGError) {
    guard !bytes.isEmpty else { return }
    if isDirect, ThreadGenerator.fillAlone(&bytes) { return }
    if let generator { return try generator.fillCompletely(&bytes, quality: quality) }
    let generator = try RandomBitGenerator.shared.get()
    if quality == .fullySeeded {
      try ThreadGenerator.fill(&bytes, of: generator)
    } else {
      try generator.fillCompletely(&bytes, quality: quality)
    }
  }
}
