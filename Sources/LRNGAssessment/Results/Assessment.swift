// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The result of an entropy assessment after SP 800-90B. As JSON it has the keys that the documentation lists; what does not
/// apply is absent.
public struct Assessment: Sendable, Encodable {
  /// How the noise source is taken to behave, SP 800-90B, 3.1.2.
  public enum Track: String, Sendable, Encodable {
    /// Independent and identically distributed: only if all tests of section 5 pass.
    case iid = "IID"
    case nonIID = "non-IID"
  }

  /// SP 800-90B, 3.1.1: as many samples an assessment takes. Fewer give estimates that are good for experiments only.
  public static let requiredSamples = 1_000_000

  public var dataset: Dataset
  public var track: Track
  /// Estimates for the symbols, in bits a symbol. On the IID track only the most common value counts.
  public var estimators: Estimates
  /// Estimates for the bitstring, in bits a bit; absent when there are only two different symbols.
  public var bitstring: Estimates?
  /// In bits a symbol, SP 800-90B, 3.1.3.
  public var hOriginal: Double
  /// In bits a bit; absent when there are only two different symbols.
  public var hBitstring: Double?
  /// In bits a symbol: min(hOriginal, n hBitstring) for symbols of n bits, the initial entropy estimate H_I; with restart
  /// tests, what they leave of it, which is 0 when they fail.
  public var minEntropy: Double
  /// The tests of the IID track.
  public var iid: IIDTests?
  public var restart: RestartAssessment?
  public var conditioning: ConditioningAssessment?

  /// What was assessed.
  public struct Dataset: Sendable, Encodable {
    /// The file it came from.
    public var name: String
    public var samples: Int
    /// The width of a symbol, 1 to 8.
    public var bitsPerSymbol: Int
    /// How many different symbols occur.
    public var distinctSymbols: Int

    public init(name: String, samples: Int, bitsPerSymbol: Int, distinctSymbols: Int) {
      self.name = name
      self.samples = samples
      self.bitsPerSymbol = bitsPerSymbol
      self.distinctSymbols = distinctSymbols
    }
  }

  public init(
    dataset: Dataset, track: Track, estimators: Estimates, bitstring: Estimates?, iid: IIDTests? = nil,
    restart: RestartAssessment? = nil, conditioning: ConditioningAssessment? = nil
  ) {
    self.dataset = dataset
    self.track = track
    self.estimators = estimators
    self.bitstring = bitstring
    self.iid = iid
    self.restart = restart
    self.conditioning = conditioning
    let bits = Double(dataset.bitsPerSymbol)
    let hOriginal = min(bits, estimators.minimum ?? bits)
    let hBitstring = bitstring.map { min(1, $0.minimum ?? 1) }
    self.hOriginal = hOriginal
    self.hBitstring = hBitstring
    minEntropy = hBitstring.map { min(hOriginal, bits * $0) } ?? hOriginal
  }

  /// Takes the outcome of restart tests into account.
  public mutating func take(_ restart: RestartAssessment) {
    self.restart = restart
    minEntropy = restart.minEntropy ?? 0
  }

  /// The estimator that decides about ``minEntropy``.
  public var limiting: (estimator: Estimator, isOfBitstring: Bool)? {
    if let hBitstring, let limit = bitstring?.limiting, Double(dataset.bitsPerSymbol) * hBitstring < hOriginal {
      return (limit.estimator, true)
    }
    return estimators.limiting.map { ($0.estimator, false) }
  }
}

/// The tests that decide whether samples may be taken for independent and identically distributed, SP 800-90B, section 5.
public struct IIDTests: Sendable, Encodable {
  /// A chi-square test, 5.2.1 to 5.2.4. It fails below a p-value of 0.001.
  public struct ChiSquare: Sendable, Encodable {
    public var score: Double
    public var degreesOfFreedom: Int
    public var pValue: Double
    public var passed: Bool
  }

  /// The length of the longest repeated substring, 5.2.5.
  public struct LongestRepeatedSubstring: Sendable, Encodable {
    /// In symbols.
    public var length: Int
    /// Pr(X ≥ 1): how likely independent samples have a repetition as long as that. It fails below 0.001.
    public var probability: Double
    public var passed: Bool
  }

  /// One statistic of the permutation tests, 5.1.
  public struct Permutation: Sendable, Encodable {
    /// The name of the standard's reference program, such as `periodicity(8)`.
    public var name: String
    /// The statistic of the samples as they came.
    public var observed: Double
    /// Permutations with a greater, the same and a lower statistic, until the outcome was clear. Both the first two and the
    /// last two must add up to more than 5.
    public var greater: Int
    public var equal: Int
    public var less: Int
    public var passed: Bool
  }

  public var chiSquareIndependence: ChiSquare
  public var chiSquareGoodnessOfFit: ChiSquare
  public var longestRepeatedSubstring: LongestRepeatedSubstring
  public var permutations: [Permutation]
  /// How many permutations were looked at; at most 10 000.
  public var permutationCount: Int
  /// Where the permutations started from: the same seed and number of samples give the same result.
  public var seed: UInt64
  /// Whether all of them pass.
  public var passed: Bool
}

/// The restart tests, SP 800-90B, 3.1.4.
public struct RestartAssessment: Sendable, Encodable {
  /// Rows (restarts) and columns (samples after each).
  public static let size = 1000

  public var name: String
  /// H_I, in bits a symbol.
  public var initialEntropy: Double
  public var sanityCheck: SanityCheck
  /// Estimates for the rows one after the other; absent when the sanity check failed.
  public var rows: Estimates?
  /// Estimates for the columns one after the other.
  public var columns: Estimates?
  /// H_r and H_c, in bits a symbol.
  public var hRows: Double?
  public var hColumns: Double?
  /// min(H_r, H_c, H_I), when both the sanity check and the validation pass.
  public var minEntropy: Double?
  /// Whether the sanity check passes and min(H_r, H_c) ≥ H_I / 2.
  public var passed: Bool
  /// The tests of the IID track, for rows and columns.
  public var iidRows: IIDTests?
  public var iidColumns: IIDTests?

  /// 3.1.4.3: no symbol may be more frequent in a row or column than H_I lets expect.
  public struct SanityCheck: Sendable, Encodable {
    /// How often the most frequent symbol of any row is in it.
    public var maximumCountInRow: Int
    public var maximumCountInColumn: Int
    /// The count that a source with H_I exceeds in one of 2000 rows and columns with a probability of at most 0.01.
    public var cutoff: Int
    public var passed: Bool
  }
}

/// The entropy of conditioned output, SP 800-90B, 3.1.5.
public struct ConditioningAssessment: Sendable, Encodable {
  /// Bits that go in and come out, and the narrowest width within.
  public var nIn: Int
  public var nOut: Int
  public var nw: Int
  /// Entropy of the input, in bits.
  public var hIn: Double
  public var isVetted: Bool
  /// h', entropy of a bit of the conditioned data; only for components that are not vetted.
  public var hPrime: Double?
  /// Output_Entropy(n_in, n_out, nw, h_in), in bits, 3.1.5.1.2.
  public var outputEntropy: Double
  /// -log2 ε for the part ε of `nOut` that is missing to full entropy. SP 800-90C wants 32 or more.
  public var fullEntropyExponent: Double
  /// The entropy of the output, in bits.
  public var hOut: Double
}
