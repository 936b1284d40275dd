// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if KernelSource

  import Testing

  @testable import LRNG

  @Suite("Entropy source: Kernel RNG")
  struct KernelEntropySourceTests {
    private func fill(_ count: Int) -> (EntropySourceUnavailability?, [UInt8]) {
      var slot = [UInt8](repeating: 0xee, count: count)
      var span = slot.mutableSpan
      let outcome = KernelEntropySource.fill(&span)
      return (outcome, slot)
    }

    @Test("fills any length", arguments: [0, 1, 32, 48, 1000])
    func lengths(count: Int) {
      let (outcome, slot) = fill(count)
      #expect(outcome == nil)
      #expect(count < 32 || slot != [UInt8](repeating: 0xee, count: count))
    }

    #if DEBUG
      @Test("a generator that is not seeded gives nothing")
      func notSeeded() {
        let mock = MockKernel { $0 == .getRandom ? .failure(.wouldBlock) : nil }
        let (outcome, slot) = mock.answering { fill(32) }
        #expect(outcome == .kernelNotSeeded)
        #expect(slot.allSatisfy { $0 == 0 })
      }

      @Test("signals don't end it, short answers neither")
      func interrupted() {
        var calls = 0
        let mock = MockKernel { call in
          guard call == .getRandom else { return nil }
          calls += 1
          return calls % 2 == 1 ? .failure(.interrupted) : .success(5)
        }
        let (outcome, _) = mock.answering { fill(32) }
        #expect(outcome == nil)
        // Seven answers of five bytes each, and as many interruptions.
        #expect(calls == 14)
      }

      @Test("a filter that forbids the call is told")
      func forbidden() {
        let mock = MockKernel { $0 == .getRandom ? .failure(.noSuchCall) : nil }
        let (outcome, _) = mock.answering { fill(32) }
        #expect(outcome == .systemError(number: Errno.noSuchCall.rawValue))
      }
    #endif
  }

#endif
