// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The seam to primitives by special instructions (Sources/CAccelerated): what a platform has, and what it does with it.
//
// Each function either did the whole of what it is asked for, or nothing; then the portable code does it, which is also what
// the others are compared with in the tests. What the processor knows is found out once, before `main`, so a question costs
// a load and a test.
//
// In the kernel, vector registers belong to somebody else. Its host (Kernel/Glue/vector.c, compiled with HostInstructions) knows
// when it may use them: there, what the processor has may be out of reach for a call, and the portable code does that one.
// Embedded Swift without such a host has only that.

#if !hasFeature(Embedded) || HostInstructions
  import CAccelerated
#endif

/// Which implementations of the primitives are in use: those that this processor is fastest with.
public enum Acceleration {
  /// How a primitive is computed.
  public struct Implementation: Sendable {
    public let primitive: StaticString
    /// Named after the instructions, or "portable".
    public let name: StaticString
  }

  public static var implementations: InlineArray<4, Implementation> {
    [
      Implementation(primitive: "ChaCha20", name: chaCha20Name),
      Implementation(primitive: "AES", name: aes256Name),
      Implementation(primitive: "SHA-256", name: sha256Name),
      Implementation(primitive: "SHA-512", name: sha512Name),
    ]
  }

  private static var chaCha20Name: StaticString {
    #if !hasFeature(Embedded) || HostInstructions
      if lrng_processor_has(LRNG_CPU_AVX512) { return "AVX-512" }
      if lrng_processor_has(LRNG_CPU_AVX2) { return "AVX2" }
      if lrng_processor_has(LRNG_CPU_NEON) { return "NEON" }
    #endif
    return "portable"
  }

  private static var aes256Name: StaticString {
    #if !hasFeature(Embedded) || HostInstructions
      if lrng_processor_has(LRNG_CPU_VAES | LRNG_CPU_AVX512) { return "VAES-512" }
      if lrng_processor_has(LRNG_CPU_VAES) { return "VAES-256" }
      if lrng_processor_has(LRNG_CPU_AES) { return "AES-NI" }
    #endif
    return "portable"
  }

  private static var sha256Name: StaticString {
    #if !hasFeature(Embedded) || HostInstructions
      if lrng_processor_has(LRNG_CPU_SHA) { return "SHA-NI" }
    #endif
    return "portable"
  }

  private static var sha512Name: StaticString {
    #if !hasFeature(Embedded) || HostInstructions
      if lrng_processor_has(LRNG_CPU_AVX512 | LRNG_CPU_BMI2) { return "AVX-512" }
      if lrng_processor_has(LRNG_CPU_AVX2 | LRNG_CPU_BMI2) { return "AVX2" }
    #endif
    return "portable"
  }

  // MARK: - ChaCha20

  /// Key stream for the whole of `output`, which is whole blocks, from a state as ``ChaCha20`` has it.
  @inline(__always)
  static func chaCha20(_ state: inout InlineArray<16, UInt32>, into output: inout MutableSpan<UInt8>) -> Bool {
    #if !hasFeature(Embedded) || HostInstructions
      unsafe output.withUnsafeMutableBufferPointer { bytes in
        guard let base = bytes.baseAddress else { return true }
        let blocks = bytes.count / ChaCha20.blockLengthInBytes
        // C reads the key and the nonce where they are.
        return unsafe withUnsafeMutablePointer(to: &state) { state in
          let words = unsafe UnsafeRawPointer(state).assumingMemoryBound(to: UInt32.self)
          return unsafe lrng_chacha20(words + 4, words[12], words + 13, base, blocks)
        }
      }
    #else
      false
    #endif
  }

  // MARK: - AES-256

  /// Whether AES-256 makes key stream faster than ChaCha20: on vectors it does, and where ChaCha20 has none.
  @inline(__always)
  static var isAES256Fastest: Bool {
    #if !hasFeature(Embedded) || HostInstructions
      lrng_processor_has(LRNG_CPU_VAES) || (hasAES256 && !lrng_processor_has(LRNG_CPU_AVX2))
    #else
      false
    #endif
  }

  #if !hasFeature(Embedded) || HostInstructions
    @inline(__always)
    static var hasAES256: Bool { lrng_processor_has(LRNG_CPU_AES) }

    /// Encrypts four blocks as ``BlockCipher`` has them.
    @inline(__always)
    static func aes256(
      _ key: borrowing Secret<InlineArray<32, UInt8>>, encrypt blocks: inout InlineArray<8, UInt64>
    ) -> Bool {
      guard hasAES256 else { return false }
      // The value is the first member of a secret; C takes words for the bytes that they are.
      return unsafe withUnsafePointer(to: key) { key in
        unsafe withUnsafeMutablePointer(to: &blocks) { blocks in
          unsafe lrng_aes256_four(
            UnsafeRawPointer(key).assumingMemoryBound(to: UInt8.self),
            UnsafeMutableRawPointer(blocks).assumingMemoryBound(to: UInt8.self))
        }
      }
    }

    /// ``BlockCipher/counterStream(from:into:)``.
    static func aes256(
      _ key: borrowing Secret<InlineArray<32, UInt8>>, from counter: inout InlineArray<2, UInt64>,
      into output: inout MutableSpan<UInt8>
    ) -> Bool {
      guard hasAES256 else { return false }
      return unsafe output.withUnsafeMutableBufferPointer { bytes in
        guard let base = bytes.baseAddress else { return true }
        let blocks = bytes.count / PortableAES256.blockLengthInBytes
        // As above.
        return unsafe withUnsafePointer(to: key) { key in
          unsafe withUnsafeMutablePointer(to: &counter) { counter in
            unsafe lrng_aes256_ctr(
              UnsafeRawPointer(key).assumingMemoryBound(to: UInt8.self),
              UnsafeMutableRawPointer(counter).assumingMemoryBound(to: UInt64.self), base, blocks)
          }
        }
      }
    }
  #endif

  // MARK: - SHA-2

  /// Compresses as many whole blocks as `data` has from `offset` on.
  ///
  /// - Returns: How many bytes that were: none, if the portable code has to do it.
  @inline(__always)
  static func sha256(_ state: inout InlineArray<8, UInt32>, _ data: Span<UInt8>, from offset: Int) -> Int {
    #if !hasFeature(Embedded) || HostInstructions
      let blocks = (data.count &- offset) / SHA256.blockLengthInBytes
      guard offset >= 0, blocks > 0, lrng_processor_has(LRNG_CPU_SHA) else { return 0 }
      // The blocks are within the data, which do not change meanwhile.
      let isDone = unsafe data.withUnsafeBufferPointer { bytes in
        guard let base = bytes.baseAddress else { return false }
        return unsafe withUnsafeMutablePointer(to: &state) { state in
          unsafe lrng_sha256(
            UnsafeMutableRawPointer(state).assumingMemoryBound(to: UInt32.self), base + offset, blocks)
        }
      }
      return isDone ? blocks &* SHA256.blockLengthInBytes : 0
    #else
      return 0
    #endif
  }

  /// The same for SHA-512.
  @inline(__always)
  static func sha512(_ state: inout InlineArray<8, UInt64>, _ data: Span<UInt8>, from offset: Int) -> Int {
    #if !hasFeature(Embedded) || HostInstructions
      let blocks = (data.count &- offset) / SHA512.blockLengthInBytes
      guard offset >= 0, blocks > 0, lrng_processor_has(LRNG_CPU_AVX2 | LRNG_CPU_BMI2) else { return 0 }
      let isDone = unsafe data.withUnsafeBufferPointer { bytes in
        guard let base = bytes.baseAddress else { return false }
        return unsafe withUnsafeMutablePointer(to: &state) { state in
          unsafe lrng_sha512(
            UnsafeMutableRawPointer(state).assumingMemoryBound(to: UInt64.self), base + offset, blocks)
        }
      }
      return isDone ? blocks &* SHA512.blockLengthInBytes : 0
    #else
      return 0
    #endif
  }
}
