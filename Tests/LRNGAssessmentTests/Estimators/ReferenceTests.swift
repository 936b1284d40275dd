// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGAssessment

@Suite("SP 800-90B 6.3: the estimates of NIST's program ea_non_iid 1.1.8")
struct ReferenceTests {
  /// As the program calls them.
  private static let names: [(Estimator, String)] = [
    (.mostCommonValue, "Most Common Value"), (.collision, "Collision"), (.markov, "Markov"),
    (.compression, "Compression"), (.tTuple, "t-Tuple"), (.lrs, "LRS"), (.multiMCW, "MultiMCW Prediction"),
    (.lag, "Lag Prediction"), (.multiMMC, "MultiMMC Prediction"), (.lz78y, "LZ78Y Prediction"),
  ]

  @Test(
    "each estimate differs by less than 1e-6, and one that does not apply is absent",
    arguments: [("rand1_short", 1), ("rand8_short", 8)])
  func estimates(name: String, bits: Int) throws {
    let expected = try Reference.numbers("\(name).res")
    let assessment = try Assessor().assess(Reference.samples(name, bits: bits))
    for (estimator, title) in Self.names {
      for (kind, estimates) in [("Literal", assessment.estimators), ("Bitstring", assessment.bitstring ?? Estimates())]
      {
        let wanted = expected["\(kind) \(title) Estimate: min entropy"]
        let found = estimates[estimator]
        #expect((wanted == nil) == (found == nil), "\(kind) \(title)")
        #expect(abs((wanted ?? 0) - (found ?? 0)) < 1e-6, "\(kind) \(title)")
      }
    }
    #expect(abs(assessment.hOriginal - (expected["H_original"] ?? -1)) < 1e-6)
    #expect(abs(assessment.minEntropy - (expected["Assessed min entropy"] ?? -1)) < 1e-6)
    #expect((assessment.hBitstring == nil) == (expected["H_bitstring"] == nil))
    #expect(abs((assessment.hBitstring ?? 0) - (expected["H_bitstring"] ?? 0)) < 1e-6)
  }

  @Test("the number of threads makes no difference")
  func threads() throws {
    let samples = try Reference.samples("rand1_short", bits: 1)
    let one = try Assessor(threads: 1).assess(samples)
    let five = try Assessor(threads: 5).assess(samples)
    #expect(one.estimators == five.estimators)
    #expect(one.estimators.limiting?.estimator == .compression)
  }

  @Test("what the watcher throws ends the assessment")
  func cancellation() throws {
    struct Enough: Error {}
    let samples = try SampleSet(
      name: "long", symbols: Made.sequence(60_000, alphabet: 256), bitsPerSymbol: 8)
    #expect(throws: Enough.self) {
      try Assessor(threads: 1).assess(samples) { _ in throw Enough() }
    }
  }
}
