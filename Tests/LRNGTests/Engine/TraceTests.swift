// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Testing

@testable import LRNG

@Suite("The trace of a seeding")
struct TraceTests {
  /// The wording of the reference, which scripts look for, and of what it does not have.
  nonisolated(unsafe) private static let wording: [Regex<AnyRegexOutput>] = [
    #"lrng_es_irq: \d+ interrupts used from entropy pool of CPU \d+, \d+ interrupts remain unused"#,
    #"lrng_es_sched: \d+ scheduler events used from entropy pool of CPU \d+, \d+ scheduler events remain unused"#,
    #"lrng_es_(irq|sched|aux): obtained \d+ bits by collecting \d+ bits of entropy from [a-zA-Z -]+"#,
    #"lrng_es_(jent|cpu|krng): obtained \d+ bits of entropy from [a-zA-Z -]+"#,
    #"lrng_es_cpu: pulled \d+ bits from [a-zA-Z -]+"#,
    #"lrng_es_mgr: \d+ bits of \w+ do not count: another observer of the same interrupts does"#,
    #"lrng_es_mgr: LRNG (fully|minimally) seeded with \d+ bits of entropy"#,
    #"lrng_es_mgr: LRNG initial entropy level reached with \d+ bits of entropy"#,
    #"lrng_es_mgr: LRNG fully operational"#,
    #"lrng_es_mgr: LRNG set to non-operational"#,
    #"lrng_es_mgr: reseed of DRNG of node \d+ skipped: \d+ bits available, \d+ bits required"#,
    #"lrng_drng_mgr: seeding regular DRNG with \d+ bytes \(DRNG of node \d+\)"#,
    #"lrng_drng_mgr: seeding prediction resistance DRNG with \d+ bytes"#,
    #"lrng_drng_mgr: regular DRNG fully seeded \(DRNG of node \d+, \d+ bits\)"#,
    #"lrng_drng_mgr: DRNG of node \d+ is not fully seeded any more"#,
    #"lrng_drng_mgr: Force fully seeding level for DRNG of node \d+ by repeatedly pull entropy from available entropy sources: \d+ bits so far"#,
    #"lrng_es_timer_common: Setting GCD to \d+ \(\w+\)"#,
    #"lrng_health: SP800-90B startup health tests for internal entropy source \d completed"#,
    #"lrng_health: (permanent|intermittent) SP800-90B health test failure for entropy source \d \(\w+\)"#,
    #"lrng_selftest: LRNG self-tests passed"#,
    #"lrng_selftest: LRNG self-tests failed: mask 0x[0-9a-f]+"#,
  ].compactMap { try? Regex($0) }

  private func expectWording(of lines: [String], _ location: SourceLocation = #_sourceLocation) {
    #expect(!lines.isEmpty, sourceLocation: location)
    #expect(Self.wording.count == 21, "a pattern that is none", sourceLocation: location)
    for line in lines where !Self.wording.contains(where: { line.wholeMatch(of: $0) != nil }) {
      Issue.record("nobody knows \(line)", sourceLocation: location)
    }
  }

  /// The numbers of the lines that match, in order.
  private func numbers(_ pattern: String, in lines: [String]) throws -> [[Int]] {
    let regex = try Regex(pattern)
    return lines.compactMap { line in
      line.firstMatch(of: regex).map { match in match.output.dropFirst().compactMap { $0.substring.flatMap { Int($0) } }
      }
    }
  }

  /// A generator that is seeded and reseeded, asked for a raw seed and for prediction resistance.
  private func trace(_ configuration: Configuration) throws -> [String] {
    let lines = Lines()
    let generator = RandomBitGenerator(
      try Engine(configuration, trace: { lines.append($0) }, selfTests: { .passed }))
    _ = generator.waitUntilFullySeeded(timeoutInMilliseconds: 0)
    guard generator.status.isFullySeeded else { return lines.all }
    let data = [UInt8](repeating: 1, count: 64)
    try generator.insert(entropy: data.span, bits: 512)
    generator.reseed()
    _ = try generator.bytes(count: 1)
    _ = try generator.bytes(count: 33, quality: .predictionResistant)
    _ = try generator.seed()
    return lines.all
  }

  static let configurations: [Configuration] = [
    .only([]), .only(.kernel), .only(.cpu), .only(.kernel, .cpu),
    .only(.kernel).with { $0.kernel.rate = 50 },
    .only(.kernel).with { $0.wantsOversampling = true },
    .only(.kernel, .cpu).with { $0.cpu.multiplier = 4 },
    .only(.kernel, .cpu).with {
      $0.wantsOversampling = true
      $0.cpu.multiplier = 2
    },
    .only(.kernel, .cpu).with {
      $0.isFIPS = true
      $0.kernel.rate = 256
    },
    .only(.kernel, .cpu).with {
      $0.ntg1 = .version2024
      $0.kernel.rate = 256
    },
    .only(.kernel, .scheduler, .interrupt),
    .only(.kernel, .scheduler, .interrupt).with {
      $0.wantsOversampling = true
      $0.kernel.rate = 256
    },
  ]

  @Test("every line is in the wording of the reference, and its amounts add up", arguments: configurations.indices)
  func wording(index: Int) throws {
    let configuration = Self.configurations[index]
    let lines = try trace(configuration)
    expectWording(of: lines)
    let isOversampled = configuration.isFIPS == true || configuration.wantsOversampling
    for amounts in try numbers(#"obtained (\d+) bits by collecting (\d+) bits"#, in: lines) {
      let (obtained, collected) = (amounts[0], amounts[1])
      if isOversampled {
        #expect(obtained == 0 && collected <= 64 || obtained + 64 == collected)
      } else {
        #expect(obtained == collected)
      }
    }
    for amounts in try numbers(#"with (\d+) bytes"#, in: lines) {
      #expect(amounts == [isOversampled ? 6 * 48 + 28 : 6 * 32 + 28])
    }
    if let multiplier = configuration.cpu.multiplier {
      let pulled = try numbers(#"pulled (\d+) bits"#, in: lines).map { $0[0] }
      // Whole digests, and 64 bits more for each when oversampling.
      for bits in pulled { #expect(bits % multiplier == 0 && bits >= multiplier * 256) }
    }
  }

  @Test("what a seed obtained is what the generator is said to be seeded with")
  func sums() throws {
    for configuration in Self.configurations where configuration.ntg1 == nil && !configuration.interrupt.isEnabled {
      let lines = try trace(configuration)
      guard let level = lines.firstIndex(where: { $0.contains("LRNG fully seeded with") }) else { continue }
      let first = Array(lines[...level])
      let obtained = try numbers(#"obtained (\d+) bits"#, in: first).reduce(0) { $0 + $1[0] }
      #expect(try numbers(#"LRNG fully seeded with (\d+) bits"#, in: first) == [[obtained]])
      #expect(try numbers(#"regular DRNG fully seeded \(DRNG of node 0, (\d+) bits\)"#, in: first) == [[obtained]])
    }
  }

  @Test("a first seed: the self tests, the sources in their order, the generator, the level")
  func order() throws {
    let lines = try trace(.only(.kernel))
    #expect(
      lines.prefix(7) == [
        "lrng_selftest: LRNG self-tests passed",
        "lrng_es_krng: obtained 256 bits of entropy from Kernel RNG noise source",
        "lrng_es_aux: obtained 0 bits by collecting 0 bits of entropy from auxiliary entropy pool",
        "lrng_drng_mgr: seeding regular DRNG with 220 bytes (DRNG of node 0)",
        "lrng_drng_mgr: regular DRNG fully seeded (DRNG of node 0, 256 bits)",
        "lrng_es_mgr: LRNG fully seeded with 256 bits of entropy",
        "lrng_es_mgr: LRNG fully operational",
      ])
  }

  @Test("weak sources: a line for each round, whose bits grow by what came, and the levels in their order")
  func forcedRounds() throws {
    let lines = try trace(.only(.kernel).with { $0.kernel.rate = 40 })
    let rounds = try numbers(#"Force fully seeding level .* (\d+) bits so far"#, in: lines).map { $0[0] }
    #expect(rounds == [40, 80, 120, 160, 200, 240])
    let levels = lines.compactMap { line in
      line.contains("LRNG initial entropy level")
        ? "initial" : line.contains("minimally seeded") ? "minimal" : line.contains("LRNG fully seeded") ? "full" : nil
    }
    #expect(levels == ["initial", "minimal", "full"])
    #expect(try numbers(#"LRNG fully seeded with (\d+)"#, in: lines) == [[280]])
    #expect(try numbers(#"minimally seeded with (\d+)"#, in: lines) == [[160]])
  }

  #if os(Linux) && (InterruptSource || SchedulerSource)
    @Test("events: what is used of each processor makes what was collected", .timeLimit(.minutes(1)))
    func events() throws {
      let lines = Lines()
      let generator = try RandomBitGenerator(.only(.scheduler, .interrupt), trace: { lines.append($0) })
      let available = generator.status.sources.prefix(2).contains { $0.isAvailable }
      guard available else {
        #expect(generator.status.sources[1].reason != nil, "no privilege, and a reason")
        return
      }
      _ = generator.waitUntilFullySeeded(timeoutInMilliseconds: 2000)
      expectWording(of: lines.all)
      for (name, noun) in [("lrng_es_irq", "interrupts"), ("lrng_es_sched", "scheduler events")] {
        var used = 0
        for line in lines.all where line.hasPrefix(name) {
          if let amounts = try numbers("(\\d+) \(noun) used from entropy pool of CPU \\d+, (\\d+)", in: [line]).first {
            used += amounts[0]
            #expect(amounts[0] + amounts[1] <= 1 << 20)
          } else if let amounts = try numbers(#"obtained (\d+) bits by collecting (\d+)"#, in: [line]).first {
            #expect(amounts[1] <= used, "a bit for each event at most")
            #expect(amounts[0] == amounts[1])
            used = 0
          }
        }
      }
    }
  #endif

  @Test("no line shows a byte of a secret")
  func secrecy() throws {
    let lines = Lines()
    let generator = try RandomBitGenerator(.only(.kernel), trace: { lines.append($0) })
    let output = try generator.bytes(count: 32)
    let seed = try generator.seed()
    func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
      bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
    let text = lines.all.joined().lowercased()
    for secret in [Array(output.prefix(4)), Array(seed.bytes[16 + 4 * 32..<16 + 4 * 32 + 4])] {
      #expect(!text.contains(hexadecimal(secret)))
    }
  }
}
