// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// Sources that deliver what somebody else has conditioned: processor, kernel, hardware generator.

import LRNGCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Makes words from a source of bytes.
private func words(
  _ count: Int, from fill: (inout MutableSpan<UInt8>) -> EntropySourceUnavailability?
) throws(EntropySourceUnavailability) -> [UInt64] {
  var bytes = [UInt8](repeating: 0, count: count * 8)
  var span = bytes.mutableSpan
  if let problem = fill(&span) { throw problem }
  return littleEndianWords(bytes, count: count)
}

private func littleEndianWords(_ bytes: [UInt8], count: Int) -> [UInt64] {
  (0..<count).map { index in bytes.span.littleEndianWord(at: 8 * index, as: UInt64.self) }
}

#if CPUSource
  final class CPURecording: Recording {
    private var source = CPUEntropySource(NativeRandomInstructions())
    let sampleDescription = "64 bits of output"

    init() throws(EntropySourceUnavailability) {
      if let problem = source.unavailability { throw EntropySourceUnavailability(problem) }
    }

    func record(
      atMost count: Int, timeoutInMilliseconds: Int, isWanted: (Int) -> Bool
    ) throws(EntropySourceUnavailability) -> [UInt64] {
      var all: [UInt64] = []
      while all.count < count {
        all += try words(min(8, count - all.count)) { bytes in
          let outcome = source.fill(&bytes, requestedBits: bytes.count * 8, hash: .sha512)
          if case .unavailable(let problem) = outcome { return EntropySourceUnavailability(problem) }
          return nil
        }
      }
      return all
    }
  }
#endif

#if KernelSource
  final class KernelRecording: Recording {
    let sampleDescription = "64 bits of output"

    func record(
      atMost count: Int, timeoutInMilliseconds: Int, isWanted: (Int) -> Bool
    ) throws(EntropySourceUnavailability) -> [UInt64] {
      try words(count) { KernelEntropySource.fill(&$0) }
    }
  }
#endif

#if os(Linux)
  final class HardwareGeneratorRecording: Recording {
    private var generator = HardwareGenerator()
    let sampleDescription = "64 bits of output"

    deinit { generator.close() }

    /// The device delivers a few bytes at a time; whole words of what came within the time are samples.
    func record(
      atMost count: Int, timeoutInMilliseconds: Int, isWanted: (Int) -> Bool
    ) throws(EntropySourceUnavailability) -> [UInt64] {
      let end = System.monotonicMilliseconds &+ UInt64(timeoutInMilliseconds)
      var bytes = [UInt8](repeating: 0, count: count * 8)
      var span = bytes.mutableSpan
      var filled = 0
      while filled < span.count {
        switch span.withPart(filled..<span.count, { part in generator.read(into: &part) }) {
        case .success(let length): filled += length
        case .failure(.noData):
          guard System.monotonicMilliseconds < end else {
            return littleEndianWords(bytes, count: filled / 8)
          }
          usleep(1000)
        case .failure(let problem): throw problem
        }
      }
      return littleEndianWords(bytes, count: count)
    }
  }
#endif
