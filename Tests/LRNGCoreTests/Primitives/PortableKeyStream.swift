// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

@testable import LRNGCore

/// RFC 8439 with an all-zero nonce, from block 0.
func portableKeyStream(_ key: [UInt32], count: Int) -> [UInt8] {
  var state = InlineArray<16, UInt32>(repeating: 0)
  for word in 0..<4 { state[word] = ChaCha20.constants[word] }
  for word in 0..<8 { state[word + 4] = key[word] }
  var bytes: [UInt8] = []
  while bytes.count < count {
    var block = InlineArray<16, UInt32>(repeating: 0)
    ChaCha20.block(&state, into: &block)
    state[12] += 1
    for word in 0..<16 { for byte in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: block[word] >> (8 * byte))) } }
  }
  return Array(bytes.prefix(count))
}

func littleEndianWords(_ bytes: some Sequence<UInt8>) -> [UInt32] {
  let bytes = Array(bytes)
  return (0..<8).map { word in (0..<4).reduce(0) { $0 | UInt32(bytes[4 * word + $1]) << UInt32(8 * $1) } }
}
