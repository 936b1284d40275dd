// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// A key that makes key stream once, by the stream cipher that this processor is fastest with.
///
/// AES-256 in counter mode where AES works on vectors, or is all the processor has for it; else ChaCha20. Both are 256 bits
/// strong, and neither is weakened by the choice: the key itself comes out of a ``FastKeyErasureGenerator``, is used for one
/// batch or one request, and is gone.
public struct OneTimeKey: ~Copyable {
  /// The most bytes of one key: what SP 800-90A allows CTR_DRBG to make before it changes its key.
  public static let maximumLengthInBytes = 65_536

  private var key = Secret(InlineArray<32, UInt8>(repeating: 0))

  public init() {}

  /// The cipher in use.
  public static var name: StaticString { Acceleration.isAES256Fastest ? "AES-256-CTR" : "ChaCha20" }

  /// Fetches a new key.
  ///
  /// - Parameter fresh: A word that the copies of a cloned machine do not share. It is added to the key.
  public mutating func fetch(from generator: inout FastKeyErasureGenerator, fresh: UInt64) {
    var bytes = key.value.mutableSpan
    generator.takeKey(into: &bytes, with: AcceleratedExpander.self)
    bytes.storeLittleEndian(bytes.span.littleEndianWord(at: 0) ^ fresh, at: 0)
  }

  /// Fills the output, at most ``maximumLengthInBytes``, and forgets the key.
  public mutating func expand(into output: inout MutableSpan<UInt8>) {
    if Acceleration.isAES256Fastest { expandAES(into: &output) } else { expandChaCha20(into: &output) }
    key.wipe()
  }

  private mutating func expandAES(into output: inout MutableSpan<UInt8>) {
    #if !hasFeature(Embedded)
      let wholeLength = output.count & ~15
      var counter: InlineArray<2, UInt64> = [0, 0]
      if wholeLength > 0 {
        _ = output.withPart(0..<wholeLength) { Acceleration.aes256(key, from: &counter, into: &$0) }
      }
      guard wholeLength < output.count else { return }
      var block = Secret(InlineArray<16, UInt8>(repeating: 0))
      var bytes = block.value.mutableSpan
      _ = Acceleration.aes256(key, from: &counter, into: &bytes)
      output.copy(from: block.value.span.extracting(first: output.count &- wholeLength), at: 0, to: wholeLength)
      block.wipe()
    #endif
  }

  private mutating func expandChaCha20(into output: inout MutableSpan<UInt8>) {
    var words = Secret(InlineArray<8, UInt32>(repeating: 0))
    for word in 0..<8 {
      words.value[word] = key.value.span.littleEndianWord(at: 4 &* word, as: UInt32.self)
    }
    FastKeyErasureGenerator.expand(&words.value, into: &output, with: AcceleratedExpander.self)
    words.wipe()
  }
}
