// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension HTMLReport {
  // MARK: - Restarts

  var restartSection: String {
    guard let result = assessment.restart else { return "" }
    func verdict(_ passed: Bool) -> String {
      passed ? "<span class=\"yes\">passed</span>" : "<span class=\"no\">failed</span>"
    }
    let sanity = result.sanityCheck
    var rows: [(marked: Bool, cells: [String])] = [
      (
        false,
        [
          "<span class=\"clause\">3.1.4.3</span>Sanity check",
          "\(sanity.maximumCountInRow) in a row, \(sanity.maximumCountInColumn) in a column, up to \(sanity.cutoff)",
          verdict(sanity.passed),
        ]
      )
    ]
    if let hRows = result.hRows, let hColumns = result.hColumns {
      rows.append(
        (
          false,
          [
            "<span class=\"clause\">3.1.4.2</span>Rows and columns",
            "\(Self.bits(hRows)) and \(Self.bits(hColumns)), at least half of H<sub>I</sub> \(Self.bits(result.initialEntropy))",
            verdict(min(hRows, hColumns) >= result.initialEntropy / 2),
          ]
        ))
    }
    var text =
      "<h2>Restarts</h2>"
      + HTML.table("1000 restarts, 1000 samples after each.", head: ["Test", "result", "verdict"], rows: rows)
    let side = RestartAssessment.size
    if let restart, restart.symbols.count == side * side {
      let picture = HeatMap.svg(
        SampleStatistics.squares(of: restart),
        title: "Restart matrix, mean of squares of 10 by 10 samples in standard deviations")
      text += """
        <figure><b>Restart matrix</b>\(picture)\(heatKey)<figcaption>Restarts from top to bottom, samples from left to right.
        Squares of 10 × 10 samples, by how many standard deviations their mean is off. Stripes would show samples or restarts that
        resemble each other; independent ones look evenly speckled, a third of the squares beyond ±1.</figcaption></figure>
        """
    }
    return text
  }

  private var heatKey: String {
    let labels = ["≤ −3", "−2", "−1", "0", "+1", "+2", "≥ +3"]
    let cells = labels.enumerated().map { index, label in
      "<rect class=\"k\(index)\" x=\"\(index * 74)\" width=\"72\" height=\"10\"/>"
        + "<text class=\"middle\" x=\"\(index * 74 + 36)\" y=\"24\">\(label)</text>"
    }.joined()
    return "<svg class=\"key\" viewBox=\"0 0 518 28\" aria-hidden=\"true\">\(cells)</svg>"
  }

  // MARK: - Charts

  var charts: String {
    let statistics = SampleStatistics(samples)
    return figure(
      "Symbols", histogram("How often each symbol occurs", statistics.histogram, from: 0, xName: "symbol"),
      "How often each symbol occurs. \(mostFrequent(statistics.histogram)) The dashed line is what equally likely symbols would have."
    )
      + figure(
        "Time series", series(statistics.series),
        "The first \(statistics.series.count) samples, as they came. Bands and waves would be patterns.")
      + figure(
        "Differences",
        histogram(
          "How often neighbours differ by each value", half(statistics.differences),
          from: -statistics.differences.count / 2, xName: "difference to the sample before"),
        "How often a sample differs from the one before by each value, modulo \(statistics.differences.count). "
          + mostFrequent(half(statistics.differences), from: -statistics.differences.count / 2))
      + figure(
        "Autocorrelation", correlation(statistics.autocorrelation), correlationCaption(statistics.autocorrelation))
  }

  private func figure(_ title: String, _ chart: String, _ caption: String) -> String {
    "<figure><b>\(title)</b>\(chart)<figcaption>\(caption)</figcaption></figure>\n"
  }

  /// Differences modulo n as numbers from -n/2 on.
  private func half(_ differences: [Int]) -> [Int] {
    Array(differences[(differences.count / 2)...] + differences[..<(differences.count / 2)])
  }

  private func mostFrequent(_ counts: [Int], from first: Int = 0) -> String {
    guard let largest = counts.max(), let index = counts.firstIndex(of: largest) else { return "" }
    let share = Double(largest) / Double(max(1, counts.reduce(0, +)))
    return "The most frequent one, \(index + first), has \(Decimal.text(share * 100, 2)) %."
  }

  private func histogram(_ title: String, _ counts: [Int], from first: Int, xName: String) -> String {
    let sum = max(1, counts.reduce(0, +))
    let even = Double(sum) / Double(counts.count)
    let top = Self.roundUp(max(Double(counts.max() ?? 1), even * 1.15))
    var chart = Chart(
      "\(title), \(counts.count) values", x: Double(first) - 0.5...Double(first + counts.count) - 0.5, y: 0...top)
    let step = max(1, counts.count / 8)
    let ticks =
      stride(from: first, to: first + counts.count, by: step).map(Double.init) + [Double(first + counts.count - 1)]
    chart.axes(
      x: ticks,
      y: [0, top / 2, top].map { ($0, Decimal.text($0, $0 < 10 && $0 > 0 ? 1 : 0)) }, xName: xName)
    chart.bars(counts.map(Double.init), from: Double(first)) { "\($0 + first): \(Decimal.grouped(counts[$0]))" }
    chart.reference(even)
    return chart.svg
  }

  private func series(_ samples: [UInt8]) -> String {
    let top = Double(1 << self.samples.bitsPerSymbol) - 1
    var chart = Chart(
      "The first \(samples.count) samples in order", x: 0...Double(max(1, samples.count - 1)), y: 0...max(top, 1),
      height: 240)
    chart.axes(
      x: stride(from: 0, through: samples.count, by: max(1, samples.count / 5)).map(Double.init),
      y: [0, (top / 2).rounded(), top].map { ($0, "\(Int($0))") }, xName: "sample")
    chart.dots(samples.map(Double.init), from: 0)
    return chart.svg
  }

  private var correlationBound: Double { 3.29 / Double(max(1, samples.symbols.count)).squareRoot() }

  private func correlation(_ values: [Double]) -> String {
    let top = Self.roundUp(max(values.max() ?? 0, correlationBound * 1.3))
    let bottom = -Self.roundUp(max(-(values.min() ?? 0), correlationBound * 1.3))
    var chart = Chart(
      "Autocorrelation for lags 1 to \(values.count)", x: 0.5...Double(values.count) + 0.5, y: bottom...top)
    let digits = top < 0.01 ? 4 : top < 0.1 ? 3 : 2
    chart.axes(
      x: [1] + stride(from: 20, through: values.count, by: 20).map(Double.init),
      y: (top > -8 * bottom ? [0, top] : [bottom, 0, top]).map { ($0, Decimal.text($0, digits)) }, xName: "lag")
    chart.bars(values, from: 1) { "lag \($0 + 1): \(Decimal.text(values[$0], 5))" }
    chart.reference(correlationBound)
    chart.reference(-correlationBound)
    return chart.svg
  }

  private func correlationCaption(_ values: [Double]) -> String {
    let beyond = values.count { abs($0) > correlationBound }
    return
      "Correlation of samples with later ones. Between the dashed lines is what chance gives independent samples in 999 of "
      + "1000 lags; \(beyond) of \(values.count) are beyond them."
  }

  /// To 1, 2, 2.5 or 5 times a power of ten.
  static func roundUp(_ value: Double) -> Double {
    guard value > 0 else { return 1 }
    let power = pow(10, floor(log10(value)))
    for factor in [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10.0] where factor * power >= value { return factor * power }
    return 10 * power
  }

  // MARK: - Health tests

  var healthTests: String {
    let isBinary = assessment.dataset.bitsPerSymbol == 1
    let levels = [("measured", entropy)] + (claim.map { [("credited", $0.entropy)] } ?? [])
    var rows: [(marked: Bool, cells: [String])] = []
    for (name, level) in levels where level > 0 {
      for exponent in [20, 30, 40] {
        let cutoffs = HealthTestCutoffs(entropy: level, alphaExponent: exponent, isBinary: isBinary)
        rows.append(
          (
            name == "credited" && exponent == 30,
            [
              "\(name), H = \(Self.bits(level))", "2<sup>−\(exponent)</sup>", Decimal.grouped(cutoffs.repetitionCount),
              "\(cutoffs.adaptiveProportion) of \(cutoffs.window)",
            ]
          ))
      }
    }
    guard !rows.isEmpty else { return "<p>No cutoff makes sense for a source without entropy.</p>" }
    return """
      <p>Cutoffs that follow from the entropy of a sample. Those for the measured entropy find less than a total failure, and are
      too strict where a machine has less than this one.</p>
      """
        + HTML.table(
          "Repetition count C = 1 + ⌈−log<sub>2</sub> α / H⌉ (4.4.1); adaptive proportion C = 1 + CRITBINOM(W, 2<sup>−H</sup>, 1 − α) (4.4.2).",
          head: ["Entropy a sample", "false alarms α", "repetition count", "adaptive proportion"], rows: rows)
  }

  // MARK: - Conditioning

  var conditioningSection: String {
    guard let result = assessment.conditioning else { return "" }
    let (input, output) = (Double(result.nIn), Double(result.nOut))
    let narrow = Double(min(result.nOut, result.nw))
    var rows: [(marked: Bool, cells: [String])] = [
      (false, ["n<sub>in</sub>, n<sub>out</sub>, n<sub>w</sub>", "\(result.nIn), \(result.nOut), \(result.nw) bits"]),
      (false, ["h<sub>in</sub>", "\(Self.bits(result.hIn)) bits"]),
      (false, ["n = min(n<sub>out</sub>, n<sub>w</sub>)", Decimal.text(narrow, 0)]),
      (false, ["P<sub>high</sub> = 2<sup>−h<sub>in</sub></sup>", "2<sup>−\(Self.bits(result.hIn))</sup>"]),
      (
        false,
        [
          "P<sub>low</sub> = (1 − P<sub>high</sub>) / (2<sup>n<sub>in</sub></sup> − 1)",
          "≈ 2<sup>−\(Decimal.text(input, 0))</sup>",
        ]
      ),
      (
        false,
        [
          "ψ = 2<sup>n<sub>in</sub>−n</sup> P<sub>low</sub> + P<sub>high</sub>; ω = U P<sub>low</sub>, "
            + "U = 2<sup>n<sub>in</sub>−n</sup> + √(2n 2<sup>n<sub>in</sub>−n</sup> ln 2)", "",
        ]
      ),
      (
        false,
        ["Output_Entropy = −log<sub>2</sub> max(ψ, ω)", "\(Decimal.text(result.outputEntropy, 6)) bits"]
      ),
    ]
    if !result.isVetted {
      rows.append((false, ["0.999 n<sub>out</sub>", "\(Decimal.text(0.999 * output, 3)) bits"]))
      if let hPrime = result.hPrime {
        rows.append(
          (
            false,
            [
              "h′ n<sub>out</sub>, h′ = \(Decimal.text(hPrime, 6)) measured",
              "\(Decimal.text(hPrime * output, 3)) bits",
            ]
          ))
      }
    }
    rows.append((true, ["h<sub>out</sub>", "\(Decimal.text(result.hOut, 6)) of \(result.nOut) bits"]))
    return "<h2>Conditioning</h2>"
      + HTML.table(
        "Section 3.1.5, \(result.isVetted ? "a vetted" : "not a vetted") conditioning component.",
        head: ["Quantity", "value"],
        rows: rows)
  }

  // MARK: - Recording

  var recording: String {
    guard !facts.isEmpty else { return "" }
    let rows = facts.map {
      "<tr><th scope=\"row\">\(HTML.escaped($0.name))</th><td>\(HTML.escaped($0.value))</td></tr>"
    }
    return "<h2>Recording</h2><table class=\"facts\"><tbody>\(rows.joined())</tbody></table>"
  }
}
