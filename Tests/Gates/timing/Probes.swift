// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// Each probe works on 512 secret bytes, see main.c. constant-time.sh compiles them together with the core, optimised, for
// Linux and for Embedded Swift, and watches what the processor does.

import Observer

/// A part of the secret. The parts may overlap: to a probe they are so many bytes.
private func part(_ secret: UnsafePointer<UInt8>, _ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
  unsafe UnsafeBufferPointer(start: secret + range.lowerBound, count: range.count)
}

private func room(_ output: UnsafeMutablePointer<UInt8>, _ count: Int) -> UnsafeMutableBufferPointer<UInt8> {
  unsafe UnsafeMutableBufferPointer(start: output, count: count)
}

/// The probes' objects stand where those of a host stand: in memory of their own.
private func place<Object: ~Copyable>(_ object: consuming Object) -> UnsafeMutablePointer<Object> {
  let place = unsafe memory_of_state().assumingMemoryBound(to: Object.self)
  unsafe place.initialize(to: object)
  return unsafe place
}

// MARK: - What must be found out

/// An address that is the secret's: what a table of S-boxes does to AES.
@c func probe_table(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  let table = unsafe memory_of_state().assumingMemoryBound(to: UInt8.self)
  for index in 0..<16 { unsafe output[index] = table[Int(secret[index])] }
}

/// A branch that is the secret's: a comparison that ends at the first difference.
@c func probe_early_exit(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  for index in 0..<32 where unsafe secret[index] != secret[32 + index] { return }
  unsafe output[0] = 1
}

// MARK: - Primitives

@c func probe_constant_time_equal(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe output[0] = constantTimeEqual(part(secret, 0..<32).span, part(secret, 32..<64).span) ? 1 : 0
  unsafe output[1] = 1
}

private func digest<Hash: HashFunction & ~Copyable>(
  _ hash: consuming Hash, _ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>
) {
  let hash = unsafe place(hash)
  // In pieces that begin and end within blocks.
  unsafe hash.pointee.update(part(secret, 0..<200).span)
  unsafe hash.pointee.update(part(secret, 200..<300).span)
  var span = unsafe room(output, Hash.digestLengthInBytes).mutableSpan
  unsafe hash.pointee.finalize(into: &span)
  unsafe hash.deinitialize(count: 1)
}

@c func probe_sha256(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe digest(SHA256(), secret, output)
}

@c func probe_sha512(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe digest(SHA512(), secret, output)
}

@c func probe_sha3_256(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe digest(SHA3_256(), secret, output)
}

@c func probe_sha3_512(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe digest(SHA3_512(), secret, output)
}

/// With a key that is shorter than a block, and one that is longer and gets hashed.
private func authenticate<Hash: HashFunction & ~Copyable>(
  _ hmac: consuming HMAC<Hash>, _ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>
) {
  let hmac = unsafe place(hmac)
  var span = unsafe room(output, Hash.digestLengthInBytes).mutableSpan
  for keyLength in stride(from: 32, through: 150, by: 118) {
    unsafe hmac.pointee.rekey(part(secret, 0..<keyLength).span)
    unsafe hmac.pointee.update(part(secret, 200..<300).span)
    unsafe hmac.pointee.finalize(into: &span)
  }
  unsafe hmac.pointee.wipe()
  unsafe hmac.deinitialize(count: 1)
}

@c func probe_hmac_sha256(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe authenticate(HMAC<SHA256>(), secret, output)
}

@c func probe_hmac_sha512(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe authenticate(HMAC<SHA512>(), secret, output)
}

@c func probe_hmac_sha3_256(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe authenticate(HMAC<SHA3_256>(), secret, output)
}

@c func probe_aes256(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  let cipher = unsafe place(AES256())
  unsafe cipher.pointee.setKey(part(secret, 0..<32).span)
  var blocks = InlineArray<8, UInt64> { unsafe part(secret, 32..<96).span.littleEndianWord(at: 8 * $0) }
  unsafe cipher.pointee.encrypt(&blocks)
  var span = unsafe room(output, 64).mutableSpan
  for index in 0..<8 { span.storeLittleEndian(blocks[index], at: 8 * index) }
  unsafe cipher.pointee.wipe()
  unsafe cipher.deinitialize(count: 1)
}

// MARK: - Generators

@c func probe_chacha20_drng(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  let drng = unsafe place(ChaCha20DRNG())
  var span = unsafe room(output, 100).mutableSpan
  try? unsafe drng.pointee.seed(part(secret, 0..<50).span)
  try? unsafe drng.pointee.generate(into: &span)
  try? unsafe drng.pointee.seed(part(secret, 50..<90).span)
  try? unsafe drng.pointee.generate(into: &span)
  unsafe drng.pointee.wipe()
  unsafe drng.deinitialize(count: 1)
}

/// All that a DRBG does: instantiate, reseed, generate with and without additional input, uninstantiate.
private func live<Mechanism: DRBGMechanism & ~Copyable>(
  _ mechanism: consuming Mechanism, _ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>
) {
  let drbg = unsafe place(DRBG(mechanism))
  var span = unsafe room(output, 100).mutableSpan
  do throws(DRBGError) {
    try unsafe drbg.pointee.instantiate(
      entropyInput: part(secret, 0..<48).span, nonce: part(secret, 48..<64).span,
      personalization: part(secret, 64..<90).span)
    try unsafe drbg.pointee.generate(into: &span)
    try unsafe drbg.pointee.generate(into: &span, additionalInput: part(secret, 100..<140).span)
    try unsafe drbg.pointee.reseed(
      entropyInput: part(secret, 150..<198).span, additionalInput: part(secret, 200..<248).span)
    try unsafe drbg.pointee.generate(into: &span, additionalInput: part(secret, 250..<280).span)
    unsafe drbg.pointee.uninstantiate()
  } catch {
    // The gate asks main.c whether there was output.
    span.wipe()
  }
  unsafe drbg.deinitialize(count: 1)
}

@c func probe_hash_drbg_sha256(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe live(HashDRBG<SHA256>(), secret, output)
}

@c func probe_hash_drbg_sha512(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe live(HashDRBG<SHA512>(), secret, output)
}

@c func probe_hmac_drbg_sha256(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe live(HMACDRBG<SHA256>(), secret, output)
}

@c func probe_hmac_drbg_sha512(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe live(HMACDRBG<SHA512>(), secret, output)
}

@c func probe_ctr_drbg(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe live(CTRDRBG<AES256>(), secret, output)
}

@c func probe_ctr_drbg_without_derivation(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe live(CTRDRBG<AES256>(usesDerivationFunction: false), secret, output)
}
