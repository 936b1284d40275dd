// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Assessor {
  /// The restart tests of SP 800-90B, 3.1.4. Blocks until they are done.
  ///
  /// - Parameters:
  ///   - matrix: 1000 samples after each of 1000 restarts, restart after restart.
  ///   - initialEntropy: H_I in bits a symbol.
  ///   - watch: As for ``assess(_:watch:)``.
  /// - Throws: ``SampleFault`` when it is no restart matrix, and what `watch` throws.
  public func assessRestarts(
    _ matrix: SampleSet, initialEntropy: Double, track: Assessment.Track = .nonIID, seed: UInt64 = 0,
    watch: (Double) throws -> Void = { _ in }
  ) throws -> RestartAssessment {
    let size = RestartAssessment.size
    guard matrix.symbols.count == size * size else { throw SampleFault.restartMatrix(matrix.symbols.count) }
    let rows = matrix.sequence
    let columns = SymbolSequence(
      symbols: (0..<size * size).map { rows.symbols[$0 % size * size + $0 / size] }, alphabetSize: rows.alphabetSize)
    let sanityCheck = RestartAssessment.SanityCheck(
      maximumCountInRow: Self.maximumCount(rows), maximumCountInColumn: Self.maximumCount(columns),
      cutoff: RestartCutoff(initialEntropy: initialEntropy, alphabetSize: rows.alphabetSize).cutoff)
    var result = RestartAssessment(name: matrix.name, initialEntropy: initialEntropy, sanityCheck: sanityCheck)
    guard sanityCheck.passed else { return result }

    let estimates =
      track == .iid
      ? [rows, columns].map { sequence in
        var estimates = Estimates()
        estimates[.mostCommonValue] = MostCommonValueEstimate.minEntropy(sequence)
        return estimates
      }
      : try estimate([rows, columns], watch: watch)
    let bits = Double(matrix.bitsPerSymbol)
    let (hRows, hColumns) = (min(bits, estimates[0].minimum ?? bits), min(bits, estimates[1].minimum ?? bits))
    result.rows = estimates[0]
    result.columns = estimates[1]
    result.hRows = hRows
    result.hColumns = hColumns
    // 3.1.4.2: the validation.
    result.passed = min(hRows, hColumns) >= initialEntropy / 2
    if track == .iid {
      let byColumns = try SampleSet(
        name: matrix.name, symbols: (0..<size * size).map { matrix.symbols[$0 % size * size + $0 / size] },
        bitsPerSymbol: matrix.bitsPerSymbol)
      result.iidRows = try iidTests(matrix, seed: seed) { try watch($0 / 2) }
      result.iidColumns = try iidTests(byColumns, seed: seed) { try watch(0.5 + $0 / 2) }
      result.passed = result.passed && result.iidRows?.passed == true && result.iidColumns?.passed == true
    }
    if result.passed { result.minEntropy = min(hRows, hColumns, initialEntropy) }
    return result
  }

  /// How often the most frequent symbol of any row is in it.
  private static func maximumCount(_ sequence: SymbolSequence) -> Int {
    var maximum = 0
    for row in 0..<RestartAssessment.size {
      var counts = [Int](repeating: 0, count: 256)
      let start = row * RestartAssessment.size
      for symbol in sequence.symbols[start..<start + RestartAssessment.size] { counts[Int(symbol)] += 1 }
      maximum = max(maximum, counts.max() ?? 0)
    }
    return maximum
  }
}

extension RestartAssessment {
  fileprivate init(name: String, initialEntropy: Double, sanityCheck: SanityCheck) {
    self.name = name
    self.initialEntropy = initialEntropy
    self.sanityCheck = sanityCheck
    passed = false
  }
}

extension RestartAssessment.SanityCheck {
  fileprivate init(maximumCountInRow: Int, maximumCountInColumn: Int, cutoff: Int) {
    self.maximumCountInRow = maximumCountInRow
    self.maximumCountInColumn = maximumCountInColumn
    self.cutoff = cutoff
    passed = max(maximumCountInRow, maximumCountInColumn) <= cutoff
  }
}

/// The count that no symbol should exceed in a row of 1000, SP 800-90B, 3.1.4.3.
///
/// NIST's program simulates the worst source with an entropy of H_I: as many symbols as can be have the greatest probability,
/// the others share the rest. Here the distribution of the greatest count is computed. With counts that follow Poisson's law
/// it is Pr(all counts ≤ x and their sum is 1000) / Pr(the sum is 1000), which is a product of polynomials.
struct RestartCutoff {
  /// The least count x with Pr(greatest count ≤ x) ≥ 1 - α.
  let cutoff: Int

  private static let length = RestartAssessment.size
  /// 0.99 for all 2000 rows and columns together.
  private static let alpha = 1 - exp(log(0.99) / 2000)

  init(initialEntropy: Double, alphabetSize: Int) {
    let p = min(1, max(exp2(-initialEntropy), 1 / Double(alphabetSize)))
    let likely = min(alphabetSize, Int((1 / p).rounded(.down)))
    let rest = max(0, 1 - p * Double(likely))
    let unlikely = alphabetSize - likely
    let others = unlikely > 0 ? rest / Double(unlikely) : 0
    var low = Int((Double(Self.length) * p).rounded(.down)) - 1
    var high = Self.length
    while high - low > 1 {
      let middle = (low + high) / 2
      let probability = Self.probability(
        ofAtMost: middle, [(p, likely)] + (others > 0 ? [(others, unlikely)] : []))
      if probability >= 1 - Self.alpha { high = middle } else { low = middle }
    }
    cutoff = high
  }

  /// Pr(no symbol occurs more than `count` times), for so many symbols of each probability.
  private static func probability(ofAtMost count: Int, _ symbols: [(probability: Double, number: Int)]) -> Double {
    var product = [1.0]
    for (probability, number) in symbols {
      var factor = poisson(mean: Double(length) * probability, upTo: count)
      var exponent = number
      while exponent > 0 {
        if exponent & 1 == 1 { product = multiply(product, factor) }
        exponent >>= 1
        if exponent > 0 { factor = multiply(factor, factor) }
      }
    }
    guard product.count > length else { return 0 }
    return product[length] / (poisson(mean: Double(length), upTo: length).last ?? 1)
  }

  /// e^-m m^c / c! for c from 0 on.
  private static func poisson(mean: Double, upTo count: Int) -> [Double] {
    let logarithm = log(mean)
    var logOfFactorial = 0.0
    return (0...count).map { c in
      if c > 0 { logOfFactorial += log(Double(c)) }
      return exp(Double(c) * logarithm - mean - logOfFactorial)
    }
  }

  /// The product of polynomials, as far as counts can be.
  private static func multiply(_ first: [Double], _ second: [Double]) -> [Double] {
    var product = [Double](repeating: 0, count: min(first.count + second.count - 1, length + 1))
    for (i, factor) in first.enumerated() where factor > 0 {
      let end = min(second.count, product.count - i)
      if end > 0 { for j in 0..<end { product[i &+ j] += factor * second[j] } }
    }
    return product
  }
}
