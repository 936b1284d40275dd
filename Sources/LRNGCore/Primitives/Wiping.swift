// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CMemory
import Synchronization

// Erasing secrets so that the optimiser can't take it back.
//
// A store into memory that nobody reads any more is a dead store, and wiping is exactly that. Every wipe of the core
// ends in `lrng_wipe`, whose empty assembly statement claims to read the memory.
//
// Secrets stand in three places, and each has its own broom:
//
//   memory that has a name     whoever ends the use wipes it where it stands: `finalize`, `reset`, `wipe`
//   the stack of past calls    spilled registers have no name; `wipeDeadStack` overwrites them, last in an operation
//   values abandoned half way  the `deinit` of `Secret`, a net and not a promise: see there
//
// Tests/Gates/wipe-check.sh runs the optimised code, for Linux and for Embedded Swift, and scans what it leaves behind.

/// Overwrites a plain value with zeroes where it stands, in a way the optimiser can't remove.
///
/// `Value` must be a type for which all zero bits are a valid value: integers and inline arrays of them are.
@inlinable
@inline(__always)
public func wipe<Value: BitwiseCopyable>(_ value: inout Value) {
  unsafe withUnsafeMutablePointer(to: &value) { pointer in
    unsafe lrng_wipe(UnsafeMutableRawPointer(pointer), MemoryLayout<Value>.size)
  }
}

extension MutableSpan where Element: BitwiseCopyable {
  /// Overwrites all elements with zero bits, in a way the optimiser can't remove.
  @inlinable
  @inline(__always)
  public mutating func wipe() {
    unsafe withUnsafeMutableBytes { bytes in
      // An empty span may have no address.
      guard let base = bytes.baseAddress else { return }
      unsafe lrng_wipe(base, bytes.count)
    }
  }
}

/// Overwrites the 1024 bytes of stack below the caller, where the functions it has called kept what did not fit into
/// registers. Meant to come last in an operation on secrets, in a function that holds none itself.
///
/// The deepest primitive needs less than that. It takes about as long as a tenth of a SHA-256 compression.
@inline(never)
public func wipeDeadStack() {
  var area = InlineArray<128, UInt64>(repeating: 0)
  wipe(&area)
}

/// The owner of a secret: a value that can't be copied and is wiped when its owner is done with it.
///
/// `Value` must be a type for which all zero bits are a valid value.
///
/// The wipe at the end of its life is a net for values abandoned half way, and the net has holes. The compiler may hand the
/// `deinit` a copy, and wiping that is no use; without optimisation, or from another module, it always does, and whether it
/// does here depends on what else is compiled along. So what ends a use of the secret calls ``wipe()``, and nobody moves a
/// secret (`consuming`): a move leaves the bytes at the old place.
public struct Secret<Value: BitwiseCopyable>: ~Copyable {
  public var value: Value

  /// Ties the secret to its memory: a value with an atomic in it is never held in registers, so whoever borrows it gets
  /// its address and not a copy's.
  @usableFromInline
  internal let anchor = Atomic<UInt8>(0)

  @inlinable
  public init(_ value: Value) {
    self.value = value
  }

  @inlinable
  deinit {
    Self.wipeMemory(of: self)
  }

  /// Wipes the value where it stands.
  @inlinable
  @inline(__always)
  public mutating func wipe() {
    LRNGCore.wipe(&value)
  }

  /// Wipes a value that is about to end. Not inlined: in the body of the `deinit` the address would be that of a copy.
  @inlinable
  @inline(never)
  internal static func wipeMemory(of secret: borrowing Self) {
    unsafe withUnsafePointer(to: secret) { pointer in
      unsafe lrng_wipe(UnsafeMutableRawPointer(mutating: pointer), MemoryLayout<Self>.size)
    }
  }
}

extension Secret: Sendable where Value: Sendable {}
