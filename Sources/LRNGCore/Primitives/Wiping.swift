// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CMemory
import Synchronization

// Erasing secrets so that the optimiser can't take it back.
//
// A store into memory that nobody reads any more is a dead store, and wiping is exactly that. Every wipe of the core
// ends in `lrng_wipe`, whose empty assembly statement claims to read the memory. What ends a use of a secret wipes it
// where it stands (`finalize`, `reset`, `wipe`); the `deinit` of `Secret` is the net for values that are abandoned half
// way. Tests/Gates/wipe-check.sh runs the optimised code and scans the memory it leaves behind.

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
///
/// Two limits. A move leaves the bytes at the old place behind, so a secret is changed where it stands and never passed
/// as `consuming`. And only optimised code destroys a value where it stands; unoptimised code destroys a copy.
public struct Secret<Value: BitwiseCopyable>: ~Copyable {
  public var value: Value

  /// Ties the secret to its memory: a value with an atomic in it is never held in registers, so whoever borrows it gets
  /// its address and not a copy's.
  private let anchor = Atomic<UInt8>(0)

  public init(_ value: Value) {
    self.value = value
  }

  deinit {
    Self.wipeMemory(of: self)
  }

  /// Wipes the value where it stands. What ends a use of the secret calls this, and does not wait for the `deinit`.
  @inline(__always)
  public mutating func wipe() {
    LRNGCore.wipe(&value)
  }

  /// The memory of a value that is about to end. Not inlined, because in the body of the `deinit` the address would be
  /// that of a copy.
  @inline(never)
  private static func wipeMemory(of secret: borrowing Self) {
    unsafe withUnsafePointer(to: secret) { pointer in
      unsafe lrng_wipe(UnsafeMutableRawPointer(mutating: pointer), MemoryLayout<Self>.size)
    }
  }
}

extension Secret: Sendable where Value: Sendable {}
