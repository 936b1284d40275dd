// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// liblrng-provider.so: the LRNG as a random number generator of OpenSSL 3.
//
//   RAND_bytes(3) ──► "LRNG" ──► the thread's batch ──► the thread's generator ──► the engine
//   DRBGs of OpenSSL ──► "LRNG-SEED-SRC" ──► the engine, with prediction resistance
//
// OpenSSL keeps a generator for each thread and a primary one that they are seeded from. Here all of them are names for the
// generator that the calling thread has anyway, so there is nothing to lock and nothing to seed one from the other.

import CProvider
import LRNG

enum Provider {
  static let generator: RandomBitGenerator? = {
    do throws(LRNGError) { return try RandomBitGenerator(.confined) } catch { return nil }
  }()

  /// Fills the output; what is more than the batch holds, or needs fresh entropy.
  @inline(never)
  static func fill(_ output: inout MutableSpan<UInt8>, isPredictionResistant: Bool) -> Bool {
    guard let generator else { return false }
    do throws(LRNGError) {
      guard isPredictionResistant else {
        try generator.fillByThread(&output, waiting: true)
        return true
      }
      try generator.fillCompletely(&output, quality: .predictionResistant, waiting: true)
      return true
    } catch {
      output.wipe()
      return false
    }
  }

  /// Mixes what a caller has. Nobody vouches for it, so that it is credited with nothing.
  static func mix(_ bytes: UnsafePointer<UInt8>?, _ length: Int) {
    guard let generator, let bytes = unsafe bytes, length > 0 else { return }
    try? generator.insert(entropy: unsafe Span(_unsafeStart: bytes, count: length), bits: 0)
  }
}

private let strengthInBits: UInt32 = 256

@c @implementation
public func lrng_ossl_instantiate(
  _ context: UnsafeMutableRawPointer?, _ strength: UInt32, _ isPredictionResistant: CInt,
  _ personalization: UnsafePointer<UInt8>?, _ length: Int, _ parameters: UnsafePointer<lrng_ossl_param>?
) -> CInt {
  guard strength <= strengthInBits, Provider.generator != nil else { return 0 }
  unsafe Provider.mix(personalization, length)
  return 1
}

@c @implementation
public func lrng_ossl_uninstantiate(_ context: UnsafeMutableRawPointer?) -> CInt { 1 }

@c @implementation
public func lrng_ossl_generate(
  _ context: UnsafeMutableRawPointer?, _ output: UnsafeMutablePointer<UInt8>?, _ length: Int, _ strength: UInt32,
  _ isPredictionResistant: CInt, _ additional: UnsafePointer<UInt8>?, _ additionalLength: Int
) -> CInt {
  guard strength <= strengthInBits else { return 0 }
  guard let output = unsafe output, length > 0 else { return length == 0 ? 1 : 0 }
  if additionalLength > 0 { unsafe Provider.mix(additional, additionalLength) }
  var bytes = unsafe MutableSpan(_unsafeStart: output, count: length)
  if isPredictionResistant == 0, RandomBitGenerator.fillFromBatch(&bytes) { return 1 }
  return Provider.fill(&bytes, isPredictionResistant: isPredictionResistant != 0) ? 1 : 0
}

@c @implementation
public func lrng_ossl_reseed(
  _ context: UnsafeMutableRawPointer?, _ isPredictionResistant: CInt, _ entropy: UnsafePointer<UInt8>?,
  _ entropyLength: Int, _ additional: UnsafePointer<UInt8>?, _ additionalLength: Int
) -> CInt {
  guard let generator = Provider.generator else { return 0 }
  unsafe Provider.mix(entropy, entropyLength)
  unsafe Provider.mix(additional, additionalLength)
  generator.reseed()
  return 1
}

/// A nonce is as random as all else here.
@c @implementation
public func lrng_ossl_nonce(
  _ context: UnsafeMutableRawPointer?, _ output: UnsafeMutablePointer<UInt8>?, _ strength: UInt32, _ shortest: Int,
  _ longest: Int
) -> Int {
  let length = max(shortest, Int(strength) / 8)
  // Without an output the length is asked for.
  guard let output = unsafe output else { return length }
  guard length > 0, length <= longest else { return 0 }
  var bytes = unsafe MutableSpan(_unsafeStart: output, count: length)
  return Provider.fill(&bytes, isPredictionResistant: false) ? length : 0
}

/// Seed material with at least so many bits of entropy: it has 8 in each byte, from sources asked for it where a seed source
/// is asked, or prediction resistance is.
@c @implementation
public func lrng_ossl_get_seed(
  _ context: UnsafeMutableRawPointer?, _ output: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?,
  _ entropyInBits: CInt, _ shortest: Int, _ longest: Int, _ isPredictionResistant: CInt,
  _ additional: UnsafePointer<UInt8>?, _ additionalLength: Int
) -> Int {
  let length = max(shortest, (Int(entropyInBits) + 7) / 8)
  guard let output = unsafe output, length > 0, length <= longest, length <= 1 << 16 else { return 0 }
  let seed = UnsafeMutablePointer<UInt8>.allocate(capacity: length)
  unsafe seed.initialize(repeating: 0, count: length)
  var bytes = unsafe MutableSpan(_unsafeStart: seed, count: length)
  let isSeedSource = unsafe context == UnsafeMutableRawPointer(mutating: lrng_ossl_seed_source_address())
  guard Provider.fill(&bytes, isPredictionResistant: isSeedSource || isPredictionResistant != 0) else {
    unsafe seed.deallocate()
    return 0
  }
  unsafe output.pointee = seed
  return length
}

@c @implementation
public func lrng_ossl_clear_seed(
  _ context: UnsafeMutableRawPointer?, _ seed: UnsafeMutablePointer<UInt8>?, _ length: Int
) {
  guard let seed = unsafe seed else { return }
  var bytes = unsafe MutableSpan(_unsafeStart: seed, count: length)
  bytes.wipe()
  unsafe seed.deallocate()
}

/// Ready before the first seed, too: a request waits for it.
@c @implementation
public func lrng_ossl_state() -> CInt { Provider.generator == nil ? 2 : 1 }

@c @implementation
public func lrng_ossl_is_running() -> CInt { Provider.generator == nil ? 0 : 1 }
