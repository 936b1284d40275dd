// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux)

  import CTesting
  import Testing

  @testable import LRNGCore

  // These tests search all memory of the process for copies. What optimised code leaves on the dead part of the stack is
  // the wipe-check gate's to find: unoptimised code has frames larger than what `wipeDeadStack` overwrites, so the tests
  // clear that part themselves.

  @Suite("Seeds and working states of DRBGs leave memory", .enabled(if: lrng_is_sanitized() == 0))
  struct DRBGWipingTests {
    @Test("Hash_DRBG: the seed is in no other place than the caller's, V and C in the state, and nothing at the end")
    func hash() async {
      await #expect(processExitsWith: .success) {
        try Self.check(HashDRBG<SHA256>()) { [complement(of: &$0.v.value, 55), complement(of: &$0.c.value, 55)] }
        try Self.check(HashDRBG<SHA512>()) { [complement(of: &$0.v.value, 111), complement(of: &$0.c.value, 111)] }
      }
    }

    @Test("HMAC_DRBG: the seed is in no other place than the caller's, V in the state, and nothing at the end")
    func hmac() async {
      await #expect(processExitsWith: .success) {
        try Self.check(HMACDRBG<SHA256>()) { [complement(of: &$0.v.value, 32)] }
        try Self.check(HMACDRBG<SHA512>()) { [complement(of: &$0.v.value, 64)] }
      }
    }

    @Test("CTR_DRBG: the seed is in no other place than the caller's, V in the state, and nothing at the end")
    func ctr() async {
      await #expect(processExitsWith: .success) {
        try Self.check(CTRDRBG<AES256>()) { [complement(of: &$0.v.value, 16)] }
        try Self.check(CTRDRBG<AES256>(usesDerivationFunction: false)) { [complement(of: &$0.v.value, 16)] }
      }
    }

    @Test("AES-256: the key is in no other place than the caller's and the cipher")
    func aes() async {
      await #expect(processExitsWith: .success) {
        let cipher = UnsafeMutablePointer<AES256>.allocate(capacity: 1)
        cipher.initialize(to: AES256())
        let key = Marker(lengthInBytes: 32)
        key.withBytes { bytes in
          cipher.pointee.setKey(bytes)
          var blocks = InlineArray<8, UInt64> { UInt64($0) }
          cipher.pointee.encrypt(&blocks)
          clearDeadStack()
          let address = bytes.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
          let own = UInt(bitPattern: cipher)..<UInt(bitPattern: cipher + 1)
          #expect(key.places().filter { !own.contains($0) } == [address])
          #expect(key.prefix(16).places().filter { !own.contains($0) } == [address])
        }
        let isInUse = UnsafeRawBufferPointer(start: cipher, count: MemoryLayout<AES256>.size).contains { $0 != 0 }
        #expect(isInUse)
        cipher.pointee.wipe()
        let isWiped = UnsafeRawBufferPointer(start: cipher, count: MemoryLayout<AES256>.size).allSatisfy { $0 == 0 }
        #expect(isWiped)
        #expect(key.places().isEmpty)
        cipher.deinitialize(count: 1)
        cipher.deallocate()
      }
    }

    /// - Parameter state: What is to be found in the state, complemented.
    private static func check<Mechanism: DRBGMechanism & ~Copyable>(
      _ mechanism: consuming Mechanism, state: (inout Mechanism) -> [[UInt8]]
    ) throws {
      let drbg = UnsafeMutablePointer<DRBG<Mechanism>>.allocate(capacity: 1)
      drbg.initialize(to: DRBG(mechanism))
      let start = UInt(bitPattern: drbg)
      let memory = start..<start + UInt(MemoryLayout<DRBG<Mechanism>>.size)

      try feed { try drbg.pointee.instantiate(entropyInput: $0, nonce: $1) }
      try checkOutput(of: drbg)
      try feed { try drbg.pointee.reseed(entropyInput: $0, additionalInput: $1) }
      try checkOutput(of: drbg)

      let parts = state(&drbg.pointee.mechanism).map { Marker(ofComplement: $0) }
      clearDeadStack()
      for part in parts {
        let places = part.places()
        #expect(!places.isEmpty && places.allSatisfy(memory.contains))
      }
      drbg.pointee.uninstantiate()
      clearDeadStack()
      for part in parts { #expect(part.places().isEmpty) }
      drbg.deinitialize(count: 1)
      drbg.deallocate()
    }

    /// Hands out a seed and another input, and looks for them: they are where the caller has them, and then nowhere.
    private static func feed(_ body: (_ seed: Span<UInt8>, _ other: Span<UInt8>) throws -> Void) throws {
      let (seed, other) = (Marker(lengthInBytes: 48), Marker(lengthInBytes: 16))
      try seed.withBytes { seedBytes in
        try other.withBytes { otherBytes in
          try body(seedBytes, otherBytes)
          clearDeadStack()
          let address = seedBytes.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
          let otherAddress = otherBytes.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
          #expect(seed.prefix(16).places() == [address])
          #expect(other.places() == [otherAddress])
        }
      }
      #expect(seed.prefix(16).places().isEmpty)
      #expect(other.places().isEmpty)
    }

    private static func checkOutput<Mechanism: DRBGMechanism & ~Copyable>(
      of drbg: UnsafeMutablePointer<DRBG<Mechanism>>
    ) throws {
      let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 64)
      var bytes = buffer.mutableSpan
      try drbg.pointee.generate(into: &bytes, additionalInput: [1, 2, 3].span)
      let output = Marker(ofComplement: buffer.suffix(16).map { ~$0 })
      clearDeadStack()
      #expect(output.places() == [UInt(bitPattern: buffer.baseAddress) + 48])
      bytes.wipe()
      buffer.deallocate()
      #expect(output.places().isEmpty)
    }
  }

  /// The first bytes of a part of a state, complemented, so that no copy of them is made.
  private func complement<Value>(of value: inout Value, _ count: Int) -> [UInt8] {
    withUnsafeBytes(of: &value) { bytes in (0..<count).map { ~bytes[$0] } }
  }

  /// Overwrites 64 KiB of stack below the caller.
  @inline(never)
  private func clearDeadStack() {
    var area = InlineArray<8192, UInt64>(repeating: 0)
    wipe(&area)
  }

#endif
