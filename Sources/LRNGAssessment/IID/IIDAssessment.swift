// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

extension Assessor {
  /// The initial entropy estimate of SP 800-90B, 3.1.3, on the IID track: the tests of section 5, and the most common value.
  /// Blocks until it is done, which can take hours for samples that fail a permutation test.
  ///
  /// - Parameters:
  ///   - seed: Where the permutations start from. The same seed gives the same result.
  ///   - watch: As for ``assess(_:watch:)``.
  /// - Throws: ``SampleFault`` for too few samples, and what `watch` throws.
  public func assessIID(
    _ samples: SampleSet, seed: UInt64 = 0, watch: (Double) throws -> Void = { _ in }
  ) throws -> Assessment {
    try Self.check(samples)
    let symbols = samples.sequence
    var estimators = Estimates()
    estimators[.mostCommonValue] = MostCommonValueEstimate.minEntropy(symbols)
    var bitstring: Estimates?
    if symbols.alphabetSize > 2 {
      var estimates = Estimates()
      estimates[.mostCommonValue] = MostCommonValueEstimate.minEntropy(samples.bitSequence)
      bitstring = estimates
    }
    return Assessment(
      dataset: Self.dataset(samples), track: .iid, estimators: estimators, bitstring: bitstring,
      iid: symbols.alphabetSize > 1 ? try iidTests(samples, seed: seed, watch: watch) : nil)
  }

  func iidTests(
    _ samples: SampleSet, seed: UInt64, permutations: Int = PermutationTests.maximumPermutations,
    watch: (Double) throws -> Void
  ) throws -> IIDTests {
    let sequence = samples.sequence
    let independence = ChiSquareTests.independence(sequence)
    let goodnessOfFit = ChiSquareTests.goodnessOfFit(sequence)
    try watch(0)
    let substring = LongestRepeatedSubstringTest.result(sequence)
    let tests = try PermutationTests(samples, seed: seed, maximum: permutations, workers: workers, watch: watch)
    return IIDTests(
      chiSquareIndependence: independence, chiSquareGoodnessOfFit: goodnessOfFit, longestRepeatedSubstring: substring,
      permutations: tests.results, permutationCount: tests.count, seed: seed,
      passed: independence.passed && goodnessOfFit.passed && substring.passed && tests.results.allSatisfy(\.passed))
  }
}
