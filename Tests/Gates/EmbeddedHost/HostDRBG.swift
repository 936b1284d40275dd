// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CEmbeddedHost

/// A source of entropy input that is the host's.
private struct HostEntropy: DRBGEntropySource, ~Copyable {
  mutating func withEntropyInput(
    _ request: DRBGEntropyRequest, _ body: (_ entropyInput: Span<UInt8>, _ nonce: Span<UInt8>) -> Void
  ) throws(DRBGEntropyError) {
    if host_flag(20) { throw .unavailable }
    if host_flag(21) { throw .catastrophic }
    unsafe body(bytes(20).span, bytes(21).span)
  }
}

/// Calls everything that a DRBG has, for one mechanism.
private func use<Mechanism: DRBGMechanism & ~Copyable>(_ mechanism: consuming Mechanism) {
  let drbg: UnsafeMutablePointer<DRBG<Mechanism>> = unsafe memory(22)
  unsafe drbg.initialize(to: DRBG(mechanism))
  var source = HostEntropy()
  var output = unsafe bytes(23).mutableSpan
  let strength = Int(truncatingIfNeeded: host_number(20))
  let predictionResistance = host_flag(22)
  do throws(DRBGError) {
    try unsafe drbg.pointee.instantiate(
      entropyInput: bytes(24).span, nonce: bytes(25).span, personalization: bytes(26).span, strengthInBits: strength,
      predictionResistance: predictionResistance)
    try unsafe drbg.pointee.reseed(entropyInput: bytes(24).span, additionalInput: bytes(26).span)
    try unsafe drbg.pointee.generate(into: &output, additionalInput: bytes(26).span, strengthInBits: strength)
  } catch {
    unsafe drbg.pointee.fail()
  }
  unsafe drbg.pointee.uninstantiate()
  do throws(DRBGError) {
    try unsafe drbg.pointee.instantiate(
      from: &source, personalization: bytes(26).span, strengthInBits: strength,
      predictionResistance: predictionResistance)
    try unsafe drbg.pointee.reseed(
      from: &source, additionalInput: bytes(26).span, predictionResistance: predictionResistance)
    try unsafe drbg.pointee.generate(
      into: &output, reseedingFrom: &source, additionalInput: bytes(26).span, strengthInBits: strength,
      predictionResistance: predictionResistance)
  } catch {
    unsafe drbg.pointee.fail()
  }
  unsafe drbg.deinitialize(count: 1)
}

@c func host_hash_drbg() {
  use(HashDRBG<SHA256>())
  use(HashDRBG<SHA512>())
}

@c func host_hmac_drbg() {
  use(HMACDRBG<SHA256>())
  use(HMACDRBG<SHA512>())
}

@c func host_ctr_drbg() {
  use(
    CTRDRBG<AES256>(
      usesDerivationFunction: host_flag(23), counterLengthInBits: Int(truncatingIfNeeded: host_number(21))))
}
