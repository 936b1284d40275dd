// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Whether two strings of bytes are equal, in a time that depends on their lengths only.
///
/// The lengths count as public: strings of different length are unequal at once.
public func constantTimeEqual(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
  guard a.count == b.count else { return false }
  var difference: UInt8 = 0
  for index in a.indices {
    difference |= a[index] ^ b[index]
  }
  return difference == 0
}
