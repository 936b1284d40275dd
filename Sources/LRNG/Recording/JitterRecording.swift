// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if JitterSource
  import LRNGCore

  /// Records deltas of the Jitter RNG in normal operation: memory walk and hash loop.
  final class JitterRecording: Recording {
    /// Between two looks at the caller's wishes. The look, some 50 ns, is part of the delta that follows.
    private static let partLength = 4096

    private var recorder: JitterRecorder
    private var clockOfProcessor = CycleCounter()
    private var memory = [UInt8](repeating: 0, count: JitterEntropySource.memoryLengthInBytes)
    private var delivered: UInt64 = 0
    private(set) var seamPositions: [UInt64] = []

    init(_ configuration: Configuration) {
      recorder = JitterRecorder(
        configuration: JitterConfiguration(
          mode: configuration.isFIPS == true ? .fips : .plain,
          oversamplingRate: configuration.jitter.oversamplingRate))
      startUp()
    }

    private func startUp() {
      var span = memory.mutableSpan
      // Without the common divisor of a start-up test the raw deltas are still worth a look.
      try? recorder.startUp(clock: &clockOfProcessor, memory: &span)
    }

    let clock: String? = "processor's counter"
    var commonDivisor: UInt64 { recorder.commonDivisor }

    var sampleDescription: String {
      "time delta in steps of the processor's counter, \(recorder.hashIterations) hash iterations, "
        + "\(memory.count >> 10) KiB of memory"
    }

    func record(
      atMost count: Int, timeoutInMilliseconds: Int, isWanted: (Int) -> Bool
    ) throws(EntropySourceUnavailability) -> [UInt64] {
      if delivered > 0 { seamPositions.append(delivered) }
      var deltas = [UInt64](repeating: 0, count: count)
      var bytes = memory.mutableSpan
      var words = deltas.mutableSpan
      var done = 0
      while done < count && (done == 0 || isWanted(done)) {
        let end = min(count, done + Self.partLength)
        words.withPart(done..<end) { part in
          recorder.record(
            .memoryAndHash, into: &part, isContinuation: done > 0, clock: &clockOfProcessor, memory: &bytes)
        }
        done = end
      }
      delivered += UInt64(done)
      return Array(deltas.prefix(done))
    }
  }
#endif
