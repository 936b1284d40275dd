// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import ArgumentParser
import LRNG
import LRNGCore

struct SelfTestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "selftest",
    abstract: "Run the self tests.",
    discussion: """
      Each test compares a result with a known answer, and runs a second time as its negative twin, with one bit of the \
      input flipped: then the answer must differ. A comparison that always agrees would fail there.

      The exit status is 70 if a test failed.

      EXAMPLES
        lrng selftest
        lrng selftest --json | jq .passed
      """)

  @Flag(help: "JSON instead of text.")
  var json = false

  @OptionGroup(title: "CONFIGURATION")
  var options: GlobalOptions

  func run() throws {
    let report = try options.effectiveConfiguration().generator().runSelfTests()
    let tests = SelfTestKind.all.filter { report.hasPassed($0) || report.hasFailed($0) }
    try StandardOutput.print(json ? JSONText.of(Document(report, tests)) : text(report, tests))
    guard report.allPassed else {
      throw Failure(
        .testFailed, "a self test failed: what stands on it gives no output; suspect the memory or the processor")
    }
  }

  private func text(_ report: SelfTestReport, _ tests: [SelfTestKind]) -> String {
    var lines: [String] = []
    for test in tests {
      if report.hasPassed(test) {
        lines.append("ok      \(test.name): known answer found")
        lines.append("ok      \(test.name): negative twin refused")
      } else {
        lines.append("FAILED  \(test.name): known answer not found, or negative twin accepted")
      }
    }
    let failed = tests.count { report.hasFailed($0) }
    lines.append("\(tests.count - failed) self tests with their twins passed, \(failed) failed")
    return lines.joined(separator: "\n")
  }

  private struct Document: Encodable {
    struct Test: Encodable {
      let name: String
      let knownAnswer: Bool
      let negativeTwin: Bool
    }

    let passed: Bool
    let tests: [Test]

    init(_ report: SelfTestReport, _ tests: [SelfTestKind]) {
      passed = report.allPassed
      self.tests = tests.map {
        Test(name: "\($0.name)", knownAnswer: report.hasPassed($0), negativeTwin: report.hasPassed($0))
      }
    }
  }
}
