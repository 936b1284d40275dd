// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGAssessment

@Suite("SP 800-90B 4.4: cutoffs from the entropy of a sample")
struct HealthTestCutoffTests {
  /// NIST's formulas at alpha = 2^-20, 2^-30 and 2^-40, computed with 400-bit arithmetic. The published ones among them: 325
  /// and 31 (1 bit, LRNG), 410 and 41 (1/2 bit, Go), 13 and 596.
  @Test(
    "repetition count and adaptive proportion",
    arguments: [
      (0.125, [161, 241, 321], [497, 502, 506]), (0.25, [81, 121, 161], [468, 477, 483]),
      (0.5, [41, 61, 81], [410, 422, 432]), (0.98, [22, 32, 42], [314, 328, 340]),
      (1.0, [21, 31, 41], [311, 325, 336]), (2.0, [11, 16, 21], [177, 190, 201]), (4.0, [6, 9, 11], [62, 71, 78]),
      (8.0, [4, 5, 6], [13, 16, 19]),
    ])
  func cutoffs(_ entropy: Double, _ repetition: [Int], _ proportion: [Int]) {
    let cutoffs = [20, 30, 40].map { HealthTestCutoffs(entropy: entropy, alphaExponent: $0, isBinary: false) }
    #expect(cutoffs.map(\.repetitionCount) == repetition)
    #expect(cutoffs.map(\.adaptiveProportion) == proportion)
    #expect(cutoffs.allSatisfy { $0.window == 512 })
  }

  @Test("samples of one bit have a window of 1024")
  func binary() {
    #expect(HealthTestCutoffs(entropy: 1, alphaExponent: 20, isBinary: true).adaptiveProportion == 589)
    #expect(HealthTestCutoffs(entropy: 0.98, alphaExponent: 20, isBinary: true).adaptiveProportion == 596)
  }

  @Test("a cutoff can be reached within its window")
  func reachable() {
    let cutoffs = HealthTestCutoffs(entropy: 0.001, alphaExponent: 40, isBinary: false)
    #expect(cutoffs.adaptiveProportion == 512)
    #expect(HealthTestCutoffs(entropy: 0, alphaExponent: 30, isBinary: false).repetitionCount == .max)
  }
}

@Suite("HTML report")
struct HTMLReportTests {
  private func report(
    name: String = "x.bin", claim: Double? = nil, lowest: Double = 2, warnings: [String] = []
  ) throws -> HTMLReport {
    let samples = try SampleSet(name: name, symbols: (0..<5000).map { UInt8($0 * $0 % 251) }, bitsPerSymbol: 8)
    var estimates = Estimates()
    estimates[.mostCommonValue] = 3
    estimates[.tTuple] = lowest
    let assessment = Assessment(
      dataset: .init(name: name, samples: 5000, bitsPerSymbol: 8, distinctSymbols: 126), track: .nonIID,
      estimators: estimates, bitstring: nil)
    return HTMLReport(
      assessment, samples: samples, claim: claim.map { .init(entropy: $0, reason: "as configured") },
      facts: [("Machine", "<&>")], warnings: warnings, program: "test")
  }

  @Test("the verdict comes first and follows from the lowest estimate")
  func verdict() throws {
    let good = try report(claim: 1).html
    #expect(good.contains("<strong>Sufficient</strong>2.0 times the 1.000 bits credited: as configured."))
    #expect(
      try #require(good.firstRange(of: "Sufficient")).lowerBound < #require(good.firstRange(of: "<h2>")).lowerBound)
    let bad = try report(claim: 1, lowest: 0.999)
    #expect(bad.isSufficient == false)
    #expect(bad.html.contains("<strong>Not sufficient</strong>"))
    #expect(try report().isSufficient == nil)
    #expect(try report().html.contains("<strong>Estimate</strong>"))
  }

  @Test("the limiting estimator is marked, and no other")
  func limiting() throws {
    let html = try report().html
    #expect(html.contains("t-Tuple<span class=\"tag\">limiting</span>"))
    #expect(html.ranges(of: "class=\"tag\"").count == 1)
  }

  @Test("the file needs no other: no script, no link, no address")
  func selfContained() throws {
    let html = try report().html
    for foreign in ["<script", "<link", "<img", "http:", "https:", "url(", "@import"] {
      #expect(!html.contains(foreign), "\(foreign)")
    }
    #expect(html.contains("prefers-color-scheme:dark"))
    #expect(html.contains("@media print"))
  }

  @Test("names are text, not markup")
  func escaping() throws {
    let html = try report(name: "<script>\"'&.bin", warnings: ["a < b"]).html
    #expect(!html.contains("<script>"))
    #expect(html.contains("&lt;script&gt;&quot;&#39;&amp;.bin"))
    #expect(html.contains("<li>a &lt; b</li>"))
    #expect(html.contains("&lt;&amp;&gt;"))
  }

  @Test("few samples are said to be an experiment")
  func experiment() throws {
    #expect(try report().html.contains("no assessment but an experiment"))
  }

  @Test("every element that is opened is closed")
  func balanced() throws {
    let html = try report(claim: 1).html
    for element in [
      "table", "tr", "td", "th", "div", "figure", "svg", "g", "ul", "li", "main", "body", "html", "style",
    ] {
      #expect(
        html.ranges(of: "<\(element)>").count + html.ranges(of: "<\(element) ").count
          == html.ranges(of: "</\(element)>").count, "\(element)")
    }
  }

  @Test("autocorrelation of a sequence with period 2 is -1 and 1 in turn")
  func autocorrelation() throws {
    let samples = try SampleSet(name: "x", symbols: (0..<10_000).map { UInt8($0 % 2 * 9) }, bitsPerSymbol: 8)
    let statistics = SampleStatistics(samples)
    #expect(abs(statistics.autocorrelation[0] + 1) < 1e-9)
    #expect(abs(statistics.autocorrelation[1] - 1) < 1e-9)
    #expect(statistics.differences[9] == 5000 && statistics.differences[247] == 4999)
    #expect(statistics.mean == 4.5)
  }

  @Test("the heat map shows the square whose mean is off")
  func heatMap() throws {
    var symbols = (0..<1_000_000).map { UInt8($0 % 2 * 2) }
    for row in 20..<30 { for column in 40..<50 { symbols[1000 * row + column] = 2 } }
    let squares = SampleStatistics.squares(of: try SampleSet(name: "x", symbols: symbols, bitsPerSymbol: 8))
    #expect(squares.count == 100 && squares.allSatisfy { $0.count == 100 })
    // 100 samples that are one standard deviation above the mean: ten of those of their own mean.
    #expect(abs(squares[2][4] - 10) < 0.01)
    #expect(abs(squares[0][0]) < 0.01)
    #expect(HeatMap.shade(squares[2][4]) == 6 && HeatMap.shade(0.5) == 3 && HeatMap.shade(-1.5) == 2)
  }

  @Test("numbers are grouped and rounded")
  func decimals() {
    #expect(Decimal.text(-0.04, 1) == "0.0")
    #expect(Decimal.text(2.5, 0) == "3")
    #expect(Decimal.grouped(1_000_000) == "1\u{202F}000\u{202F}000")
    #expect(Decimal.text(0.05, 3) == "0.050")
  }
}
