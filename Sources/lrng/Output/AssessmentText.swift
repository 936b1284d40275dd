// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGAssessment

/// An assessment for people to read.
enum AssessmentText {
  static func of(_ assessment: Assessment) -> String {
    let dataset = assessment.dataset
    var lines = [
      "\(dataset.name): \(dataset.samples) samples of \(dataset.bitsPerSymbol) bits, "
        + "\(dataset.distinctSymbols) different ones",
      "",
      row("SP 800-90B", "estimator", "symbols", assessment.bitstring == nil ? "" : "bitstring"),
    ]
    for estimator in Estimator.allCases {
      let symbols = assessment.estimators[estimator]
      let bitstring = assessment.bitstring?[estimator]
      guard symbols != nil || bitstring != nil else { continue }
      var line = row(estimator.section, estimator.title, symbols.map(decimal) ?? "", bitstring.map(decimal) ?? "")
      if let limiting = assessment.limiting, limiting.estimator == estimator { line += "  <- lowest" }
      lines.append(line)
    }
    lines.append("")
    lines.append("H_original   \(decimal(assessment.hOriginal)) bits a symbol")
    if let hBitstring = assessment.hBitstring { lines.append("H_bitstring  \(decimal(hBitstring)) bits a bit") }
    if let tests = assessment.iid { lines += [""] + self.lines(of: tests) }
    if let restart = assessment.restart { lines += [""] + self.lines(of: restart) }
    lines.append("")
    lines.append("min-entropy  \(decimal(assessment.minEntropy)) bits a symbol (\(assessment.track.rawValue) track)")
    if let tests = assessment.iid, !tests.passed {
      lines.append("The samples are not independent and identically distributed: assess them without --iid.")
    }
    if let conditioning = assessment.conditioning { lines += [""] + self.lines(of: conditioning) }
    return lines.joined(separator: "\n")
  }

  // MARK: - Parts

  private static func lines(of tests: IIDTests) -> [String] {
    let (independence, fit) = (tests.chiSquareIndependence, tests.chiSquareGoodnessOfFit)
    let substring = tests.longestRepeatedSubstring
    let failed = tests.permutations.filter { !$0.passed }.map(\.name)
    return [
      "5.2.1/3     chi-square, independence        p = \(decimal(independence.pValue))  \(verdict(independence.passed))",
      "5.2.2/4     chi-square, goodness of fit     p = \(decimal(fit.pValue))  \(verdict(fit.passed))",
      "5.2.5       longest repeated substring      p = \(decimal(substring.probability))  \(verdict(substring.passed))",
      "5.1         \(tests.permutationCount) permutations, \(tests.permutations.count) statistics: "
        + (failed.isEmpty ? "passed" : "\(failed.joined(separator: ", ")) FAILED"),
    ]
  }

  private static func lines(of restart: RestartAssessment) -> [String] {
    let check = restart.sanityCheck
    var lines = [
      "Restart tests, SP 800-90B, 3.1.4: \(restart.name)",
      "H_I          \(decimal(restart.initialEntropy)) bits a symbol",
      "sanity check \(verdict(check.passed)): a symbol occurs up to \(check.maximumCountInRow) times in a row and "
        + "\(check.maximumCountInColumn) times in a column, \(check.cutoff) are likely",
    ]
    if let rows = restart.hRows, let columns = restart.hColumns {
      lines.append("H_r          \(decimal(rows)) bits a symbol")
      lines.append("H_c          \(decimal(columns)) bits a symbol")
      lines.append("validation   \(verdict(min(rows, columns) >= restart.initialEntropy / 2))")
    }
    for (name, tests) in [("rows", restart.iidRows), ("columns", restart.iidColumns)] {
      if let tests { lines.append("IID tests    \(verdict(tests.passed)) for \(name)") }
    }
    return lines
  }

  static func lines(of conditioning: ConditioningAssessment) -> [String] {
    [
      "Conditioning, SP 800-90B, 3.1.5, \(conditioning.isVetted ? "vetted" : "not vetted")",
      "n_in \(conditioning.nIn), n_out \(conditioning.nOut), nw \(conditioning.nw), h_in \(decimal(conditioning.hIn))",
    ] + (conditioning.hPrime.map { ["h'           \(decimal($0)) bits a bit"] } ?? []) + [
      "h_out        \(decimal(conditioning.hOut)) of \(conditioning.nOut) bits"
        + (conditioning.isVetted
          ? "; 2^-\(decimal(conditioning.fullEntropyExponent)) of them missing" : "")
    ]
  }

  private static func verdict(_ passed: Bool) -> String { passed ? "passed" : "FAILED" }

  // MARK: - Columns

  private static func row(_ section: String, _ title: String, _ first: String, _ second: String) -> String {
    let columns = [left(section, 12), left(title, 28), right(first, 10), right(second, 11)]
    let line = columns.joined()
    return String(line.prefix(upTo: line.lastIndex { $0 != " " }.map(line.index(after:)) ?? line.startIndex))
  }

  private static func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  /// With six digits after the point, as far as NIST's program and this one agree.
  static func decimal(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
    let millionths = Int((abs(value) * 1e6).rounded())
    let fraction = "\(1_000_000 + millionths % 1_000_000)".dropFirst()
    return "\(value < 0 && millionths > 0 ? "-" : "")\(millionths / 1_000_000).\(fraction)"
  }
}
