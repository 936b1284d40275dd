// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The credit of the auxiliary pool by itself, which only a device with the ioctls of /dev/random has a use for.

internal import LRNGCore

extension RandomBitGenerator {
  /// The entropy in bits that the auxiliary pool can give to a seed (`RNDGETENTCNT`).
  package var auxiliaryEntropyInBits: UInt32 { readAuxiliary().bits }

  /// Whether the auxiliary pool could take more entropy than it has.
  package var wantsAuxiliaryEntropy: Bool { readAuxiliary().isLow }

  /// Whether output may come without asking the sources first.
  package var isOperational: Bool { engine.levels.isOperational }

  /// Counts more entropy for the data that the auxiliary pool has (`RNDADDTOENTCNT`).
  ///
  /// - Parameter bits: 0 or more; never more than a digest are counted.
  package func creditAuxiliaryPool(bits: Int32) {
    engine.onThisProcess {
      unsafe engine.state.pointee.auxiliaryLock.withLock {
        unsafe engine.state.pointee.auxiliary.adjustEntropy(byBits: max(0, bits))
      }
      engine.entropyArrived()
      engine.settleReports()
    }
  }

  /// Counts no entropy in the auxiliary pool any more; its data stay (`RNDZAPENTCNT`, `RNDCLEARPOOL`).
  package func clearAuxiliaryCredit() {
    engine.onThisProcess {
      unsafe engine.state.pointee.auxiliaryLock.withLock { unsafe engine.state.pointee.auxiliary.clearEntropy() }
    }
  }

  private func readAuxiliary() -> (bits: UInt32, isLow: Bool) {
    let oversamplingBits = engine.policy.conditioningOversamplingBits
    return unsafe engine.state.pointee.auxiliaryLock.withLock {
      let bits = unsafe engine.state.pointee.auxiliary.availableBits(oversamplingBits: oversamplingBits)
      let threshold = unsafe WriteThreshold(
        engine.state.pointee.auxiliary.algorithm, oversamplingBits: oversamplingBits)
      return (bits, threshold.asksForMore(thanAvailableBits: bits))
    }
  }
}
