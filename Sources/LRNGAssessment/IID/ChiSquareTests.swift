// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The chi-square tests of SP 800-90B, 5.2.1 to 5.2.4.
enum ChiSquareTests {
  /// A probability below it rejects the hypothesis.
  static let significance = 0.001
  /// As many occurrences a bin has to expect.
  private static let leastExpectation = 5.0

  // MARK: - Independence

  /// 5.2.1, and 5.2.3 for two symbols: whether neighbours are as frequent as their symbols tell.
  static func independence(_ sequence: SymbolSequence) -> IIDTests.ChiSquare {
    sequence.isBinary ? independenceOfBits(sequence.symbols) : independenceOfPairs(sequence)
  }

  private static func independenceOfPairs(_ sequence: SymbolSequence) -> IIDTests.ChiSquare {
    let size = sequence.alphabetSize
    let proportions = proportions(sequence)
    let pairs = Double(sequence.count / 2)
    let bins = Bins((0..<size * size).map { proportions[$0 / size] * proportions[$0 % size] * pairs })
    var observed = [Int](repeating: 0, count: bins.expectations.count)
    for index in stride(from: 0, to: sequence.count - 1, by: 2) {
      observed[bins.bin[Int(sequence.symbols[index]) * size + Int(sequence.symbols[index + 1])]] += 1
    }
    return result(score: bins.score(observed), degreesOfFreedom: bins.expectations.count - size)
  }

  private static func independenceOfBits(_ bits: [UInt8]) -> IIDTests.ChiSquare {
    let one = Double(bits.reduce(0) { $0 + Int($1) }) / Double(bits.count)
    let zero = 1 - one
    // Tuples as long as can be, so that each is expected 5 times.
    let tuple = (2...11).last { pow(min(zero, one), Double($0)) * Double(bits.count / $0) >= leastExpectation }
    guard let tuple else { return result(score: 0, degreesOfFreedom: 0) }
    let blocks = bits.count / tuple
    var observed = [Int](repeating: 0, count: 1 << tuple)
    for block in 0..<blocks {
      var value = 0
      for bit in bits[block * tuple..<(block + 1) * tuple] { value = value << 1 | Int(bit) }
      observed[value] += 1
    }
    var score = 0.0
    for (value, count) in observed.enumerated() {
      let ones = value.nonzeroBitCount
      let expected = pow(one, Double(ones)) * pow(zero, Double(tuple - ones)) * Double(blocks)
      score += (Double(count) - expected) * (Double(count) - expected) / expected
    }
    return result(score: score, degreesOfFreedom: 1 << tuple - 2)
  }

  // MARK: - Goodness of fit

  /// 5.2.2, and 5.2.4 for two symbols: whether ten parts of the samples have the same distribution.
  static func goodnessOfFit(_ sequence: SymbolSequence) -> IIDTests.ChiSquare {
    let part = sequence.count / 10
    let proportions = proportions(sequence)
    var score = 0.0
    let degreesOfFreedom: Int
    if sequence.isBinary {
      let ones = Double(sequence.symbols.reduce(0) { $0 + Int($1) }) / Double(sequence.count)
      let expected = [(1 - ones) * Double(part), ones * Double(part)]
      for number in 0..<10 {
        let count = sequence.symbols[number * part..<(number + 1) * part].reduce(0) { $0 + Int($1) }
        for (observed, expected) in zip([part - count, count], expected) {
          score += (Double(observed) - expected) * (Double(observed) - expected) / expected
        }
      }
      degreesOfFreedom = 9
    } else {
      let bins = Bins(proportions.map { $0 * Double(part) })
      for number in 0..<10 {
        var observed = [Int](repeating: 0, count: bins.expectations.count)
        for symbol in sequence.symbols[number * part..<(number + 1) * part] { observed[bins.bin[Int(symbol)]] += 1 }
        score += bins.score(observed)
      }
      degreesOfFreedom = 9 * (bins.expectations.count - 1)
    }
    return result(score: score, degreesOfFreedom: degreesOfFreedom)
  }

  // MARK: - Bins

  /// What is expected too seldom to be tested by itself, put together, the least expected first.
  private struct Bins {
    private(set) var bin: [Int]
    private(set) var expectations: [Double] = []

    init(_ expected: [Double]) {
      bin = [Int](repeating: 0, count: expected.count)
      let order = expected.indices.sorted { (expected[$0], $0) < (expected[$1], $1) }
      var current = 0.0
      for value in order {
        if current >= leastExpectation {
          expectations.append(current)
          current = 0
        }
        bin[value] = expectations.count
        current += expected[value]
      }
      // The last one may be too small, and joins the one before it.
      guard current < leastExpectation, let last = expectations.indices.last else {
        expectations.append(current)
        return
      }
      expectations[last] += current
      for value in bin.indices where bin[value] > last { bin[value] = last }
    }

    func score(_ observed: [Int]) -> Double {
      zip(observed, expectations).reduce(0) { sum, pair in
        let difference = Double(pair.0) - pair.1
        return sum + difference * difference / pair.1
      }
    }
  }

  /// Summed up as NIST's program does it: which expectation is the less may hang on the last digit.
  static func proportions(_ sequence: SymbolSequence) -> [Double] {
    var proportions = [Double](repeating: 0, count: sequence.alphabetSize)
    let share = 1 / Double(sequence.count)
    for symbol in sequence.symbols { proportions[Int(symbol)] += share }
    return proportions
  }

  private static func result(score: Double, degreesOfFreedom: Int) -> IIDTests.ChiSquare {
    let pValue = IncompleteGamma.upper(Double(degreesOfFreedom) / 2, score / 2)
    return IIDTests.ChiSquare(
      score: score, degreesOfFreedom: degreesOfFreedom, pValue: pValue, passed: pValue >= significance)
  }
}

/// The regularised incomplete gamma function.
enum IncompleteGamma {
  /// Q(a, x) = Γ(a, x) / Γ(a): the probability of a chi-square score of 2 x or more with 2 a degrees of freedom.
  static func upper(_ a: Double, _ x: Double) -> Double {
    guard a > 0, x > 0 else { return 1 }
    let factor = exp(a * log(x) - x - logGamma(a))
    return x < a + 1 ? 1 - factor * series(a, x) : factor * continuedFraction(a, x)
  }

  /// Σ x^n / (a (a+1) … (a+n)).
  private static func series(_ a: Double, _ x: Double) -> Double {
    var term = 1 / a
    var sum = term
    var n = a
    while term > sum * 1e-17 {
      n += 1
      term *= x / n
      sum += term
    }
    return sum
  }

  /// 1/(x+1-a- 1(1-a)/(x+3-a- 2(2-a)/(x+5-a- …))), by Lentz's method.
  private static func continuedFraction(_ a: Double, _ x: Double) -> Double {
    let tiny = 1e-300
    var b = x + 1 - a
    var c = 1 / tiny
    var d = 1 / (b == 0 ? tiny : b)
    var result = d
    for step in 1...1_000_000 {
      let numerator = -Double(step) * (Double(step) - a)
      b += 2
      d = numerator * d + b
      c = b + numerator / c
      d = 1 / (d == 0 ? tiny : d)
      if c == 0 { c = tiny }
      let change = c * d
      result *= change
      if abs(change - 1) < 1e-16 { break }
    }
    return result
  }

  /// Stirling's series, past 16 exact to the last digit.
  private static func logGamma(_ a: Double) -> Double {
    var x = a
    var product = 1.0
    while x < 16 {
      product *= x
      x += 1
    }
    let square = 1 / (x * x)
    let series = (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square * (1.0 / 1680 - square / 1188)))) / x
    return (x - 0.5) * log(x) - x + 0.918938533204672742 + series - log(product)
  }
}
