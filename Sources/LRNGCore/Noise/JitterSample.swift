// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CMemory

/// One measurement as the pool takes it in, and the second half of the noise source: a hash loop over it, whose duration
/// varies with the state of the processor.
///
/// The block of 136 bytes is the rate of SHA3-256 and SHAKE256, so that each iteration and each insertion is exactly one
/// Keccak permutation: delta (8 bytes) ‖ stage (1) ‖ digest (32) ‖ zeroes. The digest is additional information
/// without entropy credit; what counts is the time it took.
struct JitterSample: ~Copyable {
  private static let stageOffset = 8
  private static let digestOffset = 9
  private static let countersOffset = digestOffset + 32
  /// Digest, counters of 4, 4, 4, 4, 8 and 2 bytes, and the iteration of 8 bytes.
  private static let hashInputRange = digestOffset..<countersOffset + 34

  private var block = Secret(InlineArray<136, UInt8>(repeating: 0))
  private var digest = Secret(InlineArray<32, UInt8>(repeating: 0))

  init() {}

  /// Forgets the last measurement.
  mutating func clear() {
    block.wipe()
    digest.wipe()
  }

  mutating func set(delta: UInt64, stage: JitterStage) {
    var bytes = block.value.mutableSpan
    bytes.storeLittleEndian(delta, at: 0)
    bytes[Self.stageOffset] = stage.rawValue
  }

  /// Hashes the digest so far and the state of the health tests into a new digest, `iterations` times.
  ///
  /// The two barriers pin the work between the time stamps around it: before the first the input is not known to the
  /// compiler, at the second the result is needed.
  @inline(never)
  mutating func runHashLoop(iterations: UInt32, counters: JitterHealthCounters) {
    makeOpaque()
    for iteration in 0..<iterations {
      var bytes = block.value.mutableSpan
      bytes.storeLittleEndian(counters.repetitionCount, at: Self.countersOffset)
      bytes.storeLittleEndian(counters.adaptiveProportionCutoff, at: Self.countersOffset + 4)
      bytes.storeLittleEndian(counters.adaptiveProportionObservations, at: Self.countersOffset + 8)
      bytes.storeLittleEndian(counters.adaptiveProportionCount, at: Self.countersOffset + 12)
      bytes.storeLittleEndian(counters.adaptiveProportionBase, at: Self.countersOffset + 16)
      bytes.storeLittleEndian(counters.repetitionCountWithMemory, at: Self.countersOffset + 24)
      bytes.storeLittleEndian(UInt64(iteration), at: Self.countersOffset + 26)

      var hash = SHA3_256()
      hash.update(block.value.span.extracting(Self.hashInputRange))
      var digestBytes = digest.value.mutableSpan
      hash.finalize(into: &digestBytes)
      bytes = block.value.mutableSpan
      bytes.copy(digestBytes.count, from: digest.value.span, at: 0, to: Self.digestOffset)
    }
    for offset in Self.countersOffset..<Self.hashInputRange.upperBound { block.value[offset] = 0 }
    makeOpaque()
  }

  /// Puts the measurement into the pool.
  func insert(into pool: inout XDRBG256) {
    pool.absorb(block.value.span)
  }

  /// From here on the compiler knows nothing about the bytes of the block, and has finished what changes them.
  @inline(__always)
  private mutating func makeOpaque() {
    var bytes = block.value.mutableSpan
    unsafe bytes.withUnsafeMutableBytes { unsafe lrng_compiler_barrier($0.baseAddress) }
  }
}
