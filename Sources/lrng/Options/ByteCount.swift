// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import ArgumentParser

/// A number of bytes as people write it: `4096`, `64k`, `1M`, `10GiB`. The units are powers of 1024.
struct ByteCount: Equatable {
  let bytes: UInt64

  init(parsing text: String) throws {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(digits.count)
    if text.hasPrefix("-") { throw ValidationError("a number of bytes can't be negative") }
    guard !digits.isEmpty, let factor = Self.factor(unit) else {
      throw ValidationError("a number of bytes is a whole number, with k, M, G or T for powers of 1024 if you like")
    }
    guard let number = UInt64(digits) else { throw Self.tooLarge }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
    guard !overflow else { throw Self.tooLarge }
    self.bytes = bytes
  }

  private static var tooLarge: ValidationError { ValidationError("a number of bytes must be below 2^64") }

  private static func factor(_ unit: Substring) -> UInt64? {
    switch unit {
    case "": 1
    case "k", "K", "kiB", "KiB": 1 << 10
    case "M", "MiB": 1 << 20
    case "G", "GiB": 1 << 30
    case "T", "TiB": 1 << 40
    default: nil
    }
  }
}
