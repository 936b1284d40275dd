// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// An assessment as one self-contained HTML file: the verdict first, then what it rests on.
public struct HTMLReport {
  /// What the entropy source credits a sample with, and where that is written.
  public struct Claim: Sendable {
    /// Bits a sample.
    public let entropy: Double
    /// Such as "256 events are credited with 256 bits".
    public let reason: String

    public init(entropy: Double, reason: String) {
      self.entropy = entropy
      self.reason = reason
    }
  }

  let assessment: Assessment
  let samples: SampleSet
  let restart: SampleSet?
  let claim: Claim?
  let facts: [(name: String, value: String)]
  let warnings: [String]
  let program: String

  /// - Parameters:
  ///   - samples: What was assessed.
  ///   - restart: The restart matrix, if there is one: 1000 rows of 1000 samples.
  ///   - claim: What the verdict compares the estimate with.
  ///   - facts: About the recording: source, machine, clock …
  ///   - warnings: What the reader must know before the numbers.
  ///   - program: What made the report, and its version.
  public init(
    _ assessment: Assessment, samples: SampleSet, restart: SampleSet? = nil, claim: Claim? = nil,
    facts: [(name: String, value: String)] = [], warnings: [String] = [], program: String
  ) {
    self.assessment = assessment
    self.samples = samples
    self.restart = restart
    self.claim = claim
    self.facts = facts
    self.warnings = warnings
    self.program = program
  }

  public var html: String {
    let name = HTML.escaped(samples.name)
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
      <title>Entropy assessment of \(name)</title><style>
      \(ReportStyle.css)
      </style></head><body><main>
      <h1>Entropy assessment, SP 800-90B · <b>\(name)</b></h1>
      \(verdict)
      \(notes)
      <h2>Estimators</h2>
      \(estimators)
      \(iidSection)
      \(restartSection)
      <h2>Samples</h2>
      \(charts)
      <h2>Health tests</h2>
      \(healthTests)
      \(conditioningSection)
      \(recording)
      <footer>\(HTML.escaped(program)). The estimates follow SP 800-90B (January 2018) as NIST’s own program has them. This report
      is no validation: that takes an accredited laboratory and a justification of why the source has entropy at all.</footer>
      </main></body></html>

      """
  }

  /// What was measured: the lowest of the estimates, those of the restart tests included. A claim does not limit it.
  var entropy: Double {
    min(
      assessment.minEntropy, assessment.restart?.hRows ?? assessment.minEntropy,
      assessment.restart?.hColumns ?? assessment.minEntropy)
  }

  /// Whether the estimates carry the claim, `nil` without one.
  public var isSufficient: Bool? {
    if assessment.restart?.passed == false { return false }
    return claim.map { entropy >= $0.entropy }
  }

  static func bits(_ value: Double) -> String { Decimal.text(value, 3) }

  // MARK: - Verdict

  private var verdict: String {
    let word: (style: String, title: String, text: String)
    switch (isSufficient, claim) {
    case (true?, let claim?):
      let margin = Decimal.text(entropy / max(claim.entropy, 1e-9), 1)
      word = (
        "good", "Sufficient",
        "\(margin) times the \(Self.bits(claim.entropy)) bits credited: \(HTML.escaped(claim.reason))."
      )
    case (false?, _) where assessment.restart?.passed == false:
      word = ("bad", "Restart tests failed", "No entropy may be claimed for the source as it is (SP 800-90B, 3.1.4).")
    case (false?, let claim?):
      word = (
        "bad", "Not sufficient",
        "\(Self.bits(claim.entropy)) bits are credited: \(HTML.escaped(claim.reason)). Lower the credit, or improve the source."
      )
    default:
      word = ("", "Estimate", "Nothing is claimed that it could be compared with.")
    }
    return """
      <div class="verdict \(word.style)" role="group" aria-label="Verdict"><div><div class="value">\(Self.bits(entropy))</div>
      <div class="unit">bits of min-entropy in a sample of \(assessment.dataset.bitsPerSymbol) bits</div></div>
      <div class="word"><strong>\(word.title)</strong>\(word.text)</div></div>
      <p class="soft">\(limits)</p>
      """
  }

  private var limits: String {
    let bits = assessment.dataset.bitsPerSymbol
    var parts = ["H<sub>original</sub> \(Self.bits(assessment.hOriginal))"]
    if let bitstring = assessment.hBitstring {
      parts.append("\(bits) × H<sub>bitstring</sub> \(Self.bits(Double(bits) * bitstring))")
    }
    if let restart = assessment.restart {
      if let rows = restart.hRows { parts.append("H<sub>rows</sub> \(Self.bits(rows))") }
      if let columns = restart.hColumns { parts.append("H<sub>columns</sub> \(Self.bits(columns))") }
    }
    return parts.joined(separator: " · ")
      + " · \(assessment.track.rawValue) track · \(Decimal.grouped(assessment.dataset.samples)) samples, "
      + "\(assessment.dataset.distinctSymbols) different symbols"
  }

  private var notes: String {
    var notes = warnings
    if assessment.dataset.samples < Assessment.requiredSamples {
      notes.append(
        "\(Decimal.grouped(assessment.dataset.samples)) samples: SP 800-90B takes \(Decimal.grouped(Assessment.requiredSamples)), "
          + "so this is no assessment but an experiment.")
    }
    guard !notes.isEmpty else { return "" }
    return "<ul class=\"notes\">" + notes.map { "<li>\(HTML.escaped($0))</li>" }.joined() + "</ul>"
  }

  // MARK: - Estimators

  private var estimators: String {
    let bits = Double(assessment.dataset.bitsPerSymbol)
    let limiting = assessment.limiting
    func cell(_ value: Double?, of maximum: Double) -> String {
      guard let value else { return "<span class=\"soft\">–</span>" }
      let share = Int((min(1, max(0, value / maximum)) * 100).rounded())
      return
        "\(Decimal.text(value, 6))<span class=\"meter\" aria-hidden=\"true\"><i style=\"width:\(share)%\"></i></span>"
    }
    let rows = Estimator.allCases.compactMap { estimator -> (marked: Bool, cells: [String])? in
      let (symbols, bitstring) = (assessment.estimators[estimator], assessment.bitstring?[estimator])
      guard symbols != nil || bitstring != nil else { return nil }
      let isLimiting = limiting?.estimator == estimator
      let tag =
        isLimiting ? "<span class=\"tag\">limiting\(limiting?.isOfBitstring == true ? ", bitstring" : "")</span>" : ""
      var cells = [
        "<span class=\"clause\">\(estimator.section)</span>\(HTML.escaped(estimator.title))\(tag)",
        cell(symbols, of: bits),
      ]
      if assessment.bitstring != nil { cells.append(cell(bitstring, of: 1)) }
      return (isLimiting, cells)
    }
    return HTML.table(
      "Min-entropy by each estimator of section 6.3. The lowest one counts; bars are shares of what is possible.",
      head: ["Estimator", "bits a symbol"] + (assessment.bitstring == nil ? [] : ["bits a bit"]), rows: rows)
  }

  private var iidSection: String {
    guard let iid = assessment.iid else { return "" }
    func outcome(_ passed: Bool) -> String {
      passed ? "<span class=\"yes\">passed</span>" : "<span class=\"no\">failed</span>"
    }
    var rows: [(marked: Bool, cells: [String])] = [
      (
        false,
        [
          "Chi-square, independence", "p = \(Decimal.text(iid.chiSquareIndependence.pValue, 4))",
          outcome(iid.chiSquareIndependence.passed),
        ]
      ),
      (
        false,
        [
          "Chi-square, goodness of fit", "p = \(Decimal.text(iid.chiSquareGoodnessOfFit.pValue, 4))",
          outcome(iid.chiSquareGoodnessOfFit.passed),
        ]
      ),
      (
        false,
        [
          "Longest repeated substring",
          "\(iid.longestRepeatedSubstring.length) symbols, Pr = \(Decimal.text(iid.longestRepeatedSubstring.probability, 4))",
          outcome(iid.longestRepeatedSubstring.passed),
        ]
      ),
    ]
    for test in iid.permutations {
      rows.append(
        (
          false,
          [
            HTML.escaped("Permutations: \(test.name)"),
            "\(test.greater) above, \(test.equal) equal, \(test.less) below",
            outcome(test.passed),
          ]
        ))
    }
    return "<h2>Independence</h2>"
      + HTML.table(
        "Tests of section 5, with up to \(Decimal.grouped(iid.permutationCount)) permutations.",
        head: ["Test", "result", "verdict"], rows: rows)
  }
}
