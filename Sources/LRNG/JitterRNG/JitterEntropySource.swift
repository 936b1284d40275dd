// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if JitterSource
  import CLinux
  import LRNGCore

  /// The processor's counter as the clock of the Jitter RNG.
  struct CycleCounter: JitterClock {
    mutating func timeStamp() -> UInt64 { lrng_cycle_counter() }
  }

  /// The entropy source "Jitter RNG" of this process.
  ///
  /// It lives in wipe-on-fork memory together with the memory that its loop walks through, guarded by a lock of its host.
  @safe struct JitterEntropySource: ~Copyable {
    /// The memory of the walk: larger than the first-level cache of most processors.
    static let memoryLengthInBytes = 1 << 18

    private var generator: JitterRNG
    private var clock = CycleCounter()
    private let memory: UnsafeMutableRawBufferPointer
    private(set) var problem: JitterError?

    /// - Parameter memory: A power of two of bytes, of the host.
    init(_ configuration: JitterConfiguration, memory: UnsafeMutableRawBufferPointer) {
      generator = JitterRNG(configuration: configuration)
      unsafe self.memory = memory
    }

    var state: JitterRNG.State { generator.state }
    var oversamplingRate: UInt32 { generator.oversamplingRate }

    /// Runs the start-up test: about 20 ms.
    mutating func startUp() throws(JitterError) {
      do throws(JitterError) {
        try withMemory { (generator, clock, memory) throws(JitterError) in
          try generator.startUp(clock: &clock, memory: &memory)
        }
        problem = nil
      } catch {
        problem = error
        throw error
      }
    }

    /// Fills the first bits of the slot, a block of 256 bits at a time.
    mutating func collect(bits: Int, into slot: inout MutableSpan<UInt8>) throws(JitterError) {
      let length = min(bits / 8, slot.count)
      var offset = 0
      while offset < length {
        let end = min(offset + JitterRNG.blockLengthInBytes, length)
        do throws(JitterError) {
          try slot.withPart(offset..<end) { (block) throws(JitterError) in try collectBlock(into: &block) }
        } catch {
          slot.wipe()
          problem = error
          throw error
        }
        offset = end
      }
    }

    private mutating func collectBlock(into block: inout MutableSpan<UInt8>) throws(JitterError) {
      try withMemory { (generator, clock, memory) throws(JitterError) in
        try generator.collectBlock(into: &block, clock: &clock, memory: &memory)
      }
    }

    /// Cures an intermittent failure, if that is what happened.
    mutating func recover() throws(JitterError) {
      do throws(JitterError) {
        try withMemory { (generator, clock, memory) throws(JitterError) in
          try generator.recover(clock: &clock, memory: &memory)
        }
        problem = nil
      } catch {
        problem = error
        throw error
      }
    }

    /// Runs the body with the memory of the walk.
    private mutating func withMemory<R>(
      _ body: (inout JitterRNG, inout CycleCounter, inout MutableSpan<UInt8>) throws(JitterError) -> R
    ) throws(JitterError) -> R {
      // The host gave this memory to nobody else.
      let bytes = unsafe memory.bindMemory(to: UInt8.self)
      var span = unsafe bytes.mutableSpan
      return try body(&generator, &clock, &span)
    }
  }
#endif
