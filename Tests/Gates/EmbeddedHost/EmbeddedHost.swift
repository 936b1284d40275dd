// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CEmbeddedHost

// The generic half of the core has no object code until a host gives it types. This is the least of hosts: whatever is
// not for the core to decide is a C function that nobody defines, so that the optimiser knows nothing about it. The
// gates compile it together with the core and read the result.

/// The host's memory for an object of the core. The gates do not run, so that nobody asks whether it is initialised.
func memory<Object: ~Copyable>(
  _ kind: Int32, at index: Int = 0, of type: Object.Type = Object.self
) -> UnsafeMutablePointer<Object> {
  unsafe host_memory(kind, Int32(truncatingIfNeeded: index)).assumingMemoryBound(to: Object.self)
}

/// As many bytes as only the host knows.
func bytes(_ kind: Int32) -> UnsafeMutableBufferPointer<UInt8> {
  unsafe UnsafeMutableBufferPointer(start: memory(kind), count: Int(truncatingIfNeeded: host_number(3)))
}
