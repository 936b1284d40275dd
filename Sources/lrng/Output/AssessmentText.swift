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
    lines.append("min-entropy  \(decimal(assessment.minEntropy)) bits a symbol (\(assessment.track.rawValue) track)")
    return lines.joined(separator: "\n")
  }

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
