// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// SHA-2 of swift-crypto as the hash of the entropy pools, and the worked example of a hash that is plugged in.
//
//   ExternalHash.swiftCryptoSHA256   the table: C functions, which can't capture anything, not even a type
//     └─ PluggedHash<SHA256>         what they do with the memory that the LRNG hands them
//
// A Swift struct is a good state: it may be moved bit by bit, and does not point into itself. What it refers to lives on the
// heap, so that the functions allocate. That is fine in a process. It is not in a kernel or in an interrupt, nor where a
// signal handler forks, since that may happen in the middle of malloc.
//
// swift-crypto wipes its context when the last reference to it is gone, which is here when a message ends or is abandoned;
// of the digest that passes through this file, copies may stay on the stack until it is used again. A child of fork finds
// the memory of the states zeroed and begins its own; the contexts of its parent stay in its heap, where nothing refers to
// them. For secrets that must not outlive a fork, use a hash that keeps everything in its state.

#if SwiftCrypto

  import Crypto
  public import LRNGCore

  extension ExternalHash {
    /// SHA-256 of swift-crypto.
    public static var swiftCryptoSHA256: ExternalHash {
      // Each function does what the table demands of it, with the memory and the lengths that it is called with.
      unsafe ExternalHash(
        name: "SHA-256 of swift-crypto", digestLengthInBytes: Crypto.SHA256.byteCount,
        begin: { _, state in unsafe PluggedHash<Crypto.SHA256>.begin(state) },
        update: { _, state, data, length in unsafe PluggedHash<Crypto.SHA256>.update(state, data, length) },
        finish: { _, state, digest in unsafe PluggedHash<Crypto.SHA256>.finish(state, digest) },
        abandon: { _, state in unsafe PluggedHash<Crypto.SHA256>.abandon(state) },
        selfTest: { _, corrupting in
          // FIPS 180-4, example of one block: "abc".
          PluggedHash<Crypto.SHA256>.hashesABC(
            to: [
              0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
              0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
            ], corrupting: corrupting != 0) ? 1 : 0
        })
    }

    /// SHA-512 of swift-crypto.
    public static var swiftCryptoSHA512: ExternalHash {
      // As above.
      unsafe ExternalHash(
        name: "SHA-512 of swift-crypto", digestLengthInBytes: Crypto.SHA512.byteCount,
        begin: { _, state in unsafe PluggedHash<Crypto.SHA512>.begin(state) },
        update: { _, state, data, length in unsafe PluggedHash<Crypto.SHA512>.update(state, data, length) },
        finish: { _, state, digest in unsafe PluggedHash<Crypto.SHA512>.finish(state, digest) },
        abandon: { _, state in unsafe PluggedHash<Crypto.SHA512>.abandon(state) },
        selfTest: { _, corrupting in
          PluggedHash<Crypto.SHA512>.hashesABC(
            to: [
              0xdd, 0xaf, 0x35, 0xa1, 0x93, 0x61, 0x7a, 0xba, 0xcc, 0x41, 0x73, 0x49, 0xae, 0x20, 0x41, 0x31,
              0x12, 0xe6, 0xfa, 0x4e, 0x89, 0xa9, 0x7e, 0xa2, 0x0a, 0x9e, 0xee, 0xe6, 0x4b, 0x55, 0xd3, 0x9a,
              0x21, 0x92, 0x99, 0x2a, 0x27, 0x4f, 0xc1, 0xa8, 0x36, 0xba, 0x3c, 0x23, 0xa3, 0xfe, 0xeb, 0xbd,
              0x45, 0x4d, 0x44, 0x23, 0x64, 0x3c, 0xe8, 0x0e, 0x2a, 0x9a, 0xc9, 0x4f, 0xa5, 0x4c, 0xa4, 0x9f,
            ], corrupting: corrupting != 0) ? 1 : 0
        })
    }
  }

  /// A hash of swift-crypto in the memory of a state.
  private enum PluggedHash<Hash: Crypto.HashFunction> {
    /// Where the hash stands. The memory may hold zeroes instead, that is `nil`, when it was wiped by a fork.
    ///
    /// - Returns: `nil` if the memory is no place for it. Nothing happens then, so that the self test fails.
    private static func place(in state: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Hash?>? {
      guard MemoryLayout<Hash?>.size <= ExternalHash.stateLengthInBytes, MemoryLayout<Hash?>.alignment <= 8
      else { return nil }
      // The LRNG gives the memory of a state to nobody else, and it is large enough.
      return unsafe state.bindMemory(to: Hash?.self, capacity: 1)
    }

    static func begin(_ state: UnsafeMutableRawPointer) {
      // What is there is no hash: `initialize`, since an assignment would release it.
      unsafe place(in: state)?.initialize(to: Hash())
    }

    /// Takes the hash out of the memory and puts it back, so that it can't vanish halfway.
    static func update(_ state: UnsafeMutableRawPointer, _ data: UnsafePointer<UInt8>, _ length: Int) {
      guard let place = unsafe place(in: state), var hash = unsafe place.pointee.take() else { return }
      // The data are of that length.
      unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(start: data, count: length))
      unsafe place.initialize(to: hash)
    }

    static func finish(_ state: UnsafeMutableRawPointer, _ digest: UnsafeMutablePointer<UInt8>) {
      guard let hash = unsafe place(in: state)?.pointee.take() else { return }
      unsafe hash.finalize().withUnsafeBytes { bytes in
        // There is room for a digest of the length that the table names, and for any other that it may name.
        unsafe UnsafeMutableRawBufferPointer(start: digest, count: HashAlgorithm.maximumDigestLengthInBytes)
          .copyMemory(from: bytes)
      }
    }

    static func abandon(_ state: UnsafeMutableRawPointer) {
      _ = unsafe place(in: state)?.pointee.take()
    }

    /// The known answer, or the one that a flipped bit must not give, by way of the same functions.
    static func hashesABC(to answer: [UInt8], corrupting: Bool) -> Bool {
      let message: [UInt8] = [0x61, 0x62, corrupting ? 0x62 : 0x63]
      var digest = [UInt8](repeating: 0, count: HashAlgorithm.maximumDigestLengthInBytes)
      // Memory as the LRNG hands it out; the message has bytes.
      unsafe withUnsafeTemporaryAllocation(byteCount: ExternalHash.stateLengthInBytes, alignment: 8) { memory in
        guard let state = memory.baseAddress else { return }
        unsafe begin(state)
        unsafe update(state, message, message.count)
        unsafe finish(state, &digest)
      }
      return digest.starts(with: answer)
    }
  }

#endif
