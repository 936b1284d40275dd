// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// Work of the kind that the Jitter RNG measures, on memory that nobody looks at afterwards. jitter-code-check.sh compiles
// it twice: with the accesses of CMemory, which keep it alive, and with plain ones, which let it go. So the script sees
// that its checks can fail.

import CMemory
import ProbeStamp

/// 128 accesses to one place.
@inline(never)
public func twinWalk() -> UInt64 {
  var cell: UInt8 = 0
  let start = probe_stamp()
  unsafe withUnsafeMutablePointer(to: &cell) { cell in
    for _ in 0..<128 { unsafe lrng_volatile_store8(cell, lrng_volatile_load8(cell) &+ 1) }
  }
  return probe_stamp() &- start
}

@inline(never)
public func twinHash(_ word: UInt64) -> UInt64 {
  var state = word
  let start = probe_stamp()
  for round: UInt64 in 0..<24 {
    state = (state ^ round) &* 0x9e37_79b9_7f4a_7c15
    state ^= state &>> 29
  }
  unsafe withUnsafeMutableBytes(of: &state) { unsafe lrng_compiler_barrier($0.baseAddress) }
  return probe_stamp() &- start
}
