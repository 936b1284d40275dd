// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// A line on the terminal that says how far a long command is.
///
/// It appears after half a second, and only where standard error is a terminal.
struct ProgressBar {
  /// What is counted.
  enum Unit {
    case bytes, samples, rows
  }

  private static let widthInCharacters = 24

  private let unit: Unit
  private let total: UInt64
  /// What was done before, at no cost.
  private let first: UInt64
  private let start = ContinuousClock.now
  private var nextDrawing: ContinuousClock.Instant
  private var isDrawn = false
  private let isEnabled: Bool

  init(_ unit: Unit, total: UInt64, startingAt first: UInt64 = 0, isEnabled: Bool) {
    self.unit = unit
    self.total = total
    self.first = first
    self.isEnabled = isEnabled
    nextDrawing = start + .milliseconds(500)
  }

  mutating func update(_ done: UInt64) {
    guard isEnabled else { return }
    let now = ContinuousClock.now
    guard now >= nextDrawing else { return }
    nextDrawing = now + .milliseconds(100)
    let seconds = (now - start) / .seconds(1)
    StandardStreams.write(text: "\r\(line(done, seconds: seconds))\u{1B}[K")
    isDrawn = true
  }

  /// Makes room for what is said next.
  mutating func clear() {
    if isDrawn { StandardStreams.write(text: "\r\u{1B}[K") }
    isDrawn = false
  }

  private func line(_ done: UInt64, seconds: Double) -> String {
    let share = total == 0 ? 1 : min(1, Double(done) / Double(total))
    let filled = Int(share * Double(Self.widthInCharacters))
    let bar =
      String(repeating: "#", count: filled) + String(repeating: ".", count: Self.widthInCharacters - filled)
    let rate = seconds > 0 ? Double(done - min(first, done)) / seconds : 0
    let remaining = rate > 0 ? Double(total - min(done, total)) / rate : 0
    return "[\(bar)] \(Int(share * 100))%  \(amount(rate))/s  \(Self.time(remaining)) left"
  }

  private func amount(_ value: Double) -> String {
    switch unit {
    case .samples:
      "\(Int(min(value, 1e15))) samples"
    case .rows:
      "\(Int(min(value, 1e15))) rows"
    case .bytes:
      Self.binary(value)
    }
  }

  private static func binary(_ value: Double) -> String {
    var (value, index) = (value, 0)
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 && index < units.count - 1 {
      value /= 1024
      index += 1
    }
    return "\(Int(min(value, 1e15))) \(units[index])"
  }

  private static func time(_ seconds: Double) -> String {
    let seconds = Int(min(seconds, 359_999))
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(seconds % 60))" : "\(minutes):\(two(seconds % 60))"
  }
}
