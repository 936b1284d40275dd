// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CEmbeddedHost

private struct Counter: JitterClock, ~Copyable {
  mutating func timeStamp() -> UInt64 { host_time(20) }
}

@c func host_jitter_collect() -> Bool {
  let source: UnsafeMutablePointer<JitterRNG> = unsafe memory(20)
  var clock = Counter()
  var output = unsafe bytes(21).mutableSpan
  var walked = unsafe bytes(22).mutableSpan
  return (try? unsafe source.pointee.collectBlock(into: &output, clock: &clock, memory: &walked)) != nil
}

@c func host_jitter_start() -> Bool {
  let source: UnsafeMutablePointer<JitterRNG> = unsafe memory(20)
  var clock = Counter()
  var walked = unsafe bytes(22).mutableSpan
  return (try? unsafe source.pointee.startUp(clock: &clock, memory: &walked)) != nil
}

@c func host_jitter_recover() -> Bool {
  let source: UnsafeMutablePointer<JitterRNG> = unsafe memory(20)
  var clock = Counter()
  var walked = unsafe bytes(22).mutableSpan
  return (try? unsafe source.pointee.recover(clock: &clock, memory: &walked)) != nil
}

@c func host_jitter_record() {
  let recorder: UnsafeMutablePointer<JitterRecorder> = unsafe memory(23)
  var clock = Counter()
  var walked = unsafe bytes(22).mutableSpan
  let deltas: UnsafeMutablePointer<UInt64> = unsafe memory(24)
  let count = Int(truncatingIfNeeded: host_number(20))
  var output = unsafe UnsafeMutableBufferPointer(start: deltas, count: count).mutableSpan
  unsafe recorder.pointee.record(.memoryAndHash, into: &output, clock: &clock, memory: &walked)
}
