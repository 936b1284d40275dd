// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if KernelSource

  import CMemory

  /// The entropy source "Kernel RNG": `getrandom(2)`, without waiting for it to be seeded.
  ///
  /// The kernel's generator eats the same interrupts as our interrupt source, so the host credits at most one of them.
  enum KernelEntropySource {
    /// Fills `output`; tells why when the kernel gives nothing, and leaves `output` zeroed then.
    static func fill(_ output: inout MutableSpan<UInt8>) -> EntropySourceUnavailability? {
      // The span stays exclusive to this function for the duration of the calls.
      unsafe output.withUnsafeMutableBytes { bytes in
        var rest = unsafe bytes
        while rest.count > 0 {
          switch unsafe System.randomBytes(into: rest) {
          case .success(let count) where count > 0:
            // The kernel may give fewer than asked for when it gives more than 256.
            unsafe rest = UnsafeMutableRawBufferPointer(rebasing: rest.dropFirst(count))
          case .success:
            return unsafe abandon(bytes, .noData)
          case .failure(.wouldBlock):
            return unsafe abandon(bytes, .kernelNotSeeded)
          case .failure(let error):
            return unsafe abandon(bytes, .systemError(number: error.rawValue))
          }
        }
        return nil
      }
    }

    private static func abandon(
      _ bytes: UnsafeMutableRawBufferPointer, _ reason: EntropySourceUnavailability
    ) -> EntropySourceUnavailability {
      // The bytes are the caller's, in their whole length.
      if let base = bytes.baseAddress { unsafe lrng_wipe(base, bytes.count) }
      return reason
    }
  }

#endif
