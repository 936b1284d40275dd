// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Synchronization

/// Assesses the entropy of noise sources after SP 800-90B.
///
/// The results are those of NIST's own program. An assessment of a million samples of 8 bits takes seconds and, in memory,
/// about 70 times the size of the samples.
public struct Assessor: Sendable {
  let workers: Workers

  /// - Parameter threads: How many threads work; by default one for each processor.
  public init(threads: Int? = nil) {
    workers = Workers(count: threads)
  }

  /// Fewer samples than this can't be assessed: some estimator would have nothing to estimate from.
  public static func minimumSamples(bitsPerSymbol: Int) -> Int {
    max(
      MultiMCWEstimate.minimumSymbols,
      (CompressionEstimate.minimumBits + bitsPerSymbol - 1) / bitsPerSymbol)
  }

  /// The initial entropy estimate of SP 800-90B, 3.1.3, on the non-IID track. Blocks until it is done.
  ///
  /// - Parameter watch: Called about ten times a second with the share of the work that is done, from 0 to 1. What it
  ///   throws ends the assessment.
  /// - Throws: ``SampleFault`` for too few samples, and what `watch` throws.
  public func assess(_ samples: SampleSet, watch: (Double) throws -> Void = { _ in }) throws -> Assessment {
    try Self.check(samples)
    let symbols = samples.sequence
    // Bits of two symbols say nothing more than the symbols.
    let bits = symbols.alphabetSize > 2 ? samples.bitSequence : nil
    let results = try estimate([symbols] + (bits.map { [$0] } ?? []), watch: watch)
    return Assessment(
      dataset: Self.dataset(samples), track: .nonIID, estimators: results[0],
      bitstring: results.count > 1 ? results[1] : nil)
  }

  /// h', the entropy of conditioned output in bits a bit, SP 800-90B, 3.1.5.2: what the estimators say about its bits.
  ///
  /// - Throws: As ``assess(_:watch:)``.
  public func assessConditioned(_ samples: SampleSet, watch: (Double) throws -> Void = { _ in }) throws -> Double {
    try Self.check(samples)
    return min(1, try estimate([samples.bitSequence], watch: watch)[0].minimum ?? 1)
  }

  static func check(_ samples: SampleSet) throws(SampleFault) {
    guard !samples.symbols.isEmpty else { throw .empty }
    let minimum = minimumSamples(bitsPerSymbol: samples.bitsPerSymbol)
    guard samples.symbols.count >= minimum else { throw .tooFew(samples.symbols.count, needed: minimum) }
  }

  static func dataset(_ samples: SampleSet) -> Assessment.Dataset {
    Assessment.Dataset(
      name: samples.name, samples: samples.symbols.count, bitsPerSymbol: samples.bitsPerSymbol,
      distinctSymbols: samples.alphabet.count)
  }

  // MARK: - Estimators

  /// All estimates that apply to each of the sequences, the most expensive ones first.
  func estimate(_ sequences: [SymbolSequence], watch: (Double) throws -> Void) throws -> [Estimates] {
    let results = Results(count: sequences.count)
    let progress = Progress()
    var jobs: [(cost: Int, run: @Sendable () -> Void)] = []
    for (number, sequence) in sequences.enumerated() {
      for job in Job.allCases where job.applies(to: sequence) {
        let cost = job.cost * sequence.count
        jobs.append(
          (
            cost,
            {
              let estimates = job.run(sequence)
              results.add(estimates, to: number)
              progress.advance(cost)
            }
          ))
      }
    }
    jobs.sort { $0.cost > $1.cost }
    let total = jobs.reduce(0) { $0 + $1.cost }
    try workers.run(jobs.map(\.run)) { try watch(Double(progress.done) / Double(max(1, total))) }
    return results.all
  }

  private final class Results: Sendable {
    private let estimates: Mutex<[Estimates]>

    init(count: Int) { estimates = Mutex(Array(repeating: Estimates(), count: count)) }

    func add(_ values: [Estimator: Double], to number: Int) {
      estimates.withLock { estimates in
        for (estimator, value) in values { estimates[number][estimator] = value }
      }
    }

    var all: [Estimates] { estimates.withLock { $0 } }
  }

  /// What one thread does at a time.
  private enum Job: CaseIterable {
    case mostCommonValue, collision, markov, compression, tuples, multiMCW, lag, multiMMC, lz78y

    func applies(to sequence: SymbolSequence) -> Bool {
      switch self {
      case .mostCommonValue: true
      case .collision, .markov, .compression: sequence.isBinary
      case .tuples, .multiMCW, .lag, .multiMMC, .lz78y: sequence.alphabetSize > 1
      }
    }

    /// Nanoseconds a symbol, about.
    var cost: Int {
      switch self {
      case .mostCommonValue, .collision, .markov: 2
      case .compression: 30
      case .tuples: 200
      case .multiMCW: 20
      case .lag: 15
      case .multiMMC: 60
      case .lz78y: 60
      }
    }

    func run(_ sequence: SymbolSequence) -> [Estimator: Double] {
      switch self {
      case .mostCommonValue: [.mostCommonValue: MostCommonValueEstimate.minEntropy(sequence)]
      case .collision: Self.one(.collision, CollisionEstimate.minEntropy(bits: sequence.symbols))
      case .markov: Self.one(.markov, MarkovEstimate.minEntropy(bits: sequence.symbols))
      case .compression: Self.one(.compression, CompressionEstimate.minEntropy(bits: sequence.symbols))
      case .tuples: Self.tuples(TupleEstimates(sequence))
      case .multiMCW: Self.one(.multiMCW, MultiMCWEstimate.minEntropy(sequence))
      case .lag: Self.one(.lag, LagEstimate.minEntropy(sequence))
      case .multiMMC: Self.one(.multiMMC, MultiMMCEstimate.minEntropy(sequence))
      case .lz78y: Self.one(.lz78y, LZ78YEstimate.minEntropy(sequence))
      }
    }

    private static func one(_ estimator: Estimator, _ value: Double?) -> [Estimator: Double] {
      value.map { [estimator: $0] } ?? [:]
    }

    private static func tuples(_ estimates: TupleEstimates) -> [Estimator: Double] {
      one(.tTuple, estimates.tTuple).merging(one(.lrs, estimates.lrs)) { $1 }
    }
  }
}
