// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Bars for one thread, a panel for each size of request, as SVG that fits light and dark pages.
public struct Plot {
  let measurements: Measurements
  let machine: String

  public init(measurements: Measurements, machine: String) {
    self.measurements = measurements
    self.machine = machine
  }

  private static let panels = [16, 4096, 65536]
  private static let labelWidth = 262
  private static let panelWidth = 216
  private static let rowHeight = 24
  private static let top = 74
  /// What the number at the end of a bar needs.
  private static let numberWidth = 48

  /// What a reader wants to compare: the default, each DRBG, and the others. The table has the rest.
  private var names: [String] {
    measurements.names.filter { name in
      !Generators.isNext(name) && !Generators.isSocket(name) && !name.hasPrefix(Generators.mechanism(""))
        && name != Generators.perRequest("RDRAND")
        && Self.panels.contains { measurements.median(of: Cell(name, bytes: $0)) != nil }
    }
  }

  public var text: String {
    let names = self.names
    let width = Self.labelWidth + Self.panels.count * Self.panelWidth + 16
    let height = Self.top + names.count * Self.rowHeight + 40
    var parts = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="\(width)" height="\(height)" \
      role="img" aria-label="Throughput of random number generators">
      <!-- SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only -->
      <style>
        text { font: 12px system-ui, sans-serif; fill: #24292f }
        .title { font-size: 15px; font-weight: 600 }
        .head { font-weight: 600 }
        .note { font-size: 11px; fill: #57606a }
        .ours { fill: #0969da }
        .other { fill: #8c959f }
        .axis { stroke: #d0d7de }
        @media (prefers-color-scheme: dark) {
          text { fill: #e6edf3 }
          .note { fill: #9198a1 }
          .ours { fill: #4493f8 }
          .other { fill: #6e7681 }
          .axis { stroke: #3d444d }
        }
      </style>
      <text class="title" x="12" y="26">Random bytes, one thread, MB/s (longer is faster)</text>
      """
    ]
    for (index, name) in names.enumerated() {
      let weight = Generators.isOurs(name) ? " class=\"head\"" : ""
      parts.append(text(name, x: Self.labelWidth - 10, y: baseline(index), "text-anchor=\"end\"\(weight)"))
    }
    for (index, bytes) in Self.panels.enumerated() { parts.append(panel(index, bytes: bytes, names: names)) }
    parts.append(text(machine, x: 12, y: height - 14, "class=\"note\""))
    parts.append("</svg>\n")
    return parts.joined(separator: "\n")
  }

  private func panel(_ index: Int, bytes: Int, names: [String]) -> String {
    let left = Self.labelWidth + index * Self.panelWidth
    let values = names.map { measurements.median(of: Cell($0, bytes: bytes)) }
    let most = values.compactMap { $0 }.max() ?? 1
    let room = Double(Self.panelWidth - Self.numberWidth - 12)
    let bottom = Self.top + names.count * Self.rowHeight
    var parts = [
      text("requests of \(bytes) bytes", x: left, y: Self.top - 12, "class=\"head\""),
      "<line class=\"axis\" x1=\"\(left)\" y1=\"\(Self.top - 4)\" x2=\"\(left)\" y2=\"\(bottom)\"/>",
    ]
    for (row, value) in values.enumerated() {
      guard let value else { continue }
      let length = max(1, (value / most * room).rounded())
      let kind = Generators.isOurs(names[row]) ? "ours" : "other"
      let y = Self.top + row * Self.rowHeight + 3
      parts.append(
        "<rect class=\"\(kind)\" x=\"\(left)\" y=\"\(y)\" width=\"\(Int(length))\" height=\"\(Self.rowHeight - 8)\"/>")
      parts.append(text(number(value), x: left + Int(length) + 5, y: baseline(row), ""))
    }
    return parts.joined(separator: "\n")
  }

  private func baseline(_ row: Int) -> Int { Self.top + row * Self.rowHeight + 15 }

  private func text(_ text: String, x: Int, y: Int, _ attributes: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      default: escaped.append(character)
      }
    }
    return "<text x=\"\(x)\" y=\"\(y)\" \(attributes)>\(escaped)</text>"
  }
}
