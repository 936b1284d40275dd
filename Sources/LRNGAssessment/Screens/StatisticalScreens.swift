// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Whether a stream looks broken: tests for the output of a generator, which say nothing about its entropy.
///
/// Raw noise may fail them and be a good noise source nevertheless.
public struct StatisticalScreens: Sendable, Encodable {
  public static let leastLengthInBytes = 4 + BlockStatistics.lengthInBytes

  public let name: String
  public let lengthInBytes: Int
  public let fips140: FIPS140Screen
  /// Absent where the data don't suffice.
  public let procedureA: ProcedureAScreen?
  public let inconspicuousness: InconspicuousnessScreen?

  /// - Throws: ``SampleFault/tooShort(bytes:needed:)`` for less than 2504 bytes.
  public init(
    name: String, _ bytes: [UInt8], estimate: (Estimator, [UInt8]) -> Double
  ) throws(SampleFault) {
    guard bytes.count >= Self.leastLengthInBytes else {
      throw bytes.isEmpty ? .empty : .tooShort(bytes: bytes.count, needed: Self.leastLengthInBytes)
    }
    self.name = name
    lengthInBytes = bytes.count
    fips140 = FIPS140Screen(bytes)
    procedureA = ProcedureAScreen(bytes)
    inconspicuousness = InconspicuousnessScreen(bytes, estimate: estimate)
  }

  /// The screens that say that the stream is broken. One failure of procedure A or of T_irn may be chance.
  public var failures: [String] {
    var failures: [String] = []
    if !fips140.passed { failures.append("FIPS 140-2") }
    if procedureA?.verdict == .failed { failures.append("AIS 31 procedure A") }
    if inconspicuousness?.passed == false { failures.append("AIS 20/31 T_irn") }
    return failures
  }

  /// For people, a line for each screen and each test that failed.
  public var text: String {
    var lines = [
      "\(name): \(lengthInBytes) bytes",
      line(
        "FIPS 140-2", fips140.passed ? "passed" : "FAILED",
        "\(fips140.failures) of \(fips140.blocks) blocks failed (up to \(fips140.allowedFailures) is chance): "
          + "monobit \(fips140.monobit), poker \(fips140.poker), runs \(fips140.runs), "
          + "long run \(fips140.longRun), continuous run \(fips140.continuous)"),
    ]
    if let procedureA {
      lines.append(
        line(
          "AIS 31 procedure A", procedureA.verdict == .failed ? "FAILED" : procedureA.verdict.rawValue,
          "T0, and T1 to T5 on \(procedureA.blocks) of \(ProcedureAScreen.blocks) blocks: "
            + "\(procedureA.failures.count) tests failed"
            + (procedureA.isComplete ? "" : "; incomplete, for want of data")))
      for failure in procedureA.failures.prefix(10) {
        lines.append("    \(failure.test) in block \(failure.block): \(Decimal.text(failure.value, 2))")
      }
    } else {
      lines.append(line("AIS 31 procedure A", "not run", "it needs \(ProcedureAScreen.lengthInBytes) bytes"))
    }
    if let screen = inconspicuousness {
      lines.append(
        line(
          "AIS 20/31 T_irn", screen.passed ? "passed" : "FAILED",
          "monobit \(screen.ones), poker \(Decimal.text(screen.poker, 2)), MultiMMC \(Decimal.text(screen.multiMMC, 4)), "
            + "LZ78Y \(Decimal.text(screen.lz78y, 4))"))
    } else {
      lines.append(line("AIS 20/31 T_irn", "not run", "it needs \(InconspicuousnessScreen.lengthInBytes) bytes"))
    }
    return lines.joined(separator: "\n")
  }

  private func line(_ name: String, _ verdict: String, _ details: String) -> String {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(1, width - text.count))
    }
    return padded(name, 20) + padded(verdict, 12) + details
  }
}

extension StatisticalScreens {
  /// Screens samples bit by bit, the most significant bit first. Of two million bits it takes about two seconds.
  ///
  /// - Throws: ``SampleFault/tooShort(bytes:needed:)`` for less than 20 032 bits.
  public init(_ samples: SampleSet) throws(SampleFault) {
    var bytes = samples.symbols
    if samples.bitsPerSymbol < 8 {
      let bits = samples.bitstring
      bytes = stride(from: 0, to: bits.count - bits.count % 8, by: 8).map { start in
        bits[start..<start + 8].reduce(0) { $0 << 1 | $1 }
      }
    }
    try self.init(name: samples.name, bytes) { estimator, bits in
      let sequence = SymbolSequence(symbols: bits, alphabetSize: 2)
      let estimate =
        estimator == .multiMMC ? MultiMMCEstimate.minEntropy(sequence) : LZ78YEstimate.minEntropy(sequence)
      // No estimate means that there is nothing to predict.
      return estimate ?? 0
    }
  }
}
