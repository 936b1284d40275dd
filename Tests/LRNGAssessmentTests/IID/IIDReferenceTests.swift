// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGAssessment

@Suite("SP 800-90B 5: the tests of NIST's program ea_iid 1.1.8")
struct IIDReferenceTests {
  @Test(
    "scores, p-values, the longest repetition and all statistics", arguments: [("rand1_short", 1), ("rand8_short", 8)])
  func reference(name: String, bits: Int) throws {
    let expected = try Reference.numbers("\(name).iid.res")
    let samples = try Reference.samples(name, bits: bits)
    let sequence = samples.sequence
    for (title, result) in [
      ("independence", ChiSquareTests.independence(sequence)),
      ("goodness of fit", ChiSquareTests.goodnessOfFit(sequence)),
    ] {
      let name = "Chi square \(title)"
      #expect(abs(result.score - (expected["\(name): T"] ?? -1)) < 1e-6)
      #expect(result.degreesOfFreedom == expected["\(name): df"].map { Int($0) })
      #expect(abs(result.pValue - (expected["\(name): P-value"] ?? -1)) < 1e-12)
      #expect(result.passed == (result.pValue >= 0.001))
    }
    let substring = LongestRepeatedSubstringTest.result(sequence)
    #expect(substring.length == expected["Literal Longest Repeated Substring results: W"].map { Int($0) })
    let probability = try #require(expected["Literal Longest Repeated Substring results: Pr(X >= 1)"])
    #expect(abs(substring.probability - probability) < 1e-9)
    #expect(substring.passed)

    let all = PermutationStatistics.names.map { _ in true }
    let values = PermutationStatistics(samples).values(of: samples.translated, wanted: all)
    for (name, value) in zip(PermutationStatistics.names, values) {
      let wanted = try #require(expected["Permutation testing: Unpermuted result \(name)"])
      // The length that bzip2 gives may differ by some bytes, because codes are chosen in another order.
      #expect(abs(value - wanted) <= (name == "compression" ? wanted / 50 : 1e-6), "\(name)")
    }
  }
}

@Suite("SP 800-90B 5.1: the permutation tests")
struct PermutationTestTests {
  private func tests(_ symbols: [UInt8], threads: Int = 2, maximum: Int) throws -> PermutationTests {
    let samples = try SampleSet(name: "made", symbols: symbols, bitsPerSymbol: 8)
    return try PermutationTests(
      samples, seed: 7, maximum: maximum, workers: Workers(count: threads), watch: { _ in })
  }

  @Test("independent samples have nothing special")
  func independent() throws {
    let tests = try tests(Made.sequence(400, alphabet: 16, seed: 5), maximum: 1000)
    let failed = tests.results.filter { !$0.passed }.map(\.name)
    #expect(failed.isEmpty)
    #expect(tests.count < 1000)
  }

  @Test("samples that tend to repeat the one before are not independent")
  func sticky() throws {
    let tests = try tests(Made.sequence(400, alphabet: 16, stickiness: 0.5), maximum: 64)
    let failed = Set(tests.results.filter { !$0.passed }.map(\.name))
    #expect(failed.isSuperset(of: ["avgCollision", "periodicity(1)", "covariance(1)", "compression"]))
    #expect(tests.count == 64)
  }

  @Test("a seed gives the same outcome with any number of threads")
  func repeatable() throws {
    let symbols = Made.sequence(300, alphabet: 200)
    let outcomes = try [1, 4].map { try tests(symbols, threads: $0, maximum: 32).results }
    for (one, other) in zip(outcomes[0], outcomes[1]) {
      #expect((one.greater, one.equal, one.less) == (other.greater, other.equal, other.less))
    }
  }
}
