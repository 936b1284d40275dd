// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Testing

@Suite("Self tests: known answers and their negative twins")
struct SelfTestReportTests {
  @Test("all primitives give the known answers")
  func primitives() {
    var report = SelfTestReport()
    report.runPrimitives()
    #expect(report.allPassed)
    let kinds: [SelfTestKind] = [
      .sha256, .sha512, .sha3_256, .sha3_512, .hmacSHA256, .hmacSHA512, .chaCha20Block, .aes256,
    ]
    for kind in kinds {
      #expect(report.hasPassed(kind), "\(kind.name)")
    }
  }

  @Test("collection and conditioning give the known answers")
  func collection() {
    var report = SelfTestReport()
    report.runCollection()
    #expect(report.allPassed)
    for kind in [.slotPacking, .timestampDivisor, .eventPool, .auxiliaryPool] as [SelfTestKind] {
      #expect(report.hasPassed(kind), "\(kind.name)")
    }
  }

  @Test("a wrong answer is a failure, and stays one when the test later passes")
  func wrongAnswer() {
    var report = SelfTestReport()
    report.run(.sha512) { _ in false }
    #expect(report.hasFailed(.sha512) && !report.hasPassed(.sha512) && !report.allPassed)
    report.run(.sha512) { corrupting in !corrupting }
    #expect(report.hasFailed(.sha512) && !report.allPassed)
  }

  @Test("a comparison that always says yes is a failure")
  func blindComparison() {
    var report = SelfTestReport()
    report.run(.sha256) { _ in true }
    #expect(report.hasFailed(.sha256))
  }

  @Test("without any test nothing has passed")
  func noTest() {
    let report = SelfTestReport()
    #expect(!report.allPassed && !report.hasPassed(.sha256) && !report.hasFailed(.sha256))
  }
}
