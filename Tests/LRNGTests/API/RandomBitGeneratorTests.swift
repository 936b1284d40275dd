// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Testing

@testable import LRNG

@Suite("What a program gets from a generator")
struct RandomBitGeneratorTests {
  static let requestLengths = [0, 1, 7, 31, 32, 33, 63, 64, 65, 4095, 4096, 4097, 8192, 100_000]

  /// Bytes of a good generator: each of a hundred thousand would be zero once in 256; 40 in a row once in 2^320.
  private func expectFilled(_ bytes: some Collection<UInt8>, _ location: SourceLocation = #_sourceLocation) {
    var zeroes = 0
    var longestRun = 0
    for byte in bytes {
      zeroes = byte == 0 ? zeroes + 1 : 0
      longestRun = max(longestRun, zeroes)
    }
    #expect(longestRun < min(40, max(bytes.count, 8)), "a part was not filled", sourceLocation: location)
  }

  private func generator(_ change: (inout Configuration) -> Void = { _ in }) throws -> RandomBitGenerator {
    try RandomBitGenerator(.only(.kernel, .cpu).with(change))
  }

  /// 256 bits of entropy, to put in.
  private func secret() throws -> [UInt8] { try RandomBitGenerator(.only(.kernel)).bytes(count: 32) }

  /// A request that does not wait.
  @discardableResult
  private func fillNow(
    _ bytes: inout [UInt8], from generator: RandomBitGenerator, _ quality: QualityOfService = .fullySeeded
  ) throws -> Int {
    var span = bytes.mutableSpan
    return try generator.fill(&span, quality: quality, waiting: false)
  }

  // MARK: - Bytes

  @Test("requests of any length are served in full", arguments: requestLengths)
  func lengths(count: Int) async throws {
    let generator = try generator()
    let bytes = try { try generator.bytes(count: count) }()
    #expect(bytes.count == count)
    expectFilled(bytes)

    let asynchronous = try await generator.bytes(count: count)
    #expect(asynchronous.count == count)
    expectFilled(asynchronous)

    var array = [UInt8](repeating: 0, count: count)
    #expect(try fillNow(&array, from: generator) == count)
    expectFilled(array)

    var raw = [UInt8](repeating: 0, count: count)
    try raw.withUnsafeMutableBytes { try generator.fill($0) }
    expectFilled(raw)
    if count >= 16 {
      #expect(Set([bytes, asynchronous, array, raw]).count == 4)
    }
  }

  @Test(
    "each quality of service serves any length",
    arguments: [QualityOfService.fullySeeded, .available, .predictionResistant], [0, 1, 31, 32, 33, 4097])
  func qualities(quality: QualityOfService, count: Int) async throws {
    let generator = try generator()
    let bytes = try { try generator.bytes(count: count, quality: quality) }()
    #expect(bytes.count == count)
    expectFilled(bytes)
    let asynchronous = try await generator.bytes(count: count, quality: quality)
    #expect(asynchronous.count == count)
    expectFilled(asynchronous)
  }

  @Test("bytes beside the span that is filled stay as they are")
  func borders() throws {
    let generator = try generator()
    for count in [0, 1, 31, 33, 4097] {
      for quality in [QualityOfService.fullySeeded, .available, .predictionResistant] {
        var bytes = [UInt8](repeating: 0xa5, count: count + 16)
        var span = bytes.mutableSpan
        let filled = try span.withPart(8..<8 + count) { (part) throws(LRNGError) in
          try generator.fill(&part, quality: quality)
        }
        #expect(filled == count)
        #expect(bytes.prefix(8).allSatisfy { $0 == 0xa5 })
        #expect(bytes.suffix(8).allSatisfy { $0 == 0xa5 })
      }
    }
  }

  @Test("a negative number of bytes is an error, not a trap")
  func negativeCounts() async throws {
    let generator = try generator()
    for count in [-1, Int.min] {
      #expect(throws: LRNGError.invalidArgument("a negative number of bytes")) {
        try { _ = try generator.bytes(count: count) }()
      }
      await #expect(throws: LRNGError.invalidArgument("a negative number of bytes")) {
        _ = try await generator.bytes(count: count)
      }
    }
  }

  @Test("two generators, and two requests of one, have nothing in common")
  func distinctness() throws {
    let collector = BlockCollector()
    for _ in 0..<2 {
      let generator = try generator()
      for quality in [QualityOfService.fullySeeded, .available, .predictionResistant] {
        for _ in 0..<2 { collector.add { try generator.bytes(count: 1024, quality: quality) } }
      }
    }
    collector.expectNoRepetition()
    #expect(collector.blockCount > 2 * 3 * 2 * 64)
  }

  @Test("each byte value turns up about as often as the others")
  func distribution() throws {
    let bytes = try generator().bytes(count: 1 << 16)
    var counts = [Int](repeating: 0, count: 256)
    for byte in bytes { counts[Int(byte)] += 1 }
    // Expected 256 each, standard deviation 16: seven of them are left once in 10^9 runs.
    for (value, count) in counts.enumerated() { #expect(abs(count - 256) < 112, "value \(value)") }
  }

  // MARK: - The facade

  @Test("the standard library draws numbers, shuffles and picks from it")
  func randomNumberGenerator() throws {
    var generator = LinuxRandomNumberGenerator(generator: try generator())
    var faces: Set<Int> = []
    for _ in 0..<400 {
      let face = Int.random(in: 1...6, using: &generator)
      #expect((1...6).contains(face))
      faces.insert(face)
    }
    #expect(faces.count == 6)
    let deck = Array(0..<100)
    let shuffled = deck.shuffled(using: &generator)
    #expect(shuffled.sorted() == deck)
    #expect(shuffled != deck)
    #expect((0..<1).contains(Double.random(in: 0..<1, using: &generator)))
    // A bit that were always the same would show in 64 numbers.
    var (ones, zeroes) = (UInt64(0), UInt64(0))
    for _ in 0..<64 {
      let number = generator.next()
      ones |= number
      zeroes |= ~number
    }
    #expect(ones == .max && zeroes == .max)
  }

  @Test("a copy of the facade goes on and does not start over")
  func copies() throws {
    var original = LinuxRandomNumberGenerator(generator: try generator())
    var copy = original
    #expect(Set([original.next(), copy.next(), original.next(), copy.next()]).count == 4)
  }

  @Test("the facade fills spans", arguments: [0, 1, 33, 4097])
  func facadeFills(count: Int) throws {
    for quality in [QualityOfService.fullySeeded, .available, .predictionResistant] {
      let generator = LinuxRandomNumberGenerator(quality: quality, generator: try generator())
      var bytes = [UInt8](repeating: 0, count: count)
      var span = bytes.mutableSpan
      try generator.fill(&span)
      expectFilled(bytes)
    }
  }

  @Test("the generator of the process is one, with the configuration for libraries")
  func shared() throws {
    let generator = try RandomBitGenerator.shared.get()
    #expect(try RandomBitGenerator.shared.get() === generator)
    #expect(generator.configuration.interrupt.isEnabled == false)
    #expect(generator.configuration.scheduler.isEnabled == false)
    #expect(generator.configuration.isFIPS != nil, "the machine's mode is settled when it is made")
  }

  // MARK: - Without entropy

  @Test("without any source nothing comes that asks for a seed, and nothing waits that was told not to")
  func unseeded() async throws {
    let generator = try RandomBitGenerator(.only([]))
    for quality in [QualityOfService.fullySeeded, .predictionResistant] {
      for count in [0, 1, 5000] {
        var bytes = [UInt8](repeating: 0, count: count)
        #expect(throws: LRNGError.notFullySeeded) { try fillNow(&bytes, from: generator, quality) }
        #expect(bytes.allSatisfy { $0 == 0 })
      }
    }
    #expect(throws: LRNGError.notFullySeeded) { try generator.seed(waiting: false) }
    #expect(!generator.waitUntilFullySeeded(timeoutInMilliseconds: 0))
    #expect(!generator.waitUntilFullySeeded(timeoutInMilliseconds: -1))
    let start = ContinuousClock.now
    #expect(!generator.waitUntilFullySeeded(timeoutInMilliseconds: 50))
    #expect(ContinuousClock.now - start >= .milliseconds(50))
    let status = generator.status
    #expect(!status.isFullySeeded && !status.isMinimallySeeded)
    #expect(status.entropyLevelInBits == 0)
  }

  @Test("without any source the bytes that are available differ from one generator to the next")
  func available() throws {
    let collector = BlockCollector()
    for _ in 0..<10 {
      let generator = try RandomBitGenerator(.only([]))
      collector.add { try generator.bytes(count: 64, quality: .available) }
      #expect(!generator.status.isFullySeeded)
    }
    collector.expectNoRepetition()
  }

  @Test("those who wait are served as soon as somebody puts entropy in", .timeLimit(.minutes(1)))
  func lateEntropy() async throws {
    let generator = try RandomBitGenerator(.only([]))
    let secret = try secret()
    let collector = BlockCollector()
    async let bytes = generator.bytes(count: 40)
    async let seeded: Void = generator.waitUntilFullySeeded()
    async let empty = generator.bytes(count: 0)
    let waiter = Thread {
      collector.add { try generator.bytes(count: 40) }
      #expect(generator.waitUntilFullySeeded())
    }
    try await Task.sleep(for: .milliseconds(50))
    #expect(!generator.status.isFullySeeded)
    try generator.insert(entropy: secret.span, bits: 256)
    #expect(generator.status.isFullySeeded)
    collector.add(try await bytes)
    #expect(try await empty.isEmpty)
    try await seeded
    waiter.join()
    collector.expectNoRepetition()
  }

  @Test("a task that waits for entropy can be cancelled", .timeLimit(.minutes(1)))
  func cancellation() async throws {
    let generator = try RandomBitGenerator(.only([]))
    let tasks = [
      Task { _ = try await generator.bytes(count: 1) }, Task { _ = try await generator.seed() },
      Task { try await generator.waitUntilFullySeeded() },
    ]
    try await Task.sleep(for: .milliseconds(30))
    for task in tasks { task.cancel() }
    for task in tasks { await #expect(throws: CancellationError.self) { try await task.value } }
  }

  // MARK: - Entropy from outside

  @Test("entropy put in counts as vouched for, 8 bits for each byte at most, up to a digest")
  func insertion() throws {
    for (length, bits, level) in [
      (1, 8, 8), (1, 9, 8), (0, 100, 0), (16, 100, 100), (32, 256, 256), (100, 800, 256), (32, Int.max, 256), (5, 0, 0),
    ] {
      // Not enough for any level but the last, which no source below it seeds.
      let generator = try RandomBitGenerator(.only([]).with { $0.wantsOversampling = false })
      let data = [UInt8](repeating: 0x42, count: length)
      try generator.insert(entropy: data.span, bits: bits)
      let status = generator.status
      #expect(status.isFullySeeded == (level == 256))
      #expect(status.isMinimallySeeded == (level >= 128))
      if level < 32 { #expect(status.entropyLevelInBits == level) }
    }
  }

  @Test("a negative amount of entropy is an error")
  func negativeEntropy() throws {
    let generator = try generator()
    let data: [UInt8] = [1]
    #expect(throws: LRNGError.invalidArgument("a negative number of bits")) {
      try generator.insert(entropy: data.span, bits: -1)
    }
    #expect(throws: LRNGError.invalidArgument("a negative number of bits")) {
      try generator.insert(entropy: data.span, bits: .min)
    }
  }

  @Test("data without credit reach the generator with the next output, at most once a second")
  func uncreditedData() throws {
    let generator = try generator()
    _ = try generator.bytes(count: 1)
    let before = generator.engine.seedCount
    let data: [UInt8] = [1, 2, 3]
    try generator.insert(entropy: data.span, bits: 0)
    #expect(generator.engine.seedCount == before, "the writer does not pay for it")
    _ = try generator.bytes(count: 1)
    #expect(generator.engine.seedCount == before + 1)
    let start = ContinuousClock.now
    for _ in 0..<5 {
      try generator.insert(entropy: data.span, bits: 0)
      _ = try generator.bytes(count: 1)
    }
    if ContinuousClock.now - start < .milliseconds(900) { #expect(generator.engine.seedCount == before + 1) }
  }

  @Test("a reseed that was asked for comes before the next output, once")
  func reseed() throws {
    let generator = try generator()
    _ = try generator.bytes(count: 1)
    let before = generator.engine.seedCount
    generator.reseed()
    generator.reseed()
    #expect(generator.engine.seedCount == before)
    _ = try generator.bytes(count: 1)
    _ = try generator.bytes(count: 1)
    #expect(generator.engine.seedCount == before + 1)
  }

  @Test("an interval of 0 seconds reseeds before each request, the default does not")
  func reseedInterval() throws {
    for (interval, expected) in [(UInt64(0), UInt64(10)), (600, 0)] {
      let generator = try generator { $0.reseedIntervalInSeconds = interval }
      _ = try generator.bytes(count: 1)
      let before = generator.engine.seedCount
      for _ in 0..<10 { _ = try generator.bytes(count: 1) }
      #expect(generator.engine.seedCount - before == expected)
    }
  }

  @Test("after the configured number of requests without a full seed the output stops, and comes back with entropy")
  func maximumRequests() throws {
    let generator = try RandomBitGenerator(.only([]).with { $0.maximumRequestsWithoutReseed = 8 })
    let secret = try secret()
    try generator.insert(entropy: secret.span, bits: 256)
    for _ in 0..<8 { #expect(try generator.bytes(count: 16).count == 16) }
    var bytes = [UInt8](repeating: 0, count: 16)
    #expect(throws: LRNGError.notFullySeeded) { try fillNow(&bytes, from: generator) }
    #expect(bytes.allSatisfy { $0 == 0 })
    #expect(!generator.status.isFullySeeded)
    #expect(try generator.bytes(count: 16, quality: .available).count == 16)
    try generator.insert(entropy: secret.span, bits: 256)
    #expect(generator.status.isFullySeeded)
    bytes = try generator.bytes(count: 16)
    expectFilled(bytes)
  }

  // MARK: - Raw seeds

  @Test(
    "a raw seed has length, entropy, a slot for each source, a time stamp and the credit of each",
    arguments: [false, true])
  func rawSeed(isOversampled: Bool) async throws {
    let generator = try RandomBitGenerator(
      .only(.kernel, .cpu).with {
        $0.wantsOversampling = isOversampled
        $0.kernel.rate = 200
      })
    let isCPUPresent = generator.status.sources[EntropySourceKind.cpu.index].isAvailable
    let slot = isOversampled ? 48 : 32
    for isReseed in [false, true] {
      let requested = isOversampled && !isReseed ? 384 : 256
      for seed in [try { try generator.seed(isReseed: isReseed) }(), try await generator.seed(isReseed: isReseed)] {
        #expect(seed.bytes.count == 16 + 6 * slot + 4 + 6 * 4)
        #expect(seed.bytes.span.littleEndianWord(at: 0, as: UInt64.self) == UInt64(seed.bytes.count))
        let credits = (0..<6).map {
          Int(seed.bytes.span.littleEndianWord(at: 16 + 6 * slot + 4 + 4 * $0, as: UInt32.self))
        }
        #expect(credits[EntropySourceKind.kernel.index] == requested * 200 / 256)
        #expect(credits[EntropySourceKind.cpu.index] == (isCPUPresent ? requested * 8 / 256 : 0))
        #expect(credits.prefix(3) == [0, 0, 0] && credits[5] == 0)
        #expect(seed.entropyBits == credits.reduce(0, +))
        func bytes(of source: EntropySourceKind) -> ArraySlice<UInt8> {
          seed.bytes[16 + source.index * slot..<16 + (source.index + 1) * slot]
        }
        for source in [EntropySourceKind.interrupt, .scheduler, .jitter] {
          #expect(bytes(of: source).allSatisfy { $0 == 0 }, "\(source) is switched off")
        }
        expectFilled(bytes(of: .kernel).prefix(requested / 8))
        expectFilled(bytes(of: .auxiliary).prefix(32))
        #expect(bytes(of: .kernel).dropFirst(requested / 8).allSatisfy { $0 == 0 })
      }
    }
  }

  @Test("no two raw seeds share a slot")
  func rawSeedsDiffer() throws {
    let generator = try RandomBitGenerator(.only(.kernel))
    let collector = BlockCollector()
    for _ in 0..<20 {
      collector.add { Array(try generator.seed().bytes[16 + 4 * 32..<16 + 6 * 32]) }
    }
    collector.expectNoRepetition()
    #expect(collector.blockCount > 20 * 4)
  }

  @Test("when the sources are dry there is no raw seed")
  func dryRawSeed() throws {
    let generator = try RandomBitGenerator(.only([]))
    let secret = try secret()
    try generator.insert(entropy: secret.span, bits: 256)
    #expect(generator.status.isFullySeeded)
    #expect(throws: LRNGError.notFullySeeded) { try generator.seed(waiting: false) }
    try generator.insert(entropy: secret.span, bits: 100)
    #expect(try generator.seed(waiting: false).entropyBits == 100)
    #expect(throws: LRNGError.notFullySeeded) { try generator.seed(waiting: false) }
  }

  @Test("prediction resistance gives no byte more than there is entropy for")
  func dryPredictionResistance() throws {
    let generator = try RandomBitGenerator(.only([]))
    let secret = try secret()
    try generator.insert(entropy: secret.span, bits: 256)
    func resistant(_ count: Int) throws -> Int {
      var bytes = [UInt8](repeating: 0, count: count)
      return try fillNow(&bytes, from: generator, .predictionResistant)
    }
    #expect(try resistant(32) == 0)
    try generator.insert(entropy: secret.span, bits: 100)
    #expect(try resistant(64) == 12)
    #expect(try resistant(64) == 0)
    #expect(try generator.bytes(count: 64).count == 64, "others don't mind")
  }
}

extension Engine {
  /// How often the first generator was seeded.
  var seedCount: UInt64 { withGenerator(.initial) { $0.seedCount } }
}
