// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if !hasFeature(Embedded) || HostInstructions
  import CAccelerated
#endif

/// The key stream of ``FastKeyErasureGenerator`` by whatever this processor is fastest with.
public enum AcceleratedExpander: ChaCha20Expander {
  public static func expand(_ key: inout InlineArray<8, UInt32>, into output: inout MutableSpan<UInt8>) -> Bool {
    #if !hasFeature(Embedded) || HostInstructions
      unsafe output.withUnsafeMutableBufferPointer { bytes in
        guard let base = bytes.baseAddress else { return true }
        let blocks = bytes.count / ChaCha20.blockLengthInBytes
        var nonce: InlineArray<3, UInt32> = [0, 0, 0]
        return unsafe withUnsafeMutablePointer(to: &key) { key in
          unsafe withUnsafeMutablePointer(to: &nonce) { nonce in
            unsafe lrng_chacha20(
              UnsafeRawPointer(key).assumingMemoryBound(to: UInt32.self), 0,
              UnsafeRawPointer(nonce).assumingMemoryBound(to: UInt32.self), base, blocks)
          }
        }
      }
    #else
      false
    #endif
  }
}
