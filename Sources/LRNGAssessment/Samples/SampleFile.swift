// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Samples as files have them.
public enum SampleFile {
  /// How samples are written.
  public enum Format: String, CaseIterable, Sendable {
    /// Bytes: one for each sample, as NIST's program has them, or several, the lowest first.
    case raw
    /// Decimal numbers, one a line.
    case decimal
  }

  /// Reads samples.
  ///
  /// - Parameters:
  ///   - name: What messages call the file.
  ///   - format: `nil` to find out: a text of nothing but numbers and line ends is decimal.
  ///   - bitsPerSymbol: 1 to 8; `nil` for as many as the greatest sample has.
  ///   - bytesPerSample: For raw samples. Of several bytes the low `bitsPerSymbol` bits are assessed.
  /// - Throws: ``SampleFault`` with what is wrong.
  public static func samples(
    in content: [UInt8], name: String, format: Format? = nil, bitsPerSymbol: Int? = nil, bytesPerSample: Int = 1
  ) throws(SampleFault) -> SampleSet {
    guard !content.isEmpty else { throw .empty }
    if let bitsPerSymbol, !(1...8).contains(bitsPerSymbol) { throw .width(bitsPerSymbol) }
    let symbols: [UInt8]
    if format ?? (bytesPerSample == 1 && isDecimal(content) ? .decimal : .raw) == .decimal {
      symbols = try numbers(content)
    } else if bytesPerSample > 1 {
      symbols = try lowBits(content, bitsPerSymbol: bitsPerSymbol ?? 8, bytesPerSample: bytesPerSample)
    } else {
      symbols = content
    }
    let width = bitsPerSymbol ?? max(1, 8 - (symbols.reduce(0) { $0 | $1 }).leadingZeroBitCount)
    return try SampleSet(name: name, symbols: symbols, bitsPerSymbol: width)
  }

  private static func lowBits(_ content: [UInt8], bitsPerSymbol: Int, bytesPerSample: Int) throws(SampleFault)
    -> [UInt8]
  {
    guard content.count.isMultiple(of: bytesPerSample) else {
      throw .notWhole(bytes: content.count, bytesPerSample: bytesPerSample)
    }
    let mask = UInt8(truncatingIfNeeded: 1 << bitsPerSymbol - 1)
    return stride(from: 0, to: content.count, by: bytesPerSample).map { content[$0] & mask }
  }

  // MARK: - Decimal numbers

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == 9 || byte == 13 }

  /// Samples of few bits could be line ends and blanks, but hardly digits and line ends in turn.
  private static func isDecimal(_ content: [UInt8]) -> Bool {
    var digits = 0
    var numbers = 0
    for byte in content {
      if isDigit(byte) {
        digits += 1
        guard digits <= 20 else { return false }
      } else if byte == UInt8(ascii: "\n") {
        guard digits > 0 else { return false }
        numbers += 1
        digits = 0
      } else if !isBlank(byte) {
        return false
      }
    }
    return numbers > 0
  }

  private static func numbers(_ content: [UInt8]) throws(SampleFault) -> [UInt8] {
    var symbols: [UInt8] = []
    var line = 0
    for text in content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      line += 1
      var text = text
      while let first = text.first, isBlank(first) { text.removeFirst() }
      while let last = text.last, isBlank(last) { text.removeLast() }
      guard !text.isEmpty else { continue }
      var number = 0
      for byte in text {
        guard isDigit(byte), number <= 255 else { throw .notANumber(line: line, text: excerpt(text)) }
        number = number * 10 + Int(byte - UInt8(ascii: "0"))
      }
      guard number <= 255 else { throw .notANumber(line: line, text: excerpt(text)) }
      symbols.append(UInt8(number))
    }
    guard !symbols.isEmpty else { throw .empty }
    return symbols
  }

  /// The start of a line, fit for a message.
  private static func excerpt(_ text: ArraySlice<UInt8>) -> String {
    let start = text.prefix(24).map { (32..<127).contains($0) ? $0 : UInt8(ascii: "?") }
    return String(decoding: start, as: UTF8.self) + (text.count > 24 ? "…" : "")
  }
}
