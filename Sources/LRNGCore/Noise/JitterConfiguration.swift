// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Which rules the Jitter RNG follows.
public enum JitterMode: UInt8, BitwiseCopyable, Sendable {
  /// A block takes 256·rate deltas.
  case plain = 0
  /// SP 800-90B and 90C: a block takes (256 + 65)·rate deltas, which gives full entropy after conditioning.
  case fips = 1
  /// AIS 20/31 class NTG.1: blocks as in FIPS mode, and health tests for 8/rate bits a delta.
  case ntg1 = 2
}

/// How much work the Jitter RNG does for a bit.
public struct JitterConfiguration: Equatable, Sendable {
  /// Rates the tables of the health tests have entries for.
  public static let oversamplingRates: ClosedRange<UInt32> = 3...20

  public let mode: JitterMode

  /// Deltas for one bit of entropy: each delta claims 1/rate bits. Values outside of ``oversamplingRates`` are clamped.
  public let oversamplingRate: UInt32

  /// The lowest rate that our assessment supports (Documentation/jitter-assessment.md): 1/3 bit a delta, and in NTG.1 mode,
  /// whose health tests expect 8/rate bits of the memory walk and of the hash loop alone, 4/9.
  public static func defaultOversamplingRate(for mode: JitterMode) -> UInt32 {
    switch mode {
    case .plain, .fips: 3
    case .ntg1: 18
    }
  }

  /// Iterations of the hash loop for one delta: 1, 2, 4 … 128. Other values are rounded up.
  ///
  /// The publication has 1, and demands that its code be compiled without optimisation. Our Keccak is optimised and seven
  /// times as fast, so that one iteration would be over before much could happen to it: less than 1/3 bit a delta was left
  /// of the hash loop alone. 8 make up for that (Documentation/jitter-assessment.md).
  public let hashIterations: UInt32

  /// See ``hashIterations``. A debug build isn't optimised, and one iteration takes long enough.
  public static var defaultHashIterations: UInt32 {
    #if DEBUG
      1
    #else
      8
    #endif
  }

  /// Recovery asks for no more memory than this.
  public let maximumMemorySizeInBytes: Int

  /// - Parameter oversamplingRate: `nil` for the default of the mode.
  public init(
    mode: JitterMode = .plain,
    oversamplingRate: UInt32? = nil,
    hashIterations: UInt32 = Self.defaultHashIterations,
    maximumMemorySizeInBytes: Int = 1 &<< 25
  ) {
    self.mode = mode
    let rate = oversamplingRate ?? Self.defaultOversamplingRate(for: mode)
    self.oversamplingRate = min(max(rate, 3), 20)
    self.hashIterations = Self.roundedUpToPowerOfTwo(hashIterations)
    self.maximumMemorySizeInBytes = maximumMemorySizeInBytes
  }

  /// Deltas that are not stuck for one block of 256 bits.
  ///
  /// FIPS and NTG.1: 65 bits more than a block holds, where SP 800-90C asks for at least 64. A multiple of 3, since the
  /// repetition count test with memory looks at every third delta.
  func deltasPerBlock(atRate rate: UInt32) -> UInt32 {
    let bits: UInt32 = mode == .plain ? 256 : 256 + 65
    return (bits &* rate &+ 2) / 3 &* 3
  }

  /// Index into a table whose first entry is that of rate 1.
  static func tableEntry(forRate rate: UInt32) -> Int {
    Int(truncatingIfNeeded: min(max(rate, 1), 20)) &- 1
  }

  private static func roundedUpToPowerOfTwo(_ iterations: UInt32) -> UInt32 {
    var power: UInt32 = 1
    while power < iterations && power < 128 { power &*= 2 }
    return power
  }
}
