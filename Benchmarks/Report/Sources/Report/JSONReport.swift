// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The rows as a JSON array, for programs.
public struct JSONReport {
  let measurements: Measurements

  public init(measurements: Measurements) { self.measurements = measurements }

  public var text: String {
    let rows = measurements.cells.compactMap { cell -> String? in
      let samples = measurements.samples(of: cell)
      guard let median = measurements.median(of: cell), let least = samples.min(), let most = samples.max() else {
        return nil
      }
      return """
          {"name": \(quoted(cell.name)), "bytes": \(cell.bytes), "threads": \(cell.threads), \
        "mbPerSecond": \(rounded(median)), \
        "requestsPerSecond": \(Int((median * 1e6 / Double(cell.bytes)).rounded())), "least": \(rounded(least)), "most": \(rounded(most)), \
        "rounds": \(samples.count)}
        """
    }
    return "[\n\(rows.joined(separator: ",\n"))\n]\n"
  }

  private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

  private func quoted(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar -> String in
      switch scalar {
      case "\"", "\\": "\\\(scalar)"
      case _ where scalar.value < 0x20: "\\u00\(scalar.value < 16 ? "0" : "")\(String(scalar.value, radix: 16))"
      default: "\(scalar)"
      }
    }
    return "\"\(escaped.joined())\""
  }
}
