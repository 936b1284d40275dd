// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Numbers as people read them.
enum Decimal {
  /// So many digits after the point.
  static func text(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "–" : "∞" }
    let factor = pow(10, Double(digits))
    guard abs(value) < 1e15 else { return "\(value)" }
    let scaled = Int64((abs(value) * factor).rounded())
    let (whole, part) = (scaled / Int64(factor), scaled % Int64(factor))
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard digits > 0 else { return sign + grouped(Int(whole)) }
    let fraction = "\(part)"
    return sign + grouped(Int(whole)) + "." + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// With a narrow space between thousands.
  static func grouped(_ value: Int) -> String {
    let digits = "\(abs(value))"
    guard digits.count > 4 else { return "\(value)" }
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text.append("\u{202F}") }
      text.append(digit)
    }
    return value < 0 ? "-" + text : text
  }
}
