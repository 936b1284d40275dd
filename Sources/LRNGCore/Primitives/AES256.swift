// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if !hasFeature(Embedded) || HostInstructions
  /// AES-256 of FIPS 197 by the processor's instructions for it, and where there are none, portable.
  ///
  /// With them only the key is kept: the key schedule is made anew for each call, while the blocks go through their rounds.
  /// A generator that changes its key with each request loses nothing by that.
  public struct AES256: BlockCipher, ~Copyable {
    public static let keyLengthInBytes = PortableAES256.keyLengthInBytes
    public static let blockLengthInBytes = PortableAES256.blockLengthInBytes

    /// What is in use of the two is the same for all ciphers, as long as the program runs.
    private var key: Secret<InlineArray<32, UInt8>>
    private var portable = PortableAES256()

    public init() {
      key = Secret(InlineArray(repeating: 0))
    }

    public mutating func setKey(_ key: Span<UInt8>) {
      guard Acceleration.hasAES256 else { return portable.setKey(key) }
      if key.count < Self.keyLengthInBytes { self.key.value = InlineArray(repeating: 0) }
      var bytes = self.key.value.mutableSpan
      bytes.copy(from: key, at: 0, to: 0)
    }

    public borrowing func encrypt(_ blocks: inout InlineArray<8, UInt64>) {
      if Acceleration.aes256(key, encrypt: &blocks) { return }
      guard Acceleration.hasAES256 else { return portable.encrypt(&blocks) }
      // A kernel that can't lend its registers just now.
      withPortable { $0.encrypt(&blocks) }
    }

    public borrowing func counterStream(
      from counter: inout InlineArray<2, UInt64>, into output: inout MutableSpan<UInt8>
    ) -> Bool {
      Acceleration.aes256(key, from: &counter, into: &output)
    }

    /// The inverse of ``encrypt(_:)``, always portable: no generator needs it.
    public borrowing func decrypt(_ blocks: inout InlineArray<8, UInt64>) {
      guard Acceleration.hasAES256 else { return portable.decrypt(&blocks) }
      withPortable { $0.decrypt(&blocks) }
    }

    /// A key schedule for this one time.
    @inline(never)
    private borrowing func withPortable(_ body: (borrowing PortableAES256) -> Void) {
      var portable = PortableAES256()
      portable.setKey(key.value.span)
      body(portable)
      portable.wipe()
    }

    public mutating func wipe() {
      key.wipe()
      portable.wipe()
    }
  }
#else
  /// AES-256 of FIPS 197.
  public typealias AES256 = PortableAES256
#endif
