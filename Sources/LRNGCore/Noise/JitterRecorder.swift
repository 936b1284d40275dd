// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Hands out raw deltas for an assessment of the noise source.
///
/// It works the same noise source as ``JitterRNG``, with all that a delta spans in operation, but it has no output: what
/// somebody has seen can't be credited, and here the types see to it.
public struct JitterRecorder: ~Copyable {
  private var collector: JitterRNG

  public init(configuration: JitterConfiguration) {
    collector = JitterRNG(configuration: configuration)
  }

  /// Runs the start-up test, so that deltas are divided by the common divisor as in operation.
  ///
  /// One can record without, and where the test fails one will want to.
  public mutating func startUp<Clock: JitterClock & ~Copyable>(
    clock: inout Clock, memory: inout MutableSpan<UInt8>
  ) throws(JitterError) {
    try collector.startUp(clock: &clock, memory: &memory)
  }

  /// What the deltas are divided by; 1 as long as no start-up test has found out.
  public var commonDivisor: UInt64 { collector.commonDivisor }

  /// How many permutations of Keccak a delta spans.
  public var hashIterations: UInt32 { collector.hashIterations }

  /// Fills `deltas` with consecutive raw deltas of one stage. Stuck ones are among them.
  ///
  /// `memory.count` must be a power of two.
  ///
  /// - Parameter isContinuation: The first delta follows the last one of the call before, and spans what the caller did in
  ///   between. Otherwise one delta is thrown away first.
  public mutating func record<Clock: JitterClock & ~Copyable>(
    _ stage: JitterStage, into deltas: inout MutableSpan<UInt64>, isContinuation: Bool = false, clock: inout Clock,
    memory: inout MutableSpan<UInt8>
  ) {
    // The first delta spans whatever the caller did before.
    if !isContinuation { _ = collector.measure(stage, clock: &clock, memory: &memory) }
    for index in deltas.indices {
      _ = collector.measure(stage, clock: &clock, memory: &memory)
      deltas[index] = collector.lastDelta
    }
  }
}
