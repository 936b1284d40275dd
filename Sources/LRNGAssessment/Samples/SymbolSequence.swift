// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// What the estimators look at: symbols of an alphabet, or a bitstring.
struct SymbolSequence: Sendable {
  /// Each below ``alphabetSize``.
  let symbols: [UInt8]
  /// At least 1.
  let alphabetSize: Int

  var isBinary: Bool { alphabetSize == 2 }
  var count: Int { symbols.count }
}

extension SampleSet {
  /// The samples as numbers of the symbols that occur.
  var sequence: SymbolSequence {
    let symbols = translated
    return SymbolSequence(symbols: symbols, alphabetSize: alphabet.count)
  }

  /// The samples bit by bit.
  var bitSequence: SymbolSequence { SymbolSequence(symbols: bitstring, alphabetSize: 2) }
}
