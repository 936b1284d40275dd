// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Samples of a noise source, in the order in which they came.
public struct SampleSet: Sendable {
  /// Where they came from, for messages and reports.
  public let name: String
  /// One sample each, in the low ``bitsPerSymbol`` bits.
  public let symbols: [UInt8]
  /// 1 to 8.
  public let bitsPerSymbol: Int
  /// How often each value from 0 to 255 occurs.
  public let histogram: [Int]

  /// - Throws: ``SampleFault`` when a sample is wider than said.
  public init(name: String, symbols: [UInt8], bitsPerSymbol: Int) throws(SampleFault) {
    guard (1...8).contains(bitsPerSymbol) else { throw .width(bitsPerSymbol) }
    var histogram = [Int](repeating: 0, count: 256)
    for symbol in symbols { histogram[Int(symbol)] += 1 }
    if let largest = histogram.lastIndex(where: { $0 > 0 }), largest >= 1 << bitsPerSymbol {
      let position = symbols.firstIndex { $0 >> bitsPerSymbol != 0 } ?? 0
      throw .symbol(Int(symbols[position]), position: position, bitsPerSymbol: bitsPerSymbol)
    }
    self.name = name
    self.symbols = symbols
    self.bitsPerSymbol = bitsPerSymbol
    self.histogram = histogram
  }

  /// The symbols that occur, in ascending order.
  public var alphabet: [UInt8] { (0...255).filter { histogram[Int($0)] > 0 } }

  /// The samples as numbers of symbols of the ``alphabet``. As NIST's program has it, they are renumbered only when the
  /// greatest of them is not the number of others.
  var translated: [UInt8] {
    let alphabet = alphabet
    guard alphabet.count < Int(alphabet.last ?? 0) + 1 else { return symbols }
    var table = [UInt8](repeating: 0, count: 256)
    for (number, symbol) in alphabet.enumerated() { table[Int(symbol)] = UInt8(number) }
    return symbols.map { table[Int($0)] }
  }

  /// The bits of all samples, each in a byte, the most significant bit of a sample first.
  var bitstring: [UInt8] {
    var bits: [UInt8] = []
    bits.reserveCapacity(symbols.count * bitsPerSymbol)
    for symbol in symbols {
      for shift in stride(from: bitsPerSymbol - 1, through: 0, by: -1) { bits.append(symbol >> shift & 1) }
    }
    return bits
  }
}

/// What is wrong with samples, and what is needed instead.
public enum SampleFault: Error, Equatable, CustomStringConvertible {
  case width(Int)
  case empty
  case tooFew(Int, needed: Int)
  case tooShort(bytes: Int, needed: Int)
  case symbol(Int, position: Int, bitsPerSymbol: Int)
  case notANumber(line: Int, text: String)
  case restartMatrix(Int)
  case notWhole(bytes: Int, bytesPerSample: Int)

  public var description: String {
    switch self {
    case .width(let bits):
      "symbols of \(bits) bits: 1 to 8 can be assessed"
    case .empty:
      "it is empty: \(Assessment.requiredSamples) samples are needed"
    case .tooFew(let count, let needed):
      "\(count) samples: at least \(needed) are needed for the estimators to work, and "
        + "\(Assessment.requiredSamples) for an assessment"
    case .tooShort(let bytes, let needed):
      "\(bytes) bytes: the shortest screen needs \(needed)"
    case .symbol(let symbol, let position, let bits):
      "sample \(position) is \(symbol), which has more than \(bits) bits: declare the width that the symbols have"
    case .notANumber(let line, let text):
      "line \(line) is '\(text)': a decimal number from 0 to 255 is needed"
    case .restartMatrix(let count):
      "\(count) samples: a restart matrix has \(RestartAssessment.size * RestartAssessment.size), "
        + "\(RestartAssessment.size) after each of \(RestartAssessment.size) restarts"
    case .notWhole(let bytes, let bytesPerSample):
      "\(bytes) bytes: samples have \(bytesPerSample) bytes each, and the last one is not whole"
    }
  }
}
