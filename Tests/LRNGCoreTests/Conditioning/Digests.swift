// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore

/// The digest of a message: what the tests of pools compare with.
func digest(_ algorithm: HashAlgorithm, _ message: [UInt8]) -> [UInt8] {
  var hash = ConditioningHash(algorithm)
  hash.update(message.span)
  var digest = [UInt8](repeating: 0, count: algorithm.digestLengthInBytes)
  var span = digest.mutableSpan
  hash.finalize(into: &span)
  return digest
}

/// The memory of words, in the byte order of the processor.
func bytes(of words: [UInt32]) -> [UInt8] {
  words.withUnsafeBytes { Array($0) }
}

extension Array where Element == UInt8 {
  func contains(_ part: ArraySlice<UInt8>) -> Bool {
    guard count >= part.count else { return false }
    return (0...count - part.count).contains { self[$0..<$0 + part.count].elementsEqual(part) }
  }
}
