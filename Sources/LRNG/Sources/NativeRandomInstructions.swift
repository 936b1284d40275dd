// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if CPUSource

  import CLinux
  import LRNGCore

  /// The instructions of this processor.
  struct NativeRandomInstructions: CPURandomInstructions {
    let hasSeed: Bool
    let hasRandom: Bool

    init() {
      let features = lrng_cpu_random_features()
      hasSeed = features & CUnsignedInt(LRNG_CPU_SEED.rawValue) != 0
      hasRandom = features & CUnsignedInt(LRNG_CPU_RANDOM.rawValue) != 0
    }

    func seedWord() -> UInt64? {
      var word: UInt64 = 0
      // Writes one word; called only where the processor has the instruction.
      return unsafe lrng_cpu_seed(&word) == 1 ? word : nil
    }

    func randomWord() -> UInt64? {
      var word: UInt64 = 0
      // As above.
      return unsafe lrng_cpu_random(&word) == 1 ? word : nil
    }

    func pause() { lrng_cpu_pause() }
  }

  extension EntropySourceUnavailability {
    init(_ failure: CPUSourceFailure) {
      self =
        switch failure {
        case .instructionMissing: .instructionMissing
        case .instructionFails: .instructionFails
        case .instructionStuck: .instructionStuck
        }
    }
  }

#endif
