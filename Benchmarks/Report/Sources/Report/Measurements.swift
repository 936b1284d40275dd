// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// What is measured once a round: a generator, the bytes of a request, the threads that draw.
public struct Cell: Hashable, Sendable {
  public let name: String
  public let bytes: Int
  public let threads: Int

  public init(_ name: String, bytes: Int, threads: Int = 1) {
    self.name = name
    self.bytes = bytes
    self.threads = threads
  }
}

/// The throughput of each cell in each round, in MB/s (10^6 bytes a second, all threads together).
public struct Measurements: Sendable {
  public private(set) var cells: [Cell] = []
  private var samples: [Cell: [Double]] = [:]

  public init() {}

  public mutating func add(_ megabytesPerSecond: Double, to cell: Cell) {
    if samples[cell] == nil { cells.append(cell) }
    samples[cell, default: []].append(megabytesPerSecond)
  }

  public func samples(of cell: Cell) -> [Double] { samples[cell] ?? [] }

  public func median(of cell: Cell) -> Double? { Report.median(samples(of: cell)) }

  /// How many times as fast the first cell is as the second.
  ///
  /// The median of the ratios of the rounds, not the ratio of the medians: a slow spell of the machine hits both cells of a
  /// round.
  public func ratio(of cell: Cell, to other: Cell) -> Double? {
    Report.median(ratios(of: cell, to: other))
  }

  /// The ratio of each round.
  func ratios(of cell: Cell, to other: Cell) -> [Double] { zip(samples(of: cell), samples(of: other)).map { $0 / $1 } }

  /// The names of the cells in the order in which they came.
  public var names: [String] {
    var seen: Set<String> = []
    return cells.map(\.name).filter { seen.insert($0).inserted }
  }

  public func sizes(threads: Int) -> [Int] {
    Set(cells.filter { $0.threads == threads }.map(\.bytes)).sorted()
  }
}

/// The middle value, or the mean of the two in the middle; `nil` of nothing.
public func median(_ values: [Double]) -> Double? {
  guard !values.isEmpty else { return nil }
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// One start of the program `coldstart`, in milliseconds from just before it was started.
public struct ColdStart: Sendable {
  public let firstByte: Double
  public let fullySeeded: Double

  public init(firstByte: Double, fullySeeded: Double) {
    self.firstByte = firstByte
    self.fullySeeded = fullySeeded
  }

  /// - Parameters:
  ///   - printed: Two times of the monotonic clock in nanoseconds.
  ///   - started: The time before the start, of the same clock.
  public init?(printed: String, started: UInt64) {
    let times = printed.split(whereSeparator: \.isWhitespace).compactMap { UInt64($0) }
    guard times.count == 2, started < times[0], times[0] <= times[1] else { return nil }
    self.init(firstByte: Double(times[0] - started) / 1e6, fullySeeded: Double(times[1] - started) / 1e6)
  }
}
