// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation
import Testing

@testable import LRNGAssessment

/// Samples in Vectors/, and what NIST's program says about them.
enum Reference {
  static func samples(_ name: String, bits: Int) throws -> SampleSet {
    try SampleFile.samples(in: Array(data("\(name).bin")), name: name, format: .raw, bitsPerSymbol: bits)
  }

  /// The numbers of the lines `NAME = NUMBER` and `NAME: NUMBER`, by name.
  static func numbers(_ file: String) throws -> [String: Double] {
    var numbers: [String: Double] = [:]
    for line in String(decoding: try data(file), as: UTF8.self).split(separator: "\n") {
      let separator = line.contains(" = ") ? " = " : ": "
      guard let range = line.range(of: separator, options: .backwards) else { continue }
      guard let number = Double(line[range.upperBound...]) else { continue }
      numbers[String(line[..<range.lowerBound])] = number
    }
    return numbers
  }

  private static func data(_ file: String) throws -> Data {
    let resources = try #require(Bundle.module.resourceURL)
    return try Data(contentsOf: resources.appendingPathComponent("Vectors/\(file)"))
  }
}

/// Sequences that anybody can make again.
enum Made {
  /// Symbols of an alphabet, each by chance the one before it again.
  static func sequence(_ count: Int, alphabet: Int, stickiness: Double = 0, seed: UInt64 = 1) -> [UInt8] {
    var generator = PermutationGenerator(seed: seed, number: 0)
    var previous: UInt8 = 0
    return (0..<count).map { _ in
      if Double.random(in: 0..<1, using: &generator) >= stickiness {
        previous = UInt8.random(in: 0...UInt8(alphabet - 1), using: &generator)
      }
      return previous
    }
  }
}
