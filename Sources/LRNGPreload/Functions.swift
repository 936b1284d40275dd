// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The functions under the names of the C library. Documentation/clients.md says in what they differ.

import CPreload
import LRNG

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// getrandom(2), with the flags of an LRNG. Any number of bytes up to 2^31 - 1 comes whole, unless prediction resistance
/// runs out of entropy.
@c(getrandom)
public func lrngGetRandom(_ buffer: UnsafeMutableRawPointer?, _ length: Int, _ flags: CUnsignedInt) -> Int {
  // The way of nearly all calls.
  if flags == 0, let buffer = unsafe buffer, length > 0 {
    var bytes = unsafe MutableSpan(_unsafeStart: buffer.assumingMemoryBound(to: UInt8.self), count: length)
    if RandomBitGenerator.fillFromBatch(&bytes) { return length }
  }
  return unsafe Preload.getRandom(buffer, length, flags)
}

/// getentropy(3): at most 256 bytes, all or nothing.
@c(getentropy)
public func lrngGetEntropy(_ buffer: UnsafeMutableRawPointer?, _ length: Int) -> CInt {
  guard (0...256).contains(length) else { return CInt(lrng_preload_fail(CInt(LRNG_PRELOAD_EIO))) }
  return unsafe fill(buffer, length) ? 0 : -1
}

/// arc4random(3).
@c(arc4random)
public func lrngArc4Random() -> UInt32 {
  UInt32(truncatingIfNeeded: word())
}

/// arc4random_buf(3).
@c(arc4random_buf)
public func lrngArc4RandomBuffer(_ buffer: UnsafeMutableRawPointer?, _ length: Int) {
  if let buffer = unsafe buffer, length > 0 {
    var bytes = unsafe MutableSpan(_unsafeStart: buffer.assumingMemoryBound(to: UInt8.self), count: length)
    if RandomBitGenerator.fillFromBatch(&bytes) { return }
  }
  // The function knows no errors, and no number is better than a bad one.
  guard unsafe fill(buffer, length) else { abort() }
}

/// arc4random_uniform(3): a number below the bound, each as likely; 0 for a bound below 2.
@c(arc4random_uniform)
public func lrngArc4RandomUniform(_ bound: UInt32) -> UInt32 {
  guard bound > 1 else { return 0 }
  // D. Lemire, "Fast Random Integer Generation in an Interval" (2019): the upper half of a product, unless its lower half is
  // among the few that would favour some numbers.
  var product = word32() &* UInt64(bound)
  if UInt32(truncatingIfNeeded: product) < bound {
    let favoured = (0 &- bound) % bound
    while UInt32(truncatingIfNeeded: product) < favoured { product = word32() &* UInt64(bound) }
  }
  return UInt32(truncatingIfNeeded: product &>> 32)
}

@inline(__always)
private func word32() -> UInt64 { UInt64(UInt32(truncatingIfNeeded: word())) }

@inline(__always)
private func word() -> UInt64 {
  if let word = RandomBitGenerator.wordFromBatch() { return word }
  var word: UInt64 = 0
  unsafe withUnsafeMutableBytes(of: &word) { bytes in
    guard unsafe fill(bytes.baseAddress, bytes.count) else { abort() }
  }
  return word
}

/// Fills the buffer, however often it takes.
private func fill(_ buffer: UnsafeMutableRawPointer?, _ length: Int) -> Bool {
  var filled = 0
  while filled < length {
    let count = unsafe lrngGetRandom(buffer.map { unsafe $0 + filled }, length - filled, 0)
    if count > 0 {
      filled += count
    } else if lrng_preload_error() != CInt(LRNG_PRELOAD_EINTR) {
      return false
    }
  }
  return true
}
