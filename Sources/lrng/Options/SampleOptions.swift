// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import ArgumentParser

/// A number of samples, at least 1.
struct SampleCount {
  let count: UInt64

  init(parsing text: String) throws {
    guard let count = UInt64(text), count > 0 else {
      throw ValidationError("the number of samples is a whole number, such as 1000000")
    }
    self.count = count
  }
}

/// The matrix of a restart test: so many restarts, so many samples after each.
struct RestartSize {
  let rows: UInt64
  let columns: UInt64
  var samples: UInt64 { rows * columns }

  init(parsing text: String) throws {
    let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { UInt64($0) }
    guard parts.count == 2, let rows = parts[0], let columns = parts[1], (1...100_000).contains(rows),
      (1...1_000_000).contains(columns)
    else { throw ValidationError("a restart test is given as ROWSxCOLUMNS, such as 1000x1000") }
    self.rows = rows
    self.columns = columns
  }
}

/// What is kept of a sample.
enum SampleWidth: Int, CustomStringConvertible {
  case bits8 = 8
  case bits32 = 32
  case bits64 = 64

  init(parsing text: String) throws {
    guard let width = Int(text).flatMap(SampleWidth.init(rawValue:)) else {
      throw ValidationError("a sample has 8, 32 or 64 bits")
    }
    self = width
  }

  var description: String { "\(rawValue)" }

  /// - Parameter symbols: The 8 bits of each sample that its source keeps.
  func bytes(of samples: [UInt64], symbols: [UInt8]) -> [UInt8] {
    if self == .bits8 { return symbols }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(samples.count * rawValue / 8)
    for sample in samples {
      for shift in stride(from: 0, to: rawValue, by: 8) { bytes.append(UInt8(truncatingIfNeeded: sample >> shift)) }
    }
    return bytes
  }
}
