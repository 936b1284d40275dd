// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if Switching

  import Testing

  @testable import LRNGCore

  @Suite("What a switch leaves in the memory of a generator")
  struct SuccessorTests {
    private static let algorithms: [DRNGAlgorithm] = [.chaCha20, .ctrDRBG, .hashDRBG, .hmacDRBG]

    /// A generator whose memory can be looked at.
    private final class Observed {
      let instance = UnsafeMutablePointer<DRNGInstance>.allocate(capacity: 1)

      init(_ algorithm: DRNGAlgorithm) {
        // So that padding is alike in all of them.
        UnsafeMutableRawPointer(instance).initializeMemory(
          as: UInt8.self, repeating: 0, count: MemoryLayout<DRNGInstance>.size)
        instance.initialize(to: DRNGInstance(algorithm))
      }

      deinit {
        instance.deinitialize(count: 1)
        instance.deallocate()
      }

      /// The memory in pieces of 8 bytes that look like a state: at least six different bytes.
      var pieces: Set<[UInt8]> {
        let bytes = UnsafeRawBufferPointer(start: instance, count: MemoryLayout<DRNGInstance>.size)
        return Set(
          stride(from: 0, to: bytes.count - 7, by: 8).map { Array(bytes[$0..<$0 + 8]) }.filter { Set($0).count >= 6 })
      }

      func seed(_ byte: UInt8) throws {
        var buffer = SeedBuffer(for: SeedingPolicy())
        buffer.fill(.jitter) { slot in
          for index in slot.indices { slot[index] = byte &+ UInt8(truncatingIfNeeded: index) }
          return 256
        }
        _ = try instance.pointee.inject(buffer, policy: SeedingPolicy(), now: MonotonicInstant(milliseconds: 1))
      }

      func prepare(_ next: DRNGAlgorithm) throws {
        let buffer = SeedBuffer(for: SeedingPolicy())
        try instance.pointee.prepareSwitch(to: next, seed: buffer, isFilled: true, timeStamp: 9)
      }
    }

    @Test("nothing of the generator that was switched away", arguments: algorithms)
    func takenOver(from first: DRNGAlgorithm) throws {
      for next in Self.algorithms where next != first {
        let constant = Observed(first).pieces
        let observed = Observed(first)
        try observed.seed(1)
        let before = observed.pieces.subtracting(constant)
        #expect(!before.isEmpty, "a state is there to be found")
        try observed.prepare(next)
        // What the successor got was a request, so that the old state has moved on. This twin knows where.
        let twin = Observed(first)
        try twin.seed(1)
        _ = try Self.bytes(twin, count: 64, timeStamp: 9)
        let old = twin.pieces.subtracting(constant)
        #expect(!old.isEmpty && old.isSubset(of: observed.pieces))
        let isLost = observed.instance.pointee.completeSwitch(
          node: 0, isSound: true, policy: SeedingPolicy(), now: MonotonicInstant(milliseconds: 2))
        #expect(!isLost)
        #expect(observed.pieces.isDisjoint(with: before.union(old)))
        #expect(observed.instance.pointee.algorithm == next)
      }
    }

    @Test("nothing of a successor that was given up, and the old generator moves on", arguments: algorithms)
    func givenUp(from first: DRNGAlgorithm) throws {
      for next in Self.algorithms where next != first {
        let constant = Observed(first).pieces
        let observed = Observed(first)
        try observed.seed(1)
        let before = observed.pieces.subtracting(constant)
        try observed.prepare(next)
        let prepared = observed.pieces.subtracting(constant)
        #expect(prepared.count > before.count, "the successor has a state")
        observed.instance.pointee.cancelSwitch(timeStamp: 9)
        let after = observed.pieces.subtracting(constant)
        #expect(after.isDisjoint(with: prepared), "the old state has moved on, the other is gone")
        #expect(observed.instance.pointee.isFullySeeded && observed.instance.pointee.isReseedForced)
        #expect(observed.instance.pointee.algorithm == first)
        // The entropy of the seed came back.
        let other = Observed(first)
        try other.seed(1)
        #expect(try Self.bytes(other) != Self.bytes(observed))
      }
    }

    private static func bytes(_ observed: Observed, count: Int = 32, timeStamp: UInt32 = 1) throws -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: count)
      var span = bytes.mutableSpan
      try observed.instance.pointee.generate(into: &span, timeStamp: timeStamp)
      return bytes
    }
  }

#endif
