// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// Memory that a child of fork(2) finds zeroed.
//
// A generator whose state is duplicated by fork hands the same bytes to two processes. Counting forks (`getpid`, an
// atfork handler) misses clone(2); the kernel does not: MADV_WIPEONFORK (Linux 4.14) gives each child, however made,
// zero pages. So every stateful thing of the user-space host lives in such memory, and "all zero" means "not
// initialised".
//
// Where the kernel lacks it, a handler of pthread_atfork(3) zeroes the memory in the child. This misses children made
// by clone(2) directly; `protection` tells which of the two is at work.

import CLinux
import CMemory
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A mapping of zeroed memory for secrets: wiped in children, kept out of core dumps and swap.
///
/// The value is the mapping's address and length; dropping it does not unmap, because a host keeps its memory to the
/// end. ``release()`` does, after wiping.
@safe struct WipeOnForkMemory: ~Copyable {
  /// What guards the memory. A missing item is something for `status` to show, not an error.
  struct Protection: OptionSet, Sendable {
    let rawValue: UInt8

    /// The kernel gives children zero pages.
    static let wipedOnForkByKernel = Protection(rawValue: 1 << 0)
    /// A handler zeroes the memory in children made by `fork`.
    static let wipedOnForkByHandler = Protection(rawValue: 1 << 1)
    /// Not in core dumps.
    static let notDumped = Protection(rawValue: 1 << 2)
    /// Not in swap.
    static let locked = Protection(rawValue: 1 << 3)
  }

  let bytes: UnsafeMutableRawBufferPointer
  private(set) var protection: Protection

  /// Maps at least `lengthInBytes` of zeroed memory.
  ///
  /// Fails when there is no memory, or when nothing could be found that wipes it in children.
  ///
  /// - Parameter isLocked: Whether to keep it out of swap.
  init(lengthInBytes: Int, isLocked: Bool = true) throws(Errno) {
    let pageSizeInBytes = System.pageSizeInBytes
    guard lengthInBytes > 0, lengthInBytes <= Int.max - pageSizeInBytes else { throw .invalidArgument }
    let roundedLengthInBytes = (lengthInBytes + pageSizeInBytes - 1) / pageSizeInBytes * pageSizeInBytes

    let bytes = unsafe try System.mapMemory(lengthInBytes: roundedLengthInBytes).get()
    var protection: Protection = []

    #if os(Linux)
      // Some emulators accept any advice and act on none. So one that refuses nonsense is believed.
      let refusesNonsense = unsafe System.advise(bytes, -1).isFailure
      if refusesNonsense, unsafe !System.advise(bytes, CInt(LRNG_MADV_WIPEONFORK)).isFailure {
        protection.insert(.wipedOnForkByKernel)
      }
      if unsafe !System.advise(bytes, CInt(LRNG_MADV_DONTDUMP)).isFailure {
        protection.insert(.notDumped)
      }
    #endif
    if !protection.contains(.wipedOnForkByKernel) {
      guard unsafe ForkHandler.register(bytes) else {
        unsafe System.unmap(bytes)
        throw .noSuchCall
      }
      protection.insert(.wipedOnForkByHandler)
    }
    unsafe self.bytes = bytes
    self.protection = protection
    if isLocked { lock() }
  }

  /// Keeps the memory out of swap where the limits allow.
  ///
  /// A child does not inherit this: the host calls it again when it starts afresh there.
  mutating func lock() {
    if unsafe System.lockMemory(bytes).isFailure {
      protection.remove(.locked)
    } else {
      protection.insert(.locked)
    }
  }

  /// Wipes and unmaps the memory. No pointer into it may be used any more.
  consuming func release() {
    if let base = unsafe bytes.baseAddress {
      // The mapping is ours and writable in its whole length.
      unsafe lrng_wipe(base, bytes.count)
    }
    unsafe ForkHandler.unregister(bytes)
    unsafe System.unmap(bytes)
  }
}

extension Result {
  fileprivate var isFailure: Bool {
    if case .failure = self { true } else { false }
  }
}

/// Wipes registered memory in children made by `fork`, for kernels without `MADV_WIPEONFORK`.
private enum ForkHandler {
  /// One piece of memory. A length of zero means the slot is free or, with an address, about to be filled.
  struct Slot: ~Copyable {
    let address = Atomic<UInt>(0)
    let lengthInBytes = Atomic<Int>(0)
  }

  /// More than a host needs; a handler that may run at any moment can't wait for a lock.
  static let slots: InlineArray<16, Slot> = InlineArray { _ in Slot() }

  static let isInstalled: Bool =
    pthread_atfork(
      nil, nil,
      {
        for index in ForkHandler.slots.indices {
          let address = ForkHandler.slots[index].address.load(ordering: .acquiring)
          let lengthInBytes = ForkHandler.slots[index].lengthInBytes.load(ordering: .acquiring)
          if let memory = unsafe UnsafeMutableRawPointer(bitPattern: address), lengthInBytes > 0 {
            // A registered mapping stays until it is unregistered.
            unsafe lrng_wipe(memory, lengthInBytes)
          }
        }
      }) == 0

  static func register(_ memory: UnsafeMutableRawBufferPointer) -> Bool {
    guard isInstalled else { return false }
    let address = UInt(bitPattern: memory.baseAddress)
    for index in slots.indices
    where slots[index].address.compareExchange(expected: 0, desired: address, ordering: .acquiringAndReleasing)
      .exchanged
    {
      slots[index].lengthInBytes.store(memory.count, ordering: .releasing)
      return true
    }
    return false
  }

  static func unregister(_ memory: UnsafeMutableRawBufferPointer) {
    let address = UInt(bitPattern: memory.baseAddress)
    for index in slots.indices where slots[index].address.load(ordering: .acquiring) == address {
      slots[index].lengthInBytes.store(0, ordering: .releasing)
      slots[index].address.store(0, ordering: .releasing)
    }
  }
}
