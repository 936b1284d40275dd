// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if HealthTests
  import Testing

  @testable import LRNGCore

  @Suite("SP 800-90B 4.3: health of a source, start-up test and failures")
  struct HealthTestsTests {
    @Test("without FIPS mode a stuck sample is mixed in and not counted, and nothing else ever happens")
    func notRequested() {
      var tests = HealthTests(isRequested: false, resolution: .high)
      for _ in 0..<2000 {
        #expect(tests.observe(0, isStuck: true) == (.mixOnly, nil))
      }
      #expect(tests.observe(0, isStuck: false) == (.credit, nil))
      #expect(tests.state == .notRequested)
      #expect(tests.mayDeliver)
      #expect(!tests.seesEverySample)
    }

    @Test("a source delivers nothing for 1023 samples and may with the 1024th")
    func startup() {
      var source = Source()
      for passed in UInt32(1)...1023 {
        #expect(source.goodSample() == (.credit, nil))
        #expect(source.tests.state == .startingUp(remainingSamples: 1024 - passed))
        #expect(!source.tests.mayDeliver)
      }
      #expect(source.goodSample() == (.credit, .startupTestPassed))
      #expect(source.tests.state == .passed)
      #expect(source.tests.mayDeliver)
      #expect(source.goodSample() == (.credit, nil))
    }

    @Test("in FIPS mode a stuck sample is dropped, and is a sample of the start-up test all the same")
    func stuckSample() {
      var source = Source()
      #expect(source.stuckSample() == (.drop, nil))
      #expect(source.tests.state == .startingUp(remainingSamples: 1023))
    }

    @Test("the 31st stuck sample in a row is an intermittent failure: the source starts up again")
    func intermittentFailure() {
      var source = Source.passed()
      for _ in 1...30 { #expect(source.stuckSample() == (.drop, nil)) }
      #expect(source.tests.mayDeliver)
      #expect(source.stuckSample() == (.drop, .intermittentFailure))
      #expect(source.tests.state == .startingUp(remainingSamples: 1024))
      #expect(!source.tests.mayDeliver)
      #expect(source.tests.intermittentFailures == 1)
    }

    @Test("a failure that goes on is reported once")
    func reportedOnce() {
      var source = Source.passed()
      for _ in 1...31 { _ = source.stuckSample() }
      for _ in 32...80 { #expect(source.stuckSample() == (.drop, nil)) }
      #expect(source.tests.intermittentFailures == 1)
    }

    @Test("a source that recovers passes the start-up test from its beginning, and can fail again")
    func recovery() {
      var source = Source.passed()
      for failures in UInt32(1)...3 {
        for _ in 1...31 { _ = source.stuckSample() }
        #expect(source.tests.intermittentFailures == failures)
        for _ in 1...1023 { #expect(source.goodSample().report == nil) }
        #expect(!source.tests.mayDeliver)
        #expect(source.goodSample().report == .startupTestPassed)
        #expect(source.tests.mayDeliver)
      }
    }

    @Test("a failure in the middle of the start-up test makes it begin anew")
    func failureDuringStartup() {
      var source = Source()
      for _ in 1...1000 { _ = source.goodSample() }
      for _ in 1...30 { _ = source.stuckSample() }
      // 1024 samples are reached within the run: stuck samples pass as long as the cutoff is not reached.
      #expect(source.tests.mayDeliver)
      var other = Source()
      for _ in 1...900 { _ = other.goodSample() }
      for _ in 1...31 { _ = other.stuckSample() }
      #expect(other.tests.state == .startingUp(remainingSamples: 1024))
    }

    @Test("samples that passed between two failures of the start-up test are lost as well")
    func secondFailureDuringStartup() {
      var source = Source.passed()
      for _ in 1...31 { _ = source.stuckSample() }
      for _ in 1...900 { #expect(source.goodSample() == (.credit, nil)) }
      for _ in 1...30 { _ = source.stuckSample() }
      #expect(source.stuckSample() == (.drop, .intermittentFailure))
      #expect(source.stuckSample() == (.drop, nil), "nothing was stored in between")
      #expect(source.tests.state == .startingUp(remainingSamples: 1024))
      #expect(source.tests.intermittentFailures == 1, "the source never was back")
    }

    @Test("the 81st stuck sample in a row is a permanent failure: nothing passes any more")
    func permanentFailure() {
      var source = Source.passed()
      for _ in 1...80 { _ = source.stuckSample() }
      #expect(source.stuckSample() == (.drop, .permanentFailure))
      #expect(source.tests.state == .failedPermanently)
      for _ in 0..<5000 { #expect(source.goodSample() == (.drop, nil)) }
      #expect(!source.tests.mayDeliver)
    }

    @Test("a frequent value is an intermittent failure with its 325th match and a permanent one with its 371st")
    func adaptiveProportion() {
      var tests = HealthTests(isRequested: true, resolution: .high)
      _ = tests.observe(3, isStuck: false)
      for _ in 1...324 { #expect(tests.observe(3, isStuck: false) == (.credit, nil)) }
      #expect(tests.observe(3, isStuck: false) == (.drop, .intermittentFailure))
      for _ in 326...370 { #expect(tests.observe(3, isStuck: false) == (.drop, nil)) }
      #expect(tests.observe(3, isStuck: false) == (.drop, .permanentFailure))
    }

    @Test("a reset lifts a permanent failure, and the source starts up again")
    func reset() {
      var source = Source.passed()
      for _ in 1...81 { _ = source.stuckSample() }
      source.tests.reset()
      #expect(source.tests.state == .startingUp(remainingSamples: 1024))
      #expect(source.tests.intermittentFailures == 0)
      #expect(source.goodSample() == (.credit, nil))
      for _ in 2...1024 { _ = source.goodSample() }
      #expect(source.tests.mayDeliver)
    }

    @Test("a passed source can be tested again on demand")
    func onDemand() {
      var source = Source.passed()
      source.tests.reset()
      #expect(!source.tests.mayDeliver)
    }

    @Test("a reset requests no tests that were not requested before")
    func resetWithoutTests() {
      var tests = HealthTests(isRequested: false, resolution: .high)
      tests.reset()
      #expect(tests.state == .notRequested)
    }

    @Test("with a coarse timer there is nothing to test: in FIPS mode such a source never delivers")
    func untestable() {
      var tests = HealthTests(isRequested: true, resolution: .low)
      for _ in 0..<2000 { #expect(tests.observe(0, isStuck: true) == (.mixOnly, nil)) }
      #expect(tests.state == .untestable)
      #expect(!tests.mayDeliver)
      tests.reset()
      #expect(tests.state == .untestable)
      #expect(HealthTests(isRequested: false, resolution: .low).mayDeliver)
    }

    /// A source in FIPS mode with samples that are good, or stuck, as the test wants them.
    private struct Source {
      var tests = HealthTests(isRequested: true, resolution: .high)
      private var counter: UInt32 = 0

      static func passed() -> Source {
        var source = Source()
        for _ in 1...1024 { _ = source.goodSample() }
        return source
      }

      mutating func goodSample() -> (verdict: SampleVerdict, report: HealthReport?) {
        counter += 1
        return tests.observe(counter, isStuck: false)
      }

      mutating func stuckSample() -> (verdict: SampleVerdict, report: HealthReport?) {
        counter += 1
        return tests.observe(counter, isStuck: true)
      }
    }
  }
#endif
