// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Testing

@testable import LRNG

@Suite("The configuration of a generator")
struct ConfigurationTests {
  struct Violation: Sendable, CustomTestStringConvertible {
    let key: String
    let change: @Sendable (inout Configuration) -> Void
    var testDescription: String { key }

    init(_ key: String, _ change: @escaping @Sendable (inout Configuration) -> Void) {
      self.key = key
      self.change = change
    }
  }

  static let violations = [
    Violation("interrupt.rate") { $0.interrupt.rate = 255 },
    Violation("interrupt.rate") { $0.interrupt.rate = 0 },
    Violation("scheduler.rate") { $0.scheduler.rate = 255 },
    Violation("jitter.rate") { $0.jitter.rate = 257 },
    Violation("jitter.osr") { $0.jitter.oversamplingRate = 2 },
    Violation("jitter.osr") { $0.jitter.oversamplingRate = 21 },
    Violation("cpu.rate") { $0.cpu.rate = 257 },
    Violation("cpu.rate") { $0.cpu.rate = .max },
    Violation("cpu.multiplier") { $0.cpu.multiplier = 0 },
    Violation("cpu.multiplier") { $0.cpu.multiplier = -1 },
    Violation("cpu.multiplier") { $0.cpu.multiplier = 1025 },
    Violation("kernel.rate") { $0.kernel.rate = 257 },
    Violation("auxiliary.hwrng.rate") { $0.auxiliary.hardwareGeneratorRate = 257 },
    Violation("maxWithoutReseed") { $0.maximumRequestsWithoutReseed = 0 },
    Violation("maxWithoutReseed") { $0.maximumRequestsWithoutReseed = 1 << 30 + 1 },
    Violation("maxWithoutReseed") { $0.maximumRequestsWithoutReseed = .max },
    Violation("reseedSeconds") { $0.reseedIntervalInSeconds = 3601 },
    Violation("reseedSeconds") { $0.reseedIntervalInSeconds = .max },
    Violation("selfTestSeconds") { $0.selfTestIntervalInSeconds = 1 << 31 + 1 },
    Violation("collectionSize") {
      $0.isFIPS = true
      $0.collectionSize = .bytes256
    },
  ]

  @Test("a value out of its range is refused, and the error names its key", arguments: violations)
  func ranges(violation: Violation) {
    let configuration = Configuration.only(.kernel).with(violation.change)
    let error = #expect(throws: LRNGError.self) { try RandomBitGenerator(configuration) }
    guard case .invalidConfiguration(let message)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(message.hasPrefix("\(violation.key):"))
  }

  @Test("the ends of each range are accepted")
  func borders() throws {
    let changes: [(inout Configuration) -> Void] = [
      { $0.interrupt.rate = 256 }, { $0.interrupt.rate = .max }, { $0.scheduler.rate = 256 },
      { $0.jitter.rate = 0 }, { $0.jitter.rate = 256 }, { $0.jitter.oversamplingRate = 3 },
      { $0.jitter.oversamplingRate = 20 }, { $0.cpu.rate = 0 }, { $0.cpu.rate = 256 }, { $0.cpu.multiplier = 1 },
      { $0.cpu.multiplier = 1024 }, { $0.kernel.rate = 0 }, { $0.kernel.rate = 256 },
      { $0.auxiliary.hardwareGeneratorRate = 0 }, { $0.auxiliary.hardwareGeneratorRate = 256 },
      { $0.maximumRequestsWithoutReseed = 1 }, { $0.maximumRequestsWithoutReseed = 1 << 30 },
      { $0.reseedIntervalInSeconds = 0 }, { $0.reseedIntervalInSeconds = 3600 },
      {
        $0.isFIPS = true
        $0.collectionSize = .bytes512
      },
      {
        $0.isFIPS = false
        $0.collectionSize = .bytes32
      },
    ]
    for change in changes { _ = try RandomBitGenerator(.only(.kernel).with(change)) }
  }

  @Test("what is off or on by default")
  func defaults() {
    for (configuration, observes) in [(Configuration.library, false), (.commandLine, true)] {
      #expect(configuration.interrupt.isEnabled == observes)
      #expect(configuration.scheduler.isEnabled == observes)
      #expect(configuration.jitter.isEnabled && configuration.cpu.isEnabled && configuration.kernel.isEnabled)
      #expect(configuration.isFIPS == nil && configuration.ntg1 == nil && !configuration.wantsOversampling)
      #expect(configuration.allowsForcedSeeding && !configuration.cpu.isTrusted)
      #expect(configuration.auxiliary.hardwareGeneratorRate == 0, "a device of unknown quality earns no credit")
      #expect(configuration.reseedIntervalInSeconds == 600)
      #expect(configuration.maximumRequestsWithoutReseed == 1 << 30)
    }
  }

  // MARK: - Credit

  /// What a generator with these sources says of itself, after it had its chance to seed.
  private func status(_ configuration: Configuration) throws -> Status {
    let generator = try RandomBitGenerator(configuration)
    _ = generator.waitUntilFullySeeded(timeoutInMilliseconds: 0)
    return generator.status
  }

  private func isCPUAvailable() throws -> Bool {
    try status(.only(.cpu)).sources[EntropySourceKind.cpu.index].isAvailable
  }

  @Test("a rate of 0 credits nothing, one of 256 everything")
  func rates() throws {
    for rate: UInt32 in [0, 1, 8, 128, 255, 256] {
      let status = try status(
        .only(.kernel).with {
          $0.kernel.rate = rate
          $0.allowsForcedSeeding = false
        })
      #expect(status.sources[EntropySourceKind.kernel.index].entropyInBits == rate)
      #expect(status.sources[EntropySourceKind.kernel.index].rate == rate)
      #expect(status.entropyLevelInBits == rate)
      #expect(status.isFullySeeded == (rate == 256))
      #expect(status.isMinimallySeeded == (rate >= 128))
    }
  }

  @Test("weak sources add up in rounds, unless that is switched off; 0 bits never do")
  func forcedSeeding() throws {
    for rate: UInt32 in [0, 1, 100] {
      for isForced in [true, false] {
        let status = try status(
          .only(.kernel).with {
            $0.kernel.rate = rate
            $0.allowsForcedSeeding = isForced
          })
        #expect(status.isFullySeeded == (isForced && rate > 0))
      }
    }
  }

  @Test("the kernel is credited in full, but not under the standards, unless somebody configured it")
  func kernelCredit() throws {
    let cases: [(Configuration, UInt32)] = [
      (.only(.kernel), 256),
      (.only(.kernel).with { $0.isFIPS = true }, 0),
      (.only(.kernel).with { $0.ntg1 = .version2024 }, 0),
      (.only(.kernel).with { $0.wantsOversampling = true }, 256),
      (
        .only(.kernel).with {
          $0.isFIPS = true
          $0.kernel.rate = 256
        }, 256
      ),
    ]
    for (configuration, rate) in cases {
      #expect(try status(configuration).sources[EntropySourceKind.kernel.index].rate == rate)
    }
  }

  @Test("the processor is credited with 8 bits, with 256 where its maker is trusted, but not in FIPS mode")
  func cpuCredit() throws {
    guard try isCPUAvailable() else { return }
    let cases: [(Configuration, UInt32)] = [
      (.only(.cpu), 8),
      (.only(.cpu).with { $0.cpu.isTrusted = true }, 256),
      (
        .only(.cpu).with {
          $0.cpu.isTrusted = true
          $0.isFIPS = true
        }, 8
      ),
      (
        .only(.cpu).with {
          $0.cpu.isTrusted = true
          $0.ntg1 = .version2024
        }, 256
      ),
    ]
    for (configuration, rate) in cases {
      #expect(try status(configuration).sources[EntropySourceKind.cpu.index].rate == rate)
    }
  }

  // MARK: - Sources on and off

  @Test(
    "each source alone carries a generator, or the status says why not; without any there is no seed",
    .timeLimit(.minutes(1)), arguments: EntropySourceKind.all.map { [$0] } + [[]])
  func singleSources(sources: [EntropySourceKind]) throws {
    let generator = try RandomBitGenerator(
      .only(sources).with {
        $0.cpu.isTrusted = true
        $0.collectionSize = .bytes256
      })
    let isSeeded = generator.waitUntilFullySeeded(timeoutInMilliseconds: 1000)
    let status = generator.status
    for source in status.sources where source.kind != .auxiliary {
      if sources.contains(source.kind) {
        #expect(source.isAvailable == (source.reason == nil))
      } else {
        #expect(!source.isAvailable)
        #expect(source.reason == "switched off by the configuration")
        #expect(source.entropyInBits == 0)
      }
    }
    #expect(status.isFullySeeded == isSeeded)
    if let kind = sources.first {
      // Context switches and interrupts come when they come.
      let source = status.sources[kind.index]
      if kind == .jitter || kind == .cpu || kind == .kernel { #expect(isSeeded == source.isAvailable) }
      if kind != .auxiliary && !source.isAvailable { #expect(!isSeeded) }
      if isSeeded { #expect(try generator.bytes(count: 32).count == 32) }
    } else {
      #expect(!isSeeded)
      #expect(throws: LRNGError.notFullySeeded) { try generator.seed(waiting: false) }
    }
  }

  // MARK: - Permutations

  struct Permutation: CustomStringConvertible {
    var sources: [EntropySourceKind]
    var isFIPS: Bool
    var ntg1: SeedingPolicy.NTG1?
    var wantsOversampling: Bool
    var hash: HashAlgorithm?
    var isForced: Bool
    var ratesAreExplicit: Bool

    var configuration: Configuration {
      .only(sources).with {
        $0.isFIPS = isFIPS
        $0.ntg1 = ntg1
        $0.wantsOversampling = wantsOversampling
        $0.hash = hash
        $0.allowsForcedSeeding = isForced
        if ratesAreExplicit {
          $0.kernel.rate = 256
          $0.cpu.rate = 250
        }
      }
    }

    var description: String {
      "\(sources) FIPS \(isFIPS) NTG.1 \(ntg1.map { "\($0)" } ?? "no") oversampling \(wantsOversampling) "
        + "\(hash.map { "\($0)" } ?? "default hash") forced \(isForced) explicit rates \(ratesAreExplicit)"
    }

    /// The credit of one seeding, by the table of the design: independent of the code under test.
    func credit(isCPUAvailable: Bool, requestedBits: Int) -> [Int] {
      sources.map { source in
        switch source {
        case .kernel: ratesAreExplicit ? requestedBits : isFIPS || ntg1 != nil ? 0 : requestedBits
        case .cpu: isCPUAvailable ? (ratesAreExplicit ? 250 : 8) * requestedBits / 256 : 0
        case .jitter: requestedBits
        default: 0
        }
      }
    }

    /// Whether that makes a fully seeded generator.
    func isEnough(isCPUAvailable: Bool) -> Bool {
      let digestInBits =
        switch hash {
        case .sha512, .sha3_512: 512
        case .sha256, .sha3_256: 256
        case .external(let hash): hash.digestLengthInBytes * 8
        case nil: isFIPS || wantsOversampling ? 512 : 256
        }
      let isOversampled = (isFIPS || wantsOversampling) && digestInBits >= 384
      let requestedBits = isOversampled ? 384 : 256
      let credit = credit(isCPUAvailable: isCPUAvailable, requestedBits: requestedBits)
      if let ntg1 {
        let minimum = isForced ? 1 : ntg1 == .version2024 ? 240 : 220
        return credit.filter { $0 >= minimum }.count >= 2
      }
      return credit.reduce(0, +) >= (isForced ? 1 : requestedBits)
    }
  }

  static func permutations(withJitter: Bool) -> [Permutation] {
    var all: [Permutation] = []
    for sources in [[], [EntropySourceKind.cpu], [.kernel], [.kernel, .cpu]] {
      for isFIPS in [false, true] {
        for ntg1 in [nil, SeedingPolicy.NTG1.version2024, .draft2022] {
          for wantsOversampling in [false, true] {
            for hash in [nil, HashAlgorithm.sha256, .sha512, .sha3_256, .sha3_512] {
              for isForced in [true, false] {
                for ratesAreExplicit in [true, false] {
                  all.append(
                    Permutation(
                      sources: withJitter ? [.jitter] + sources : sources, isFIPS: isFIPS, ntg1: ntg1,
                      wantsOversampling: wantsOversampling, hash: hash, isForced: isForced,
                      ratesAreExplicit: ratesAreExplicit))
                }
              }
            }
          }
        }
      }
    }
    return all
  }

  // The Jitter RNG takes a hundred times as long in a debug build.
  #if DEBUG
    static let jitterStride = 131
  #else
    static let jitterStride = 7
  #endif

  @Test("each permutation of the options delivers or says why not, and none is seeded without credit")
  func permutations() throws {
    let isCPUAvailable = try isCPUAvailable()
    var seeded = 0
    let withJitter = Self.permutations(withJitter: true)
    let sample = stride(from: 5, to: withJitter.count, by: Self.jitterStride).map { withJitter[$0] }
    let all = Self.permutations(withJitter: false) + sample
    for permutation in all {
      // The known answers have tests of their own, and cost most of the time here.
      let generator = RandomBitGenerator(
        try Engine(permutation.configuration, selfTests: { .passed }))
      let isSeeded = generator.waitUntilFullySeeded(timeoutInMilliseconds: 0)
      let status = generator.status
      if isSeeded != permutation.isEnough(isCPUAvailable: isCPUAvailable) {
        Issue.record("\(permutation): fully seeded \(isSeeded)\n\(status)")
      }
      if status.isFullySeeded != isSeeded { Issue.record("\(permutation): status \(status.isFullySeeded)") }
      let explained = status.sources.allSatisfy { $0.isAvailable == ($0.reason == nil) }
      if !explained { Issue.record("\(permutation): no reason\n\(status)") }
      let isCredited = status.sources.contains { $0.entropyInBits > 0 }
      if !isCredited && (status.isMinimallySeeded || status.isFullySeeded) {
        Issue.record("\(permutation): seeded without credit\n\(status)")
      }
      for quality in [QualityOfService.fullySeeded, .predictionResistant] {
        var bytes = [UInt8](repeating: 0, count: 5)
        var span = bytes.mutableSpan
        let filled = try? generator.fill(&span, quality: quality, waiting: false)
        if (filled == 5) != isSeeded { Issue.record("\(permutation): \(filled ?? -1) bytes of \(quality)") }
        if !isSeeded && bytes.contains(where: { $0 != 0 }) { Issue.record("\(permutation): \(bytes)") }
      }
      if isSeeded { seeded += 1 }
    }
    // A check that never saw one of the two outcomes would prove nothing.
    #expect(seeded > 100 && all.count - seeded > 100)
  }

  // MARK: - Standards

  @Test("what the status says of standards and hash")
  func standards() throws {
    let cases: [(Configuration, standards: [String], hash: String)] = [
      (.only(.kernel), [], "SHA-256"),
      (.only(.kernel).with { $0.wantsOversampling = true }, [], "SHA-512"),
      (.only(.kernel).with { $0.isFIPS = true }, ["SP800-90C"], "SHA-512"),
      (.only(.kernel).with { $0.ntg1 = .version2024 }, ["NTG.1 (2011 / 2024)"], "SHA-256"),
      (.only(.kernel).with { $0.ntg1 = .draft2022 }, ["NTG.1 (2011)"], "SHA-256"),
      (
        .only(.kernel).with {
          $0.isFIPS = true
          $0.ntg1 = .version2024
        }, ["SP800-90C", "NTG.1 (2011 / 2024)"], "SHA-512"
      ),
      (
        // A digest of 256 bits can't hold what an oversampled first seed takes.
        .only(.kernel).with {
          $0.isFIPS = true
          $0.hash = .sha256
        }, [], "SHA-256"
      ),
      (.only(.kernel).with { $0.hash = .sha3_256 }, [], "SHA3-256"),
      (
        .only(.kernel).with {
          $0.isFIPS = true
          $0.hash = .sha3_512
        }, ["SP800-90C"], "SHA3-512"
      ),
    ]
    for (configuration, standards, hash) in cases {
      let status = try RandomBitGenerator(configuration).status
      #expect(status.standards == standards)
      #expect(status.hash == hash)
    }
  }

  @Test("NTG.1 takes 240 or 220 bits of each of two sources, however much one of them has")
  func ntg1() throws {
    guard try isCPUAvailable() else { return }
    for (version, minimum) in [(SeedingPolicy.NTG1.version2024, UInt32(240)), (.draft2022, 220)] {
      for (rate, isSeeded) in [(minimum, true), (minimum - 1, false)] {
        let configuration = Configuration.only(.kernel, .cpu).with {
          $0.ntg1 = version
          $0.kernel.rate = 256
          $0.cpu.rate = rate
          $0.allowsForcedSeeding = false
        }
        #expect(try status(configuration).isFullySeeded == isSeeded)
      }
    }
  }
}

extension SelfTestReport {
  /// The report of a run in which one test passed.
  static var passed: SelfTestReport {
    var report = SelfTestReport()
    report.run(.chaCha20DRNG) { corrupting in !corrupting }
    return report
  }

  /// The report of a run in which one test failed.
  static func failure(of kind: SelfTestKind) -> SelfTestReport {
    var report = SelfTestReport.passed
    report.run(kind) { _ in false }
    return report
  }
}

#if DEBUG && os(Linux)
  @Suite("A generator inside a program that does not know of it")
  struct ConfinedConfigurationTests {
    @Test("it locks no memory and opens no source, and after its first bytes makes no call that a sandbox refuses")
    func calls() throws {
      var refused: [SystemCall] = []
      // Its start looks at the topology of the machine.
      var permitted: Set<SystemCall> = [
        .open, .read, .close, .mapMemory, .unmap, .advise, .futexWait, .futexWake, .poll, .getRandom, .cycleCounter,
      ]
      let mock = MockKernel { call in
        if !permitted.contains(call) { refused.append(call) }
        return nil
      }
      try mock.answering { () throws(LRNGError) in
        let generator = try RandomBitGenerator(.confined)
        _ = try generator.bytes(count: 16)
        permitted.subtract([.open, .read, .close])
        for quality in [QualityOfService.fullySeeded, .predictionResistant] {
          _ = try generator.bytes(count: 64, quality: quality)
        }
        generator.reseed()
        _ = try generator.bytes(count: 5000)
        _ = generator.status
      }
      #expect(refused.isEmpty)
    }
  }
#endif
