// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// How bytes look on standard output.
///
/// The text formats compute each character without a table and without a branch: what is printed is often a key, and the
/// cache should not learn it.
enum Encoding: String, CaseIterable {
  case raw, hex, base64

  /// Encodes a part. All parts but the last have a multiple of 3 bytes.
  ///
  /// - Parameter output: Room for ``length(of:)`` bytes.
  func encode(_ input: Span<UInt8>, into output: inout MutableSpan<UInt8>) {
    switch self {
    case .raw:
      for index in input.indices { output[index] = input[index] }
    case .hex:
      for index in input.indices {
        output[2 * index] = Self.hexDigit(input[index] >> 4)
        output[2 * index + 1] = Self.hexDigit(input[index] & 15)
      }
    case .base64:
      var (index, position) = (0, 0)
      while index < input.count {
        let count = min(3, input.count - index)
        let second = count > 1 ? input[index + 1] : 0
        let third = count > 2 ? input[index + 2] : 0
        output[position] = Self.base64Digit(input[index] >> 2)
        output[position + 1] = Self.base64Digit((input[index] << 4 | second >> 4) & 63)
        output[position + 2] = count > 1 ? Self.base64Digit((second << 2 | third >> 6) & 63) : UInt8(ascii: "=")
        output[position + 3] = count > 2 ? Self.base64Digit(third & 63) : UInt8(ascii: "=")
        index += 3
        position += 4
      }
    }
  }

  /// The characters that so many bytes take.
  func length(of byteCount: Int) -> Int {
    switch self {
    case .raw: byteCount
    case .hex: byteCount * 2
    case .base64: (byteCount + 2) / 3 * 4
    }
  }

  /// 0 ... 15 to a digit.
  private static func hexDigit(_ value: UInt8) -> UInt8 {
    // 39 = "a" - "0" - 10
    value &+ UInt8(ascii: "0") &+ (mask(value, isAtLeast: 10) & 39)
  }

  /// 0 ... 63 to a character of RFC 4648, table 1.
  private static func base64Digit(_ value: UInt8) -> UInt8 {
    var digit = value &+ UInt8(ascii: "A")
    // From one range to the next: "Z" to "a", "z" to "0", "9" to "+", "+" to "/".
    digit &+= mask(value, isAtLeast: 26) & 6
    digit &-= mask(value, isAtLeast: 52) & 75
    digit &-= mask(value, isAtLeast: 62) & 15
    digit &+= mask(value, isAtLeast: 63) & 3
    return digit
  }

  /// All ones if `value` (less than 128) is at least `bound`, else zero.
  private static func mask(_ value: UInt8, isAtLeast bound: UInt8) -> UInt8 {
    ((value &- bound) >> 7) &- 1
  }
}
