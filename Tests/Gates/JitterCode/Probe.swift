// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// Compiled together with LRNGCore by jitter-code-check.sh, which reads the emitted code: the measurement of the Jitter RNG
// with a clock that is one instruction.

import ProbeStamp

struct ProbeClock: JitterClock {
  mutating func timeStamp() -> UInt64 { probe_stamp() }
}

/// Makes the compiler emit the measurement for that clock.
public func probe(_ jitter: inout JitterRNG, _ stage: UInt8, _ memory: inout MutableSpan<UInt8>) -> Bool {
  var clock = ProbeClock()
  guard let stage = JitterStage(rawValue: stage) else { return false }
  return jitter.measure(stage, clock: &clock, memory: &memory)
}
