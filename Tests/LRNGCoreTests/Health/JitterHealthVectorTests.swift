// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

/// The third-party streams were made for a Jitter RNG at rate 3 with a repetition count of 90 and 180, an adaptive
/// proportion of 459 and 479 and a run of 111 and 177 right predictions, which are our cutoffs at that rate, too.
@Suite("Jitter RNG health tests against third-party time stamps")
struct JitterHealthVectorTests {
  /// Each line of the file is a time stamp. As the tool they come from, the replay begins at time zero, so that the first
  /// delta is the first stamp.
  private func failures(of name: String, mode: JitterMode = .fips, rate: UInt32 = 3) throws -> JitterHealthFailures {
    let lines = try VectorFile.lines(of: "jitterentropy_health/\(name).txt")
    let stamps = lines.filter { !$0.isEmpty && !$0.hasPrefix("#") }.compactMap { UInt64($0) }
    #expect(stamps.count > 100)
    var health = JitterHealthTests(oversamplingRate: rate, mode: mode)
    var last: UInt64 = 0
    for stamp in stamps {
      _ = health.observe(stamp &- last)
      last = stamp
    }
    return health.failures
  }

  private func union(_ failures: JitterHealthFailures...) -> JitterHealthFailures {
    failures.reduce(into: JitterHealthFailures()) { $0.formUnion($1) }
  }

  @Test("deltas that vary fail nothing")
  func noFailure() throws {
    #expect(try failures(of: "no-failure").isEmpty)
  }

  @Test("deltas that rise by a constant fail the repetition count test alone")
  func repetitionCount() throws {
    #expect(try failures(of: "rct-intermittent") == .repetitionCount)
    #expect(try failures(of: "rct-permanent") == union(.repetitionCount, .repetitionCount.asPermanent))
  }

  @Test("a cycle of four deltas fails the lag predictor test alone")
  func lagPredictor() throws {
    #expect(try failures(of: "lag-intermittent") == .lagPredictor)
    #expect(try failures(of: "lag-permanent") == union(.lagPredictor, .lagPredictor.asPermanent))
  }

  @Test("one delta repeated fails the adaptive proportion test, and the other two long before it")
  func adaptiveProportion() throws {
    let others = union(
      .repetitionCount, .repetitionCount.asPermanent, .lagPredictor, .lagPredictor.asPermanent)
    #expect(try failures(of: "apt-intermittent") == union(others, .adaptiveProportion))
    #expect(
      try failures(of: "apt-permanent") == union(others, .adaptiveProportion, .adaptiveProportion.asPermanent))
  }

  @Test("at rate 20 none of the short streams reaches a cutoff any more")
  func highestRate() throws {
    for name in ["rct-intermittent", "rct-permanent", "lag-intermittent", "lag-permanent"] {
      #expect(try failures(of: name, rate: 20).isEmpty, "\(name)")
    }
  }

  @Test("in NTG.1 mode the repetition count test is eight times as strict")
  func ntg1() throws {
    let failures = try failures(of: "rct-intermittent", mode: .ntg1)
    #expect(failures.contains(.repetitionCount.asPermanent))
  }
}
