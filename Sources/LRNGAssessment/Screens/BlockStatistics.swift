// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// What FIPS 140-2 and AIS 31 look at in a block of 20 000 bits, the most significant bit of a byte first.
struct BlockStatistics: Equatable {
  static let lengthInBits = 20_000
  static let lengthInBytes = lengthInBits / 8

  private(set) var ones = 0
  /// How often each value of 4 bits occurs.
  private(set) var nibbles = [Int](repeating: 0, count: 16)
  /// Runs of zeroes and of ones, by length: 1, 2, 3, 4, 5, and 6 or more.
  private(set) var runs = [[Int]](repeating: [Int](repeating: 0, count: 6), count: 2)
  private(set) var longestRun = 0

  init(_ block: ArraySlice<UInt8>) {
    var last: UInt8?
    var length = 0
    for byte in block {
      ones += byte.nonzeroBitCount
      nibbles[Int(byte >> 4)] += 1
      nibbles[Int(byte & 15)] += 1
      for shift in stride(from: 7, through: 0, by: -1) {
        let bit = byte >> UInt8(shift) & 1
        if bit == last {
          length += 1
        } else {
          if let last { count(run: length, of: last) }
          (last, length) = (bit, 1)
        }
      }
    }
    if let last { count(run: length, of: last) }
  }

  private mutating func count(run length: Int, of bit: UInt8) {
    runs[Int(bit)][min(length, 6) - 1] += 1
    longestRun = max(longestRun, length)
  }

  /// 16/5000 Σ f² - 5000: chi-square with 15 degrees of freedom.
  var poker: Double { 16 / 5000 * Double(nibbles.reduce(0) { $0 + $1 * $1 }) - 5000 }

  /// Whether the runs of each length are in their interval, both those of zeroes and those of ones.
  func runsPass(_ intervals: [ClosedRange<Int>]) -> Bool {
    runs.allSatisfy { counts in zip(counts, intervals).allSatisfy { $1.contains($0) } }
  }
}
