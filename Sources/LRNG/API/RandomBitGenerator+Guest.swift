// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// For the libraries of this package that are loaded into programs that do not know of it. They decide themselves when to
// wait, and must know what a call may do before they make it.

extension RandomBitGenerator {
  /// Fills the bytes from the calling thread's batch: no lock, no memory, no system call. Also in signal handlers.
  ///
  /// - Returns: Whether it did.
  @inline(__always)
  package static func fillFromBatch(_ bytes: inout MutableSpan<UInt8>) -> Bool {
    ThreadGenerator.fillFromBatch(&bytes)
  }

  /// A word of the calling thread's batch, like ``fillFromBatch(_:)``.
  @inline(__always)
  package static func wordFromBatch() -> UInt64? { ThreadGenerator.nextWord() }

  /// Fills the bytes by the calling thread's generator without the engine: no lock and no memory. Also in signal handlers.
  ///
  /// - Returns: Whether it did: it has no seed, or it is time for another one.
  package static func fillByThreadAlone(_ bytes: inout MutableSpan<UInt8>) -> Bool {
    ThreadGenerator.fillAlone(&bytes)
  }

  /// Fills the bytes by the calling thread's generator, which is seeded first if need be.
  ///
  /// - Throws: ``LRNGError/notFullySeeded`` when it would have to wait.
  package func fillByThread(_ bytes: inout MutableSpan<UInt8>, waiting: Bool = false) throws(LRNGError) {
    if Self.fillFromBatch(&bytes) || Self.fillByThreadAlone(&bytes) { return }
    try ThreadGenerator.fill(&bytes, of: self, waiting: waiting)
  }

  /// Whether a request is served without making an LRNG first, which takes milliseconds.
  package var isRunning: Bool { engine.isRunning }
}
