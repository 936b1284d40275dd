// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation
import Testing

@testable import Report

private let fill = Cell(Generators.fill, bytes: 16)
private let systemCall = Cell(Generators.systemCall, bytes: 16)

private func measurements(_ rows: [(Cell, [Double])]) -> Measurements {
  var measurements = Measurements()
  for (cell, samples) in rows { for sample in samples { measurements.add(sample, to: cell) } }
  return measurements
}

private func report(_ measurements: Measurements, _ coldStarts: [ColdStart] = []) -> [String] {
  TextReport(measurements: measurements, coldStarts: coldStarts, machine: [("kernel", "Linux")], missing: [], rounds: 3)
    .text.split(separator: "\n").map(String.init)
}

@Suite("Numbers of the benchmark")
struct MeasurementTests {
  @Test("the median is the middle value, or between the two in the middle")
  func median() {
    #expect(Report.median([]) == nil)
    #expect(Report.median([3, 1, 2]) == 2)
    #expect(Report.median([4, 1, 3, 2]) == 2.5)
  }

  @Test("a round in which everything was slow does not change a ratio")
  func slowSpell() {
    let measured = measurements([(fill, [1000, 100, 1000]), (systemCall, [20, 2, 20])])
    #expect(measured.ratio(of: fill, to: systemCall) == 50)
    #expect(measured.ratio(of: fill, to: Cell("none", bytes: 16)) == nil)
  }

  @Test(
    "numbers keep three digits",
    arguments: [(0.0, "0.00"), (5.296, "5.30"), (13.06, "13.1"), (9.999, "10.00"), (1526.4, "1526")])
  func digits(value: Double, text: String) {
    #expect(number(value) == text)
  }

  @Test("a cold start is two times after the start, in order")
  func coldStart() throws {
    let start = try #require(ColdStart(printed: "5000000 41000000\n", started: 1_000_000))
    #expect(start.firstByte == 4)
    #expect(start.fullySeeded == 40)
    #expect(ColdStart(printed: "5000000\n", started: 1) == nil)
    #expect(ColdStart(printed: "5 4\n", started: 1) == nil)
    #expect(ColdStart(printed: "5 6\n", started: 5) == nil)
  }
}

@Suite("Targets of the benchmark")
struct TargetTests {
  @Test(
    "a ratio is below what is required, at it, or at the aim",
    arguments: [
      (34.9, Target.Outcome.missed), (35, .met), (49.9, .met), (50, .aimMet), (nil, .unmeasured),
    ] as [(Double?, Target.Outcome)])
  func outcome(ratio: Double?, outcome: Target.Outcome) {
    #expect(Target("", fill, over: systemCall, required: 35, aim: 50).outcome(of: ratio) == outcome)
  }

  @Test("what the control loses, too, is not lost to other threads")
  func control() throws {
    let target = try #require(Target.all.first { $0.control != nil })
    let control = try #require(target.control)
    var rows = [(target.cell, [800.0]), (target.other, [1000.0])]
    #expect(target.ratio(in: measurements(rows)) == nil)
    rows += [(control.cell, [400]), (control.other, [500])]
    #expect(target.ratio(in: measurements(rows)) == 1)
  }

  @Test("a cold start at the limit has missed it")
  func coldStart() {
    let lines = report(measurements([(fill, [1])]), [ColdStart(firstByte: 20, fullySeeded: 59.9)])
    #expect(lines.contains { $0.hasPrefix("cold start to first byte") && $0.hasSuffix("NOT MET") })
    #expect(lines.contains { $0.hasPrefix("cold start to fully seeded") && $0.hasSuffix("met") })
  }

  @Test("what was not measured is not met")
  func unmeasured() {
    let lines = report(measurements([(fill, [1])]))
    #expect(lines.filter { $0.hasSuffix("not measured") }.count == Target.all.count + 2)
  }
}

@Suite("Files of the benchmark")
struct FileTests {
  @Test("the JSON is an array of rows")
  func json() throws {
    let text = JSONReport(measurements: measurements([(Cell("a \"b\" \\ \n", bytes: 16, threads: 2), [1, 3, 2])])).text
    let rows = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
    #expect(rows.count == 1)
    #expect(rows[0]["name"] as? String == "a \"b\" \\ \n")
    #expect(rows[0]["bytes"] as? Int == 16)
    #expect(rows[0]["threads"] as? Int == 2)
    #expect(rows[0]["mbPerSecond"] as? Double == 2)
    #expect(rows[0]["requestsPerSecond"] as? Int == 125_000)
  }

  @Test("front ends are counted in requests, beside the system call")
  func frontEnds() throws {
    var rows = [(systemCall, [32.0]), (Cell(Generators.egdSocket, bytes: 16), [0.8])]
    rows.append((Cell(Generators.egdSocket, bytes: 4096, threads: 64), [4.096]))
    let lines = report(measurements(rows))
    let title = try #require(lines.firstIndex { $0.hasPrefix("Requests per second") })
    let words = lines.dropFirst(title + 1).prefix(3).map { $0.split(separator: " ") }
    #expect(words[1].suffix(2) == ["2.00M", "1.00"])
    #expect(words[2].suffix(3) == ["50.0k", "1.00k", "0.0250"])
    #expect(!report(measurements([(systemCall, [32])])).contains { $0.hasPrefix("Requests per second") })
  }

  @Test("the reference's rows stand beside ours")
  func reference() throws {
    let lines = report(measurements([(Cell(Generators.perRequest("CTR_DRBG"), bytes: 4096), [2000])]))
    let row = try #require(lines.firstIndex { $0.hasPrefix("reference: CTR DRBG") })
    #expect(lines[row].hasSuffix("1247"))
    #expect(lines[row + 1].hasSuffix("2000"))
    #expect(!lines.contains { $0.hasPrefix("reference: HMAC") })
  }

  @Test("in the plot a bar twice as fast is twice as long, and names are escaped")
  func plot() {
    let text = Plot(measurements: measurements([(fill, [1000]), (Cell("a<b&c", bytes: 16), [500])]), machine: "m").text
    let lengths = text.split(separator: "\n").filter { $0.hasPrefix("<rect") }
      .compactMap { $0.firstMatch(of: /width="(\d+)"/).flatMap { Int($0.1) } }
    #expect(lengths.count == 2)
    #expect(lengths[0] == 2 * lengths[1])
    #expect(text.contains("a&lt;b&amp;c"))
  }
}
