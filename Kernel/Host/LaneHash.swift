// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Glue

/// What hashes full arrays of noise in interrupts, where the processor has vectors: eight SHA-256 side by side.
///
/// A row of an array is eight words, one for each lane, so that an array of 1024 bytes is two blocks for each lane. Before
/// something is taken out of the pool, the digests of the lanes go into it:
///
///     array ──► lanes, SHA-256 each ──(digests)──► pool, SHA-256 ──► seed
///
/// A lane gets an eighth of the events, and its digest holds as much entropy as a pool is ever credited with. So nothing that
/// counts is lost, and an event pays for a sixth of what one SHA-256 would take.
struct LaneHash: ~Copyable {
  private var state = Secret(InlineArray<64, UInt32>(repeating: 0))
  /// Blocks of each lane, 0: the lanes have not begun.
  private var blocks: UInt32 = 0

  /// FIPS 180-4, section 5.3.3.
  private static let initial: InlineArray<8, UInt32> = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  private static let wordsPerBlock = 128

  /// Hashes an array of whole blocks.
  ///
  /// - Returns: Whether it did: not where vectors can't be used now.
  mutating func absorb(_ array: UnsafePointer<UInt32>, lengthInWords: Int) -> Bool {
    let count = lengthInWords / Self.wordsPerBlock
    guard count > 0, lengthInWords % Self.wordsPerBlock == 0 else { return false }
    if blocks == 0 {
      for word in 0..<64 { state.value[word] = Self.initial[word / 8] }
    }
    let isDone = unsafe withUnsafeMutablePointer(to: &state.value) { state in
      unsafe lrng_glue_vector_sha256x8(
        UnsafeMutableRawPointer(state).assumingMemoryBound(to: UInt32.self), array, count)
    }
    if isDone { blocks &+= UInt32(truncatingIfNeeded: count) }
    return isDone
  }

  /// Lets the pool have the digests, and begins anew.
  mutating func drain(into pool: inout EventPool) {
    guard blocks > 0 else { return }
    var padding = InlineArray<128, UInt32>(repeating: 0)
    for lane in 0..<8 {
      padding[lane] = 0x8000_0000
      // The length in bits: 512 for each block.
      padding[112 &+ lane] = blocks &>> 23
      padding[120 &+ lane] = blocks &<< 9
    }
    let padded = unsafe withUnsafePointer(to: &padding) { padding in
      unsafe withUnsafeMutablePointer(to: &state.value) { state in
        unsafe lrng_glue_vector_sha256x8(
          UnsafeMutableRawPointer(state).assumingMemoryBound(to: UInt32.self),
          UnsafeRawPointer(padding).assumingMemoryBound(to: UInt32.self), 1)
      }
    }
    // Where vectors can't be used just now the lanes stay without their last block, and the number of blocks stands for it.
    if !padded {
      let count: InlineArray<1, UInt32> = [blocks]
      pool.compress(count.span)
    }
    pool.compress(state.value.span)
    wipe()
  }

  mutating func wipe() {
    state.wipe()
    blocks = 0
  }
}
