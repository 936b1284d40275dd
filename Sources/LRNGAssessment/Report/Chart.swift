// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Charts as SVG. Colours come from the style sheet of the page, so that they follow its light and dark modes.
struct Chart {
  static let width = 720.0
  private static let (left, right, top, bottom) = (56.0, 16.0, 10.0, 40.0)

  private let height: Double
  private let title: String
  private let xRange: ClosedRange<Double>
  private let yRange: ClosedRange<Double>
  private var body = ""

  /// - Parameter title: What is to be seen, for those who can't see it.
  init(_ title: String, x: ClosedRange<Double>, y: ClosedRange<Double>, height: Double = 210) {
    self.title = title
    xRange = x
    yRange = y
    self.height = height
  }

  var svg: String {
    """
    <svg viewBox="0 0 \(Self.number(Self.width)) \(Self.number(height))" role="img" aria-label="\(HTML.escaped(title))">\
    \(body)</svg>
    """
  }

  static func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    return tenths % 10 == 0 ? "\(sign)\(abs(tenths) / 10)" : "\(sign)\(abs(tenths) / 10).\(abs(tenths) % 10)"
  }

  private func x(_ value: Double) -> Double {
    let span = xRange.upperBound - xRange.lowerBound
    return Self.left + (value - xRange.lowerBound) / span * (Self.width - Self.left - Self.right)
  }

  private func y(_ value: Double) -> Double {
    let span = yRange.upperBound - yRange.lowerBound
    return height - Self.bottom - (value - yRange.lowerBound) / span * (height - Self.top - Self.bottom)
  }

  // MARK: - Parts

  /// Lines and labels at these values, and what the axes measure.
  mutating func axes(
    x xTicks: [Double], y yTicks: [(Double, String)], xName: String, xLabel: (Double) -> String = { "\(Int($0))" }
  ) {
    for (value, label) in yTicks {
      let position = Self.number(y(value))
      body +=
        "<path class=\"grid\" d=\"M\(Self.number(Self.left)) \(position)H\(Self.number(Self.width - Self.right))\"/>"
      body +=
        "<text x=\"\(Self.number(Self.left - 8))\" y=\"\(Self.number(y(value) + 4))\" class=\"end\">\(label)</text>"
    }
    for value in xTicks {
      body +=
        "<text x=\"\(Self.number(x(value)))\" y=\"\(Self.number(height - Self.bottom + 16))\" class=\"middle\">\(xLabel(value))</text>"
    }
    body +=
      "<text x=\"\(Self.number((Self.left + Self.width - Self.right) / 2))\" y=\"\(Self.number(height - 3))\" class=\"middle name\">\(HTML.escaped(xName))</text>"
  }

  /// Bars from zero, each a step wide, with a text to point at.
  mutating func bars(_ values: [Double], from first: Double, hint: (Int) -> String) {
    let width = x(1) - x(0)
    let gap = width > 4 ? 1 : width * 0.12
    let zero = y(max(0, yRange.lowerBound))
    body += "<g class=\"bars\">"
    for (index, value) in values.enumerated() {
      let left = x(first + Double(index) - 0.5) + gap / 2
      let end = y(min(max(value, yRange.lowerBound), yRange.upperBound))
      body +=
        "<rect x=\"\(Self.number(left))\" y=\"\(Self.number(min(zero, end)))\" width=\"\(Self.hundredth(width - gap))\" height=\"\(Self.number(abs(zero - end)))\"><title>\(HTML.escaped(hint(index)))</title></rect>"
    }
    body += "</g>"
  }

  private static func hundredth(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }

  /// A dashed line across.
  mutating func reference(_ value: Double) {
    body +=
      "<path class=\"reference\" d=\"M\(Self.number(Self.left)) \(Self.number(y(value)))H\(Self.number(Self.width - Self.right))\"/>"
  }

  mutating func dots(_ values: [Double], from first: Double) {
    var path = ""
    for (index, value) in values.enumerated() {
      path += "M\(Self.number(x(first + Double(index)))) \(Self.number(y(value)))h0"
    }
    body += "<path class=\"dots\" d=\"\(path)\"/>"
  }
}

/// The restart matrix as a picture: squares in seven shades from far below to far above the mean.
enum HeatMap {
  static let shades = 7

  /// - Parameter values: In standard deviations.
  static func svg(_ values: [[Double]], title: String) -> String {
    let size = values.count
    var paths = [String](repeating: "", count: shades)
    for (row, line) in values.enumerated() {
      for (column, value) in line.enumerated() {
        paths[shade(value)] += "M\(column) \(row)h1v1h-1z"
      }
    }
    let groups = paths.enumerated().filter { $0.offset != shades / 2 && !$0.element.isEmpty }
      .map { "<path class=\"heat\($0.offset)\" d=\"\($0.element)\"/>" }.joined()
    return """
      <svg class="heatmap" viewBox="0 0 \(size) \(size)" role="img" aria-label="\(HTML.escaped(title))" \
      shape-rendering="crispEdges"><rect class="heat\(shades / 2)" width="\(size)" height="\(size)"/>\(groups)</svg>
      """
  }

  /// Below -3, -2, -1; between; above 1, 2, 3 standard deviations.
  static func shade(_ value: Double) -> Int {
    let steps = value.magnitude >= 3 ? 3 : value.magnitude >= 2 ? 2 : value.magnitude >= 1 ? 1 : 0
    return shades / 2 + (value < 0 ? -steps : steps)
  }
}
