// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The block function of ChaCha20 (RFC 8439, section 2.3): 20 rounds on a state of 16 words.
///
/// | words | RFC 8439 | Bernstein's original |
/// |---|---|---|
/// | 0 … 3 | ``constants`` | the same |
/// | 4 … 11 | key, 256 bits | the same |
/// | 12 | block counter, 32 bits | block counter, lower half |
/// | 13 | nonce, first word of three | block counter, upper half |
/// | 14, 15 | nonce | nonce, 64 bits |
///
/// It works on words; whoever makes bytes of them or words of bytes does so least significant byte first. Counting up
/// between blocks is the caller's part, because generators differ in it. Constant time.
public enum ChaCha20 {
  public static let keyLengthInBytes = 32
  public static let blockLengthInBytes = 64

  /// "expand 32-byte k" (RFC 8439, section 2.3).
  public static let constants: InlineArray<4, UInt32> = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574]

  /// Writes the block of key stream that belongs to `state` into `block`.
  ///
  /// `block` is as secret as the key while the state can still make it; wiping it is the caller's part. So is the stack below
  /// the caller, where state words stand that did not fit into registers: who is done calls ``wipeDeadStack()``.
  ///
  /// The state does not change. It is `inout`, because a borrowed array is copied.
  public static func block(
    _ state: inout InlineArray<16, UInt32>, into block: inout InlineArray<16, UInt32>
  ) {
    var x0 = state[0]
    var x1 = state[1]
    var x2 = state[2]
    var x3 = state[3]
    var x4 = state[4]
    var x5 = state[5]
    var x6 = state[6]
    var x7 = state[7]
    var x8 = state[8]
    var x9 = state[9]
    var x10 = state[10]
    var x11 = state[11]
    var x12 = state[12]
    var x13 = state[13]
    var x14 = state[14]
    var x15 = state[15]

    for _ in 0..<10 {
      // A column round, and a diagonal round (section 2.3.1, inner_block).
      quarterRound(&x0, &x4, &x8, &x12)
      quarterRound(&x1, &x5, &x9, &x13)
      quarterRound(&x2, &x6, &x10, &x14)
      quarterRound(&x3, &x7, &x11, &x15)
      quarterRound(&x0, &x5, &x10, &x15)
      quarterRound(&x1, &x6, &x11, &x12)
      quarterRound(&x2, &x7, &x8, &x13)
      quarterRound(&x3, &x4, &x9, &x14)
    }

    block[0] = x0 &+ state[0]
    block[1] = x1 &+ state[1]
    block[2] = x2 &+ state[2]
    block[3] = x3 &+ state[3]
    block[4] = x4 &+ state[4]
    block[5] = x5 &+ state[5]
    block[6] = x6 &+ state[6]
    block[7] = x7 &+ state[7]
    block[8] = x8 &+ state[8]
    block[9] = x9 &+ state[9]
    block[10] = x10 &+ state[10]
    block[11] = x11 &+ state[11]
    block[12] = x12 &+ state[12]
    block[13] = x13 &+ state[13]
    block[14] = x14 &+ state[14]
    block[15] = x15 &+ state[15]
  }

  /// Fills all of `output`, which is whole blocks, with key stream; the block counter moves on, modulo 2^32.
  ///
  /// What it leaves below the caller's stack is as for ``block(_:into:)``.
  static func keyStream(_ state: inout InlineArray<16, UInt32>, into output: inout MutableSpan<UInt8>) {
    // One block by vectors takes longer than one without.
    if output.count > blockLengthInBytes && Acceleration.chaCha20(&state, into: &output) {
      state[12] &+= UInt32(truncatingIfNeeded: output.count / blockLengthInBytes)
      return
    }
    var block = InlineArray<16, UInt32>(repeating: 0)
    var offset = 0
    while output.holds(blockLengthInBytes, at: offset) {
      self.block(&state, into: &block)
      state[12] &+= 1
      for word in 0..<16 { output.storeLittleEndian(block[word], at: offset &+ 4 &* word) }
      offset &+= blockLengthInBytes
    }
    wipe(&block)
  }

  /// RFC 8439, section 2.1.
  @inline(__always)
  private static func quarterRound(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32, _ d: inout UInt32) {
    a &+= b
    d = (d ^ a).rotatedLeft(16)
    c &+= d
    b = (b ^ c).rotatedLeft(12)
    a &+= b
    d = (d ^ a).rotatedLeft(8)
    c &+= d
    b = (b ^ c).rotatedLeft(7)
  }
}
