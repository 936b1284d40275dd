// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// Which generator and which hash are in use: a number that any processor can read without a lock, and the way from
// names to mechanisms and back.

import Glue
import Synchronization

extension DRNGAlgorithm {
  /// How many there are to choose from.
  private static let count: UInt32 = 5

  var number: UInt32 {
    switch self {
    case .chaCha20: 0
    case .ctrDRBG: 1
    case .hashDRBG: 2
    case .hmacDRBG: 3
    case .hardware: 4
    // Behind those that have a name.
    case .external: Self.count
    }
  }

  init(number: UInt32) {
    switch number {
    case 1: self = .ctrDRBG
    case 2: self = .hashDRBG
    case 3: self = .hmacDRBG
    case 4: self = .rdrand
    case Self.count: self = .pluggedIn
    default: self = .chaCha20
    }
  }

  private static var rdrand: DRNGAlgorithm {
    .hardware(
      unsafe HardwareRandomInstruction(name: "RDRAND") { _, word in unsafe lrng_glue_random_word(word) ? 1 : 0 })
  }

  /// What another module brought, see external.c. C knows its name, and that it is strong enough.
  static var pluggedIn: DRNGAlgorithm {
    .external(
      unsafe ExternalDRNG(
        name: "external", securityStrengthInBits: SeedingPolicy.securityStrengthInBits, begin: lrng_glue_drng_begin,
        seed: lrng_glue_drng_seed, generate: lrng_glue_drng_generate, end: lrng_glue_drng_end,
        selfTest: lrng_glue_drng_self_test))
  }

  /// The one of ours with that name, if this machine has it.
  static func named(_ name: UnsafePointer<CChar>?) -> DRNGAlgorithm? {
    for number in 0..<Self.count {
      let algorithm = DRNGAlgorithm(number: number)
      guard unsafe algorithm.name.isEqual(to: name) else { continue }
      if case .hardware = algorithm, !lrng_glue_has_random_word() { return nil }
      return algorithm
    }
    return nil
  }
}

extension HashAlgorithm {
  /// How many there are to choose from.
  private static let count: UInt32 = 4

  var number: UInt32 {
    switch self {
    case .sha256: 0
    case .sha512: 1
    case .sha3_256: 2
    case .sha3_512: 3
    case .external: Self.count
    }
  }

  init(number: UInt32) {
    switch number {
    case 1: self = .sha512
    case 2: self = .sha3_256
    case 3: self = .sha3_512
    case Self.count: self = .pluggedIn
    default: self = .sha256
    }
  }

  /// What another module brought.
  static var pluggedIn: HashAlgorithm {
    .external(
      unsafe ExternalHash(
        name: "external", digestLengthInBytes: lrng_glue_hash_digest_length(), begin: lrng_glue_hash_begin,
        update: lrng_glue_hash_update, finish: lrng_glue_hash_finish, abandon: lrng_glue_hash_abandon,
        selfTest: lrng_glue_hash_self_test))
  }

  /// The one of ours with that name.
  static func named(_ name: UnsafePointer<CChar>?) -> HashAlgorithm? {
    for number in 0..<Self.count where unsafe HashAlgorithm(number: number).name.isEqual(to: name) {
      return HashAlgorithm(number: number)
    }
    return nil
  }
}

extension KernelHost {
  static var defaultDRNG: DRNGAlgorithm { .chaCha20 }
  static func defaultHash(_ settings: lrng_settings) -> HashAlgorithm {
    settings.fips || settings.oversample ? .sha512 : .sha256
  }

  var drng: DRNGAlgorithm { DRNGAlgorithm(number: drngNumber.load(ordering: .acquiring)) }
  var hash: HashAlgorithm { HashAlgorithm(number: hashNumber.load(ordering: .acquiring)) }

  #if Switching
    func switchPools(to algorithm: HashAlgorithm, keepingCredit: Bool) {
      let me = unsafe host
      let interrupts = lrng_glue_lock_auxiliary()
      if !keepingCredit { unsafe me.pointee.auxiliary.clearEntropy() }
      unsafe me.pointee.auxiliary.switchHash(to: algorithm)
      hashNumber.store(algorithm.number, ordering: .releasing)
      unsafe me.pointee.writeThreshold = WriteThreshold(
        algorithm, oversamplingBits: policy.conditioningOversamplingBits)
      lrng_glue_unlock_auxiliary(interrupts)
      switchPools(of: LRNG_SOURCE_INTERRUPT, to: algorithm, keepingCredit)
      switchPools(of: LRNG_SOURCE_SCHEDULER, to: algorithm, keepingCredit)
    }

    private func switchPools(of source: lrng_source, to algorithm: HashAlgorithm, _ keepingCredit: Bool) {
      let accounting = accounting(of: source)
      unsafe forEachProcessor(of: source) { processor, cpu in
        let interrupts = lrng_glue_lock_processor(source, cpu)
        unsafe processor.pointee.switchHash(to: algorithm, accounting: accounting, keepingCredit)
        lrng_glue_unlock_processor(source, cpu, interrupts)
      }
    }
  #endif
}

extension StaticString {
  /// Whether C's string has the same bytes.
  func isEqual(to name: UnsafePointer<CChar>?) -> Bool {
    guard var other = unsafe name else { return false }
    var own = unsafe UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
    // Both end with a zero.
    while unsafe own.pointee == other.pointee {
      if unsafe own.pointee == 0 { return true }
      unsafe own += 1
      unsafe other += 1
    }
    return false
  }

  /// As C likes it.
  var cString: UnsafePointer<CChar> { unsafe UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self) }
}
