// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// T_irn of AIS 20/31, version 3.0 (2024), paragraphs 904 to 914: monobit and poker on 20 000 bits each, then the MultiMMC
/// and LZ78Y estimates of SP 800-90B on a million bits each, at least 0.95 bits a bit.
///
/// It may be repeated once on new data.
public struct InconspicuousnessScreen: Sendable, Encodable {
  public static let estimateLengthInBits = 1_000_000
  public static let lengthInBytes = 2 * BlockStatistics.lengthInBytes + 2 * estimateLengthInBits / 8
  static let ones = 9655...10_345
  static let poker = (1.03, 57.4)
  static let leastEstimate = 0.95

  public let ones: Int
  public let poker: Double
  public let multiMMC: Double
  public let lz78y: Double
  /// The tests that failed.
  public let failures: [String]
  public var passed: Bool { failures.isEmpty }

  /// - Parameter estimate: The min-entropy of a bit that an estimator finds in a string of bits, one in a byte.
  /// - Returns: `nil` for less than 255 000 bytes.
  public init?(_ bytes: [UInt8], estimate: (Estimator, [UInt8]) -> Double) {
    guard bytes.count >= Self.lengthInBytes else { return nil }
    let block = BlockStatistics.lengthInBytes
    let million = Self.estimateLengthInBits / 8
    func bits(_ start: Int) -> [UInt8] {
      bytes[start..<start + million].flatMap { byte in (0..<8).map { byte >> UInt8(7 - $0) & 1 } }
    }
    ones = BlockStatistics(bytes[0..<block]).ones
    poker = BlockStatistics(bytes[block..<2 * block]).poker
    multiMMC = estimate(.multiMMC, bits(2 * block))
    lz78y = estimate(.lz78y, bits(2 * block + million))
    var failures: [String] = []
    if !Self.ones.contains(ones) { failures.append("monobit") }
    if !(poker > Self.poker.0 && poker < Self.poker.1) { failures.append("poker") }
    if multiMMC < Self.leastEstimate { failures.append("MultiMMC") }
    if lz78y < Self.leastEstimate { failures.append("LZ78Y") }
    self.failures = failures
  }
}
