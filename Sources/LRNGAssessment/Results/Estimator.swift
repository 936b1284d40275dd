// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// An estimator of min-entropy, SP 800-90B, section 6.3. The raw values are the keys of the JSON.
public enum Estimator: String, CaseIterable, CodingKey, Sendable {
  case mostCommonValue
  case collision
  case markov
  case compression
  case tTuple
  case lrs
  case multiMCW
  case lag
  case multiMMC
  case lz78y

  /// What the standard calls it.
  public var title: String {
    switch self {
    case .mostCommonValue: "Most Common Value"
    case .collision: "Collision"
    case .markov: "Markov"
    case .compression: "Compression"
    case .tTuple: "t-Tuple"
    case .lrs: "Longest Repeated Substring"
    case .multiMCW: "MultiMCW Prediction"
    case .lag: "Lag Prediction"
    case .multiMMC: "MultiMMC Prediction"
    case .lz78y: "LZ78Y Prediction"
    }
  }

  /// The section of SP 800-90B.
  public var section: String {
    switch self {
    case .mostCommonValue: "6.3.1"
    case .collision: "6.3.2"
    case .markov: "6.3.3"
    case .compression: "6.3.4"
    case .tTuple: "6.3.5"
    case .lrs: "6.3.6"
    case .multiMCW: "6.3.7"
    case .lag: "6.3.8"
    case .multiMMC: "6.3.9"
    case .lz78y: "6.3.10"
    }
  }
}

/// What the estimators say about one sequence, in bits a symbol of it. Those that do not apply are absent: collision, Markov
/// and compression are for binary sequences only, and some estimates do not exist for some sequences.
public struct Estimates: Equatable, Sendable, Encodable {
  private var values: [Estimator: Double] = [:]

  public init() {}

  public subscript(estimator: Estimator) -> Double? {
    get { values[estimator] }
    set { values[estimator] = newValue }
  }

  public var isEmpty: Bool { values.isEmpty }

  /// The estimator with the lowest estimate.
  public var limiting: (estimator: Estimator, minEntropy: Double)? {
    Estimator.allCases.compactMap { estimator in values[estimator].map { (estimator, $0) } }.min { $0.1 < $1.1 }
  }

  /// The lowest estimate.
  public var minimum: Double? { limiting?.minEntropy }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Estimator.self)
    for estimator in Estimator.allCases { try container.encodeIfPresent(values[estimator], forKey: estimator) }
  }
}
