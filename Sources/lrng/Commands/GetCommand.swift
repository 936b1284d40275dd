// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import ArgumentParser
import CMemory
import LRNG
import LRNGCore

struct GetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get",
    abstract: "Write random bytes to standard output.",
    discussion: """
      N is a number of bytes: 4096, 64k, 1M, 10GiB (powers of 1024). The bytes are raw unless --format says otherwise; \
      the text formats end with a newline.

      --seed writes seed material for another generator, as getrandom(2) with GRND_SEED of an LRNG does: its length and \
      its entropy in bits (8 bytes each), then the data of each entropy source. N is the size of the buffer and may be \
      left out; if the seed does not fit, the status is 64 and the message tells the size.

      Ctrl-C stops it cleanly. Nothing is written twice, and memory does not grow with N.

      EXAMPLES
        lrng get 32 --format hex
        lrng get 1G > noise.bin
        lrng get 64 --prediction-resistance --format base64
        lrng get 16 --nonblocking || echo "not seeded yet"
        lrng get 32 --trace --format hex        each step of seeding on standard error
      """)

  @Argument(help: ArgumentHelp("How many bytes.", valueName: "N"), transform: ByteCount.init(parsing:))
  var count: ByteCount?

  @Option(
    help: ArgumentHelp("raw, hex or base64.", valueName: "format"),
    completion: .list(Encoding.allCases.map(\.rawValue)),
    transform: Encoding.init(parsing:))
  var format: Encoding?

  /// What to wait for.
  enum Quality: String, EnumerableFlag {
    case predictionResistance, seed, insecure

    static func help(for value: Quality) -> ArgumentHelp? {
      switch value {
      case .predictionResistance: "Reseed with fresh entropy before each 32 bytes."
      case .seed: "Write seed material for another generator."
      case .insecure: "Don't wait for the seed. For what is no secret."
      }
    }
  }

  @Flag(exclusivity: .exclusive)
  var quality: Quality?

  @Flag(help: "Exit with status 75 where it would have to wait for entropy.")
  var nonblocking = false

  @Flag(help: "Show each processing step on standard error.")
  var trace = false

  @OptionGroup(title: "CONFIGURATION")
  var options: GlobalOptions

  func run() throws {
    // Not in validate(): that would hide what is wrong with the options.
    guard count != nil || quality == .seed else {
      throw Failure(.usage, "no number of bytes: give one, such as 'lrng get 32 --format hex'")
    }
    if format == nil && StandardStreams.isTerminal(1) {
      throw Failure(.usage, "random bytes would upset the terminal: add --format hex, or --format raw if you mean it")
    }
    let handler: (@Sendable (String) -> Void)? = trace ? { @Sendable line in StandardStreams.say(line) } : nil
    let generator = try options.effectiveConfiguration().generator(trace: handler)
    Interruption.observe()
    if quality == .seed {
      try writeSeed(of: generator)
    } else {
      try writeBytes(of: generator, count: count?.bytes ?? 0)
    }
  }

  // MARK: - Random bytes

  /// A multiple of 3, so that base64 has padding at the end only. With prediction resistance the bytes come slowly, and
  /// are handed on as they come.
  private var partLength: UInt64 { quality == .predictionResistance ? 96 : 96 << 10 }

  private func writeBytes(of generator: RandomBitGenerator, count: UInt64) throws {
    let encoding = format ?? .raw
    var part = [UInt8](repeating: 0, count: Int(min(count, partLength)))
    var text = [UInt8](repeating: 0, count: encoding == .raw ? 0 : encoding.length(of: part.count))
    var progress = ProgressBar(
      .bytes, total: count,
      isEnabled: count >= 1 << 20 && StandardStreams.isTerminal(2) && !StandardStreams.isTerminal(1))
    defer {
      wipe(&part)
      wipe(&text)
      progress.clear()
    }

    var written: UInt64 = 0
    while written < count {
      try Interruption.check()
      let length = Int(min(count - written, UInt64(part.count)))
      let filled = try fill(&part, length, from: generator)
      if encoding == .raw {
        try StandardOutput.write(part.span.extracting(..<filled))
      } else {
        var output = text.mutableSpan
        encoding.encode(part.span.extracting(..<filled), into: &output)
        try StandardOutput.write(text.span.extracting(..<encoding.length(of: filled)))
      }
      written += UInt64(filled)
      guard filled == length else {
        progress.clear()
        throw Failure(.notSeeded, "only \(written) of \(count) bytes: there is no fresh entropy at the moment")
      }
      progress.update(written)
    }
    if encoding != .raw { try StandardOutput.print("") }
  }

  /// Fills the first bytes of the part.
  ///
  /// - Returns: As many as asked for, fewer only where it must not wait.
  private func fill(_ part: inout [UInt8], _ length: Int, from generator: RandomBitGenerator) throws -> Int {
    let quality = serviceQuality
    var filled = 0
    while filled < length {
      do throws(LRNGError) {
        var bytes = part.mutableSpan
        let count = try bytes.withPart(filled..<length) { (rest) throws(LRNGError) in
          try generator.fill(&rest, quality: quality, waiting: false)
        }
        filled += count
        if count > 0 { continue }
      } catch {
        guard error == .notFullySeeded else { throw Failure(error) }
        if nonblocking && filled == 0 { throw Failure(error) }
      }
      if nonblocking { return filled }
      // The library could wait as well, but not for a signal.
      if try generator.waitUntilFullySeeded(milliseconds: 50) { try Interruption.sleep(milliseconds: 5) }
      try Interruption.check()
    }
    return filled
  }

  private var serviceQuality: QualityOfService {
    switch quality {
    case .predictionResistance: .predictionResistant
    case .insecure: .available
    case .seed, nil: .fullySeeded
    }
  }

  // MARK: - Seed material

  private func writeSeed(of generator: RandomBitGenerator) throws {
    var seed = try rawSeed(of: generator)
    defer { wipe(&seed) }
    if let count, count.bytes < UInt64(seed.count) {
      throw Failure(.usage, "the seed has \(seed.count) bytes, not \(count.bytes): ask for that many, or leave N out")
    }
    let encoding = format ?? .raw
    var text = [UInt8](repeating: 0, count: encoding.length(of: seed.count))
    defer { wipe(&text) }
    var output = text.mutableSpan
    encoding.encode(seed.span, into: &output)
    try StandardOutput.write(text.span)
    if encoding != .raw { try StandardOutput.print("") }
  }

  private func rawSeed(of generator: RandomBitGenerator) throws -> [UInt8] {
    while true {
      do throws(LRNGError) {
        return try generator.seed(waiting: false).bytes
      } catch {
        guard error == .notFullySeeded, !nonblocking else { throw Failure(error) }
      }
      if try generator.waitUntilFullySeeded(milliseconds: 50) { try Interruption.sleep(milliseconds: 5) }
    }
  }
}

/// Overwrites bytes that nobody needs any more.
private func wipe(_ bytes: inout [UInt8]) {
  // The array is not shared, so this is its memory and not that of a copy.
  unsafe bytes.withUnsafeMutableBytes { bytes in
    if let base = bytes.baseAddress { unsafe lrng_wipe(base, bytes.count) }
  }
}

extension Encoding {
  init(parsing text: String) throws {
    guard let encoding = Encoding(rawValue: text) else { throw ValidationError("a format is raw, hex or base64") }
    self = encoding
  }
}
