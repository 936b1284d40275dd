// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux) && KernelSource

  import CTesting
  import LRNGCore
  import Testing

  @testable import LRNG

  @Suite("Secrets leave memory when they are done with", .enabled(if: lrng_is_sanitized() == 0))
  struct WipingTests {
    /// The addresses of the engine's own memory.
    private static func memory(of generator: RandomBitGenerator) -> ClosedRange<UInt> {
      let state = UInt(bitPattern: generator.engine.state)
      // The header comes first, on the same page; the generators follow, each part on cache lines of its own.
      let generators = (generator.engine.nodeCount + 1) * MemoryLayout<GuardedGenerator>.stride
      return state & ~4095...state + UInt(MemoryLayout<EngineState>.stride + generators + 128)
    }

    @Test("the search finds what is there")
    func search() async {
      await #expect(processExitsWith: .success) {
        let marker = Marker(lengthInBytes: 32)
        #expect(marker.places().isEmpty)
        marker.withBytes { bytes in
          let address = bytes.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
          #expect(marker.places() == [address])
        }
        #expect(marker.places().isEmpty)
      }
    }

    @Test("the memory of a generator is gone when nobody refers to it")
    func release() async {
      await #expect(processExitsWith: .success) {
        func address() throws -> UInt {
          let generator = try RandomBitGenerator(.only(.kernel))
          _ = try generator.bytes(count: 1)
          let address = UInt(bitPattern: generator.engine.state)
          #expect(lrng_is_mapped(UnsafeRawPointer(bitPattern: address)) == 1)
          return address
        }
        let address = try address()
        #expect(lrng_is_mapped(UnsafeRawPointer(bitPattern: address)) == 0)
      }
    }

    @Test("what was put in stands in the pool at most, and nowhere after the next output", arguments: [32, 64, 200])
    func insertion(length: Int) async {
      await #expect(processExitsWith: .success) { [length] in
        for hash in [HashAlgorithm.sha256, .sha512, .sha3_256, .sha3_512] {
          for bits in [0, 256] {
            let generator = try RandomBitGenerator(.only(.kernel).with { $0.hash = hash })
            _ = try generator.bytes(count: 1)
            let whole = Marker(lengthInBytes: length)
            let marker = whole.prefix(32)
            try whole.withBytes { try generator.insert(entropy: $0, bits: bits) }
            // A hash keeps the beginning of a block until the block is full.
            for place in marker.places() { #expect(Self.memory(of: generator).contains(place)) }
            generator.reseed()
            _ = try generator.bytes(count: 16)
            #expect(marker.places().isEmpty)
          }
        }
      }
    }

    @Test("what went out is not in the memory of the generator", arguments: [32, 64, 4096])
    func output(count: Int) async {
      await #expect(processExitsWith: .success) { [count] in
        let generator = try RandomBitGenerator(.only(.kernel))
        for quality in [QualityOfService.fullySeeded, .available, .predictionResistant] {
          var marker = Marker(complementOf: [])
          let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: count)
          try generator.fill(UnsafeMutableRawBufferPointer(buffer), quality: quality)
          marker = Marker(complementOf: Array(buffer.suffix(32)))
          var bytes = buffer.mutableSpan
          bytes.wipe()
          buffer.deallocate()
          for place in marker.places() { #expect(!Self.memory(of: generator).contains(place)) }
        }
      }
    }

    @Test("a raw seed is not in the memory of the generator that handed it out")
    func rawSeed() async {
      await #expect(processExitsWith: .success) {
        let generator = try RandomBitGenerator(.only(.kernel))
        let seed = try generator.seed()
        for source in [EntropySourceKind.kernel, .auxiliary] {
          let marker = Marker(complementOf: Array(seed.bytes[16 + 32 * source.index..<16 + 32 * (source.index + 1)]))
          for place in marker.places() { #expect(!Self.memory(of: generator).contains(place)) }
        }
      }
    }
  }

#endif
