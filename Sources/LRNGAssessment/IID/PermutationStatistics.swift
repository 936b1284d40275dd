// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The statistics of the permutation tests, SP 800-90B, 5.1.1 to 5.1.11, with the names and in the order of NIST's program.
struct PermutationStatistics {
  static let names =
    [
      "excursion", "numDirectionalRuns", "lenDirectionalRuns", "numIncreasesDecreases", "numRunsMedian",
      "lenRunsMedian", "avgCollision", "maxCollision",
    ] + lags.map { "periodicity(\($0))" } + lags.map { "covariance(\($0))" } + ["compression"]

  private static let lags = [1, 2, 8, 16, 32]

  /// The values of the symbols.
  private let alphabet: [UInt8]
  private let isBinary: Bool
  private let mean: Double
  private let median: Double

  init(_ samples: SampleSet) {
    let sequence = samples.sequence
    alphabet = samples.alphabet
    isBinary = sequence.isBinary
    let sum = samples.symbols.reduce(0) { $0 + Int($1) }
    mean = Double(sum) / Double(samples.symbols.count)
    median = isBinary ? 0.5 : Self.median(sequence)
  }

  private static func median(_ sequence: SymbolSequence) -> Double {
    let sorted = sequence.symbols.sorted()
    let half = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? Double(Int(sorted[half - 1]) + Int(sorted[half])) / 2 : Double(sorted[half])
  }

  /// Those statistics of translated symbols that are wanted, at their places; 0 for the others.
  func values(of symbols: [UInt8], wanted: [Bool]) -> [Double] {
    var values = [Double](repeating: 0, count: Self.names.count)
    let raw = symbols.map { alphabet[Int($0)] }
    // 5.1: bits are taken eight at a time, as the number of ones (conversion I) or as a byte (conversion II).
    let ones = isBinary ? Self.blocks(symbols) { $0.nonzeroBitCount } : symbols
    if wanted[0] { values[0] = excursion(raw) }
    if wanted[1...3].contains(true) {
      let runs = Runs(stride(from: 1, to: ones.count, by: 1).lazy.map { ones[$0 - 1] <= ones[$0] })
      values.replaceSubrange(1...3, with: [Double(runs.count), Double(runs.longest), Double(max(runs.yes, runs.no))])
    }
    if wanted[4...5].contains(true) {
      let runs = Runs(symbols.lazy.map { Double($0) >= median })
      values.replaceSubrange(4...5, with: [Double(runs.count), Double(runs.longest)])
    }
    if wanted[6...7].contains(true) {
      let collisions = Self.collisions(isBinary ? Self.blocks(symbols) { $0 } : symbols)
      values.replaceSubrange(6...7, with: [collisions.average, collisions.longest])
    }
    for (number, lag) in Self.lags.enumerated() {
      if wanted[8 + number] { values[8 + number] = Double(Self.periodicity(ones, lag)) }
      if wanted[13 + number] { values[13 + number] = Double(Self.covariance(isBinary ? ones : raw, lag)) }
    }
    if wanted[18] { values[18] = Double(BlockSortingCompressor.lengthInBytes(of: Self.text(raw))) }
    return values
  }

  private static func blocks(_ bits: [UInt8], _ value: (Int) -> Int) -> [UInt8] {
    stride(from: 0, to: bits.count, by: 8).map { start in
      var block = 0
      for offset in 0..<8 { block = block << 1 | (start + offset < bits.count ? Int(bits[start + offset]) : 0) }
      return UInt8(truncatingIfNeeded: value(block))
    }
  }

  // MARK: - 5.1.1 to 5.1.6

  private func excursion(_ values: [UInt8]) -> Double {
    var greatest = 0.0
    var sum = 0
    for (index, value) in values.enumerated() {
      sum &+= Int(value)
      greatest = max(greatest, abs(Double(sum) - Double(index &+ 1) * mean))
    }
    return greatest
  }

  /// Runs of equal truth.
  private struct Runs {
    private(set) var count = 0
    private(set) var longest = 0
    private(set) var yes = 0
    private(set) var no = 0

    init(_ elements: some Sequence<Bool>) {
      var previous: Bool?
      var run = 0
      for element in elements {
        if element { yes &+= 1 } else { no &+= 1 }
        if element != previous {
          count &+= 1
          run = 0
        }
        run &+= 1
        longest = max(longest, run)
        previous = element
      }
    }
  }

  // MARK: - 5.1.7 to 5.1.10

  /// How many symbols it takes until one repeats.
  private static func collisions(_ symbols: [UInt8]) -> (average: Double, longest: Double) {
    var lastSeen = [Int](repeating: -1, count: 256)
    var start = 0
    var (count, sum, longest) = (0, 0, 0)
    for index in symbols.indices {
      let symbol = Int(symbols[index])
      if lastSeen[symbol] >= start {
        // NIST's program counts the symbols before the repetition and one more.
        let length = index &- start &+ 1
        count &+= 1
        sum &+= length
        longest = max(longest, length)
        start = index &+ 1
      } else {
        lastSeen[symbol] = index
      }
    }
    return (count > 0 ? Double(sum) / Double(count) : 0, Double(longest))
  }

  private static func periodicity(_ symbols: [UInt8], _ lag: Int) -> Int {
    var count = 0
    for index in stride(from: lag, to: symbols.count, by: 1) where symbols[index] == symbols[index &- lag] {
      count &+= 1
    }
    return count
  }

  private static func covariance(_ values: [UInt8], _ lag: Int) -> Int {
    var sum = 0
    for index in stride(from: lag, to: values.count, by: 1) { sum &+= Int(values[index]) &* Int(values[index &- lag]) }
    return sum
  }

  // MARK: - 5.1.11

  /// The values as decimal numbers with blanks between.
  private static func text(_ values: [UInt8]) -> [UInt8] {
    let words = (0...255).map { Array("\($0)".utf8) }
    var text: [UInt8] = []
    text.reserveCapacity(values.count * 4)
    for value in values {
      if !text.isEmpty { text.append(UInt8(ascii: " ")) }
      text += words[Int(value)]
    }
    return text
  }
}
