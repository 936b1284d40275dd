// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CMemory

// Erasing secrets so that the optimiser can't take it back.
//
// A store into memory that nobody reads any more is a dead store, and wiping is exactly that. Every wipe of the core
// ends in `lrng_wipe`, whose empty assembly statement claims to read the memory; Tests/Gates/wipe-check.sh reads the
// emitted code and fails if a wipe has gone.

/// Overwrites a plain value with zeroes where it stands, in a way the optimiser can't remove.
///
/// `Value` must be a type for which all zero bits are a valid value: integers and inline arrays of them are.
@inline(__always)
public func wipe<Value: BitwiseCopyable>(_ value: inout Value) {
  unsafe withUnsafeMutablePointer(to: &value) { pointer in
    unsafe lrng_wipe(UnsafeMutableRawPointer(pointer), MemoryLayout<Value>.size)
  }
}

extension MutableSpan where Element: BitwiseCopyable {
  /// Overwrites all elements with zero bits, in a way the optimiser can't remove.
  @inline(__always)
  public mutating func wipe() {
    unsafe withUnsafeMutableBytes { bytes in
      // An empty span may have no address.
      guard let base = bytes.baseAddress else { return }
      unsafe lrng_wipe(base, bytes.count)
    }
  }
}

/// The owner of a secret: a value that can't be copied and is wiped when its owner is done with it.
///
/// `Value` must be a type for which all zero bits are a valid value.
public struct Secret<Value: BitwiseCopyable>: ~Copyable {
  public var value: Value

  public init(_ value: Value) {
    self.value = value
  }

  /// Wipes the value where it stands. What ends a use of the secret calls this, and does not wait for the `deinit`.
  @inline(__always)
  public mutating func wipe() {
    LRNGCore.wipe(&value)
  }
}

extension Secret: Sendable where Value: Sendable {}
