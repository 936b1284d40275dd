// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// What the charts of a report show.
struct SampleStatistics {
  static let seriesLength = 1000
  static let lags = 100

  let histogram: [Int]
  /// How often a sample differs from the one before by each value, modulo the number of symbols.
  let differences: [Int]
  /// The first samples.
  let series: [UInt8]
  /// Pearson's correlation of samples with those 1, 2 … later.
  let autocorrelation: [Double]
  let mean: Double
  let variance: Double

  init(_ samples: SampleSet) {
    let symbols = samples.symbols
    let values = 1 << samples.bitsPerSymbol
    histogram = Array(samples.histogram.prefix(values))
    var differences = [Int](repeating: 0, count: values)
    for (sample, next) in zip(symbols, symbols.dropFirst()) { differences[Int(next &- sample) & (values - 1)] += 1 }
    self.differences = differences
    series = Array(symbols.prefix(Self.seriesLength))
    let count = Double(max(1, symbols.count))
    let mean = histogram.enumerated().reduce(0.0) { $0 + Double($1.0 * $1.1) } / count
    let variance =
      histogram.enumerated().reduce(0.0) { $0 + (Double($1.0) - mean) * (Double($1.0) - mean) * Double($1.1) } / count
    self.mean = mean
    self.variance = variance
    autocorrelation = (1...Self.lags).map { lag in
      guard symbols.count > lag, variance > 0 else { return 0 }
      var sum = 0
      for index in 0..<symbols.count - lag { sum += Int(symbols[index]) * Int(symbols[index + lag]) }
      return (Double(sum) / Double(symbols.count - lag) - mean * mean) / variance
    }
  }

  /// The restart matrix in squares of 10 by 10 samples: by how many standard deviations the mean of a square is off.
  static func squares(of matrix: SampleSet, size: Int = RestartAssessment.size) -> [[Double]] {
    let statistics = SampleStatistics(matrix)
    let deviation = statistics.variance.squareRoot()
    return stride(from: 0, to: size, by: 10).map { row in
      stride(from: 0, to: size, by: 10).map { column in
        var sum = 0
        for line in row..<min(row + 10, size) {
          for index in column..<min(column + 10, size) { sum += Int(matrix.symbols[line * size + index]) }
        }
        return deviation > 0 ? (Double(sum) / 100 - statistics.mean) / (deviation / 10) : 0
      }
    }
  }
}
