// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// Each probe handles a secret (bytes that are all alike, see main.c) and returns. What it leaves on its stack is main.c's
// business. Compiled together with the primitives, with optimisation, for Linux and for Embedded Swift.

import Observer

private typealias Secret32 = InlineArray<32, UInt8>

/// Brings a copy of the secret into memory of the caller.
@inline(__always)
private func fill(_ copy: inout Secret32, from secret: UnsafePointer<UInt8>) {
  for index in 0..<32 { copy[index] = unsafe secret[index] }
  unsafe withUnsafePointer(to: &copy) { unsafe observe($0) }
}

@c func probe_not_wiped(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  var copy = Secret32(repeating: 0)
  unsafe fill(&copy, from: secret)
}

/// What the optimiser drops: a memset of memory that nobody reads afterwards.
@c func probe_plain_memset(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  var copy = Secret32(repeating: 0)
  unsafe fill(&copy, from: secret)
  unsafe withUnsafeMutablePointer(to: &copy) { unsafe plain_wipe($0, 32) }
}

@c func probe_wipe(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  var copy = Secret32(repeating: 0)
  unsafe fill(&copy, from: secret)
  wipe(&copy)
}

@c func probe_span_wipe(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  var copy = Secret32(repeating: 0)
  unsafe fill(&copy, from: secret)
  var span = copy.mutableSpan
  span.wipe()
}

// MARK: - Hashes

// An operation is a function of its own, whose frame is dead stack when it has returned.

@inline(never)
private func digest<Hash: HashFunction & ~Copyable>(
  _: Hash.Type, of secret: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<UInt8>
) {
  var hash = Hash()
  let message = unsafe Span(_unsafeStart: secret, count: 32)
  for _ in 0..<7 { hash.update(message) }
  var span = unsafe MutableSpan(_unsafeStart: output, count: Hash.digestLengthInBytes)
  hash.finalize(into: &span)
}

@c func probe_sha256(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe digest(SHA256.self, of: secret, into: output)
  wipeDeadStack()
}

@c func probe_sha512(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe digest(SHA512.self, of: secret, into: output)
  wipeDeadStack()
}

@c func probe_sha3(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe digest(SHA3_256.self, of: secret, into: output)
  wipeDeadStack()
}

@c func probe_sha3_512(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe digest(SHA3_512.self, of: secret, into: output)
  wipeDeadStack()
}

@inline(never)
private func squeeze(_ secret: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<UInt8>) {
  var shake = SHAKE256()
  shake.absorb(unsafe Span(_unsafeStart: secret, count: 32))
  var span = unsafe MutableSpan(_unsafeStart: output, count: 64)
  shake.squeeze(into: &span)
  shake.reset()
}

@c func probe_shake(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe squeeze(secret, into: output)
  wipeDeadStack()
}

// MARK: - Keys

/// With the state in memory of its own, as the hosts have it.
@inline(never)
private func authenticate<Hash: HashFunction & ~Copyable>(
  _: Hash.Type, key: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<UInt8>
) {
  let hmac = unsafe memory_of_state().assumingMemoryBound(to: HMAC<Hash>.self)
  unsafe hmac.initialize(to: HMAC())
  unsafe hmac.pointee.rekey(Span(_unsafeStart: key, count: 32))
  unsafe hmac.pointee.update(Span(_unsafeStart: key, count: 5))
  var span = unsafe MutableSpan(_unsafeStart: output, count: Hash.digestLengthInBytes)
  unsafe hmac.pointee.finalize(into: &span)
  unsafe hmac.pointee.wipe()
  unsafe hmac.deinitialize(count: 1)
}

@c func probe_hmac_sha256(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe authenticate(SHA256.self, key: secret, into: output)
  wipeDeadStack()
}

@c func probe_hmac_sha512(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe authenticate(SHA512.self, key: secret, into: output)
  wipeDeadStack()
}

@c func probe_hmac_sha3(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe authenticate(SHA3_256.self, key: secret, into: output)
  wipeDeadStack()
}

@inline(never)
private func keyStream(_ secret: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<UInt8>) {
  var state = Secret(InlineArray<16, UInt32>(repeating: 0))
  let key = unsafe Span(_unsafeStart: secret, count: 32)
  for index in 0..<8 { state.value[4 + index] = key.littleEndianWord(at: 4 * index) }
  var block = Secret(InlineArray<16, UInt32>(repeating: 0))
  ChaCha20.block(&state.value, into: &block.value)
  var span = unsafe MutableSpan(_unsafeStart: output, count: 64)
  for index in 0..<16 { span.storeLittleEndian(block.value[index], at: 4 * index) }
  state.wipe()
  block.wipe()
}

@c func probe_chacha20(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe keyStream(secret, into: output)
  wipeDeadStack()
}

/// The output is the last round key, as planes: neither it nor the key may be found anywhere.
@inline(never)
private func schedule(_ secret: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<UInt8>) {
  let memory = unsafe memory_of_state()
  let cipher = unsafe memory.assumingMemoryBound(to: AES256.self)
  unsafe cipher.initialize(to: AES256())
  unsafe cipher.pointee.setKey(Span(_unsafeStart: secret, count: 32))
  for index in 0..<64 { unsafe output[index] = memory.load(fromByteOffset: 14 * 64 + index, as: UInt8.self) }
  unsafe cipher.pointee.wipe()
}

@c func probe_aes_key(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe schedule(secret, into: output)
  wipeDeadStack()
}

@inline(never)
private func encrypt(_ secret: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<UInt8>) {
  let cipher = unsafe memory_of_state().assumingMemoryBound(to: AES256.self)
  unsafe cipher.initialize(to: AES256())
  let key = unsafe Span(_unsafeStart: secret, count: 32)
  unsafe cipher.pointee.setKey(key)
  var blocks = Secret(InlineArray<8, UInt64>(repeating: 0))
  for index in 0..<8 { blocks.value[index] = key.littleEndianWord(at: 8 * (index & 3)) }
  unsafe cipher.pointee.encrypt(&blocks.value)
  var span = unsafe MutableSpan(_unsafeStart: output, count: 64)
  for index in 0..<8 { span.storeLittleEndian(blocks.value[index], at: 8 * index) }
  blocks.wipe()
  unsafe cipher.pointee.wipe()
}

@c func probe_aes_encrypt(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe encrypt(secret, into: output)
  wipeDeadStack()
}

// MARK: - DRBGs

/// All that a DRBG does, with the secret for every input. What is looked for afterwards is the seed and the output, or the
/// seed and a part of the last working state.
@inline(never)
private func live<Mechanism: DRBGMechanism & ~Copyable>(
  _ mechanism: consuming Mechanism, _ secret: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<UInt8>,
  part: ((inout Mechanism, UnsafeMutablePointer<UInt8>) -> Void)? = nil
) {
  let drbg = unsafe memory_of_state().assumingMemoryBound(to: DRBG<Mechanism>.self)
  unsafe drbg.initialize(to: DRBG(mechanism))
  var span = unsafe MutableSpan(_unsafeStart: output, count: 64)
  let seed = unsafe Span(_unsafeStart: secret, count: 48)
  let nonce = unsafe Span(_unsafeStart: secret, count: 16)
  do throws(DRBGError) {
    try unsafe drbg.pointee.instantiate(entropyInput: seed, nonce: nonce, personalization: nonce)
    try unsafe drbg.pointee.generate(into: &span)
    try unsafe drbg.pointee.reseed(entropyInput: seed, additionalInput: nonce)
    try unsafe drbg.pointee.generate(into: &span, additionalInput: nonce)
    if let part {
      span.wipe()
      unsafe part(&drbg.pointee.mechanism, output)
    }
    unsafe drbg.pointee.uninstantiate()
  } catch {
    // A refusal would leave nothing behind, and prove nothing.
    unsafe memory_of_state().copyMemory(from: secret, byteCount: 32)
  }
  // Its life does not end here: uninstantiate alone must have wiped it.
}

@c func probe_hash_drbg_sha256(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe live(HashDRBG<SHA256>(), secret, into: output)
}

@c func probe_hash_drbg_sha512(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe live(HashDRBG<SHA512>(), secret, into: output)
}

@c func probe_hmac_drbg_sha256(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe live(HMACDRBG<SHA256>(), secret, into: output)
}

@c func probe_hmac_drbg_sha512(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe live(HMACDRBG<SHA512>(), secret, into: output)
}

@c func probe_ctr_drbg(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe live(CTRDRBG<AES256>(), secret, into: output)
}

@c func probe_ctr_drbg_without_derivation(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe live(CTRDRBG<AES256>(usesDerivationFunction: false), secret, into: output)
}

// V has names of its own on the way from one request to the next.

@c func probe_hash_drbg_v(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe live(HashDRBG<SHA512>(), secret, into: output) { mechanism, output in
    unsafe withUnsafePointer(to: &mechanism.v.value) { unsafe copy($0, 64, to: output) }
  }
}

@c func probe_hash_drbg_c(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe live(HashDRBG<SHA512>(), secret, into: output) { mechanism, output in
    unsafe withUnsafePointer(to: &mechanism.c.value) { unsafe copy($0, 64, to: output) }
  }
}

@c func probe_hmac_drbg_v(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe live(HMACDRBG<SHA512>(), secret, into: output) { mechanism, output in
    unsafe withUnsafePointer(to: &mechanism.v.value) { unsafe copy($0, 64, to: output) }
  }
}

@c func probe_ctr_drbg_v(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe live(CTRDRBG<AES256>(), secret, into: output) { mechanism, output in
    unsafe withUnsafePointer(to: &mechanism.v.value) { unsafe copy($0, 16, to: output) }
  }
}

private func copy(_ secret: UnsafeRawPointer, _ count: Int, to output: UnsafeMutablePointer<UInt8>) {
  unsafe UnsafeMutableRawPointer(output).copyMemory(from: secret, byteCount: count)
}

// MARK: - Pools

// A pool lives on. It must hold neither the noise that went into a seed, nor the seed.

@inline(never)
private func harvest(_ noise: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<UInt8>) {
  let pool = unsafe memory_of_state().assumingMemoryBound(to: EventPool.self)
  unsafe pool.initialize(to: EventPool(.sha512))
  let events = UnusedEvents(counted: 256)
  let accounting = EventAccounting(
    configuredRate: .oneBitPerEvent, resolution: .high, size: .bytes32, compressesContinuously: true)
  var harvest = EventHarvest(requestedBits: 256, oversamplingBits: 0, accounting: accounting, hash: .sha512)
  let array = unsafe UnsafeRawPointer(noise).assumingMemoryBound(to: UInt32.self)
  _ = unsafe harvest.take(from: &pool.pointee, counting: events, array: Span(_unsafeStart: array, count: 8))
  var slot = unsafe MutableSpan(_unsafeStart: output, count: 32)
  _ = harvest.finish(into: &slot)
}

@c func probe_event_pool(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe harvest(secret, into: output)
  wipeDeadStack()
}

@inline(never)
private func extract(_ data: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<UInt8>) {
  let pool = unsafe memory_of_state().assumingMemoryBound(to: AuxiliaryPool.self)
  unsafe pool.initialize(to: AuxiliaryPool(.sha256))
  unsafe pool.pointee.insert(Span(_unsafeStart: data, count: 32), creditedBits: 256)
  var slot = unsafe MutableSpan(_unsafeStart: output, count: 32)
  _ = unsafe pool.pointee.extract(requestedBits: 256, oversamplingBits: 0, into: &slot)
  unsafe pool.pointee.mixBack(Span(_unsafeStart: output, count: 32))
}

@c func probe_auxiliary_pool(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe extract(secret, into: output)
  wipeDeadStack()
}

// MARK: - Values abandoned half way

@c func probe_abandoned_sha256(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  var hash = SHA256()
  hash.update(unsafe Span(_unsafeStart: secret, count: 32))
}

@c func probe_abandoned_sha3(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  var hash = SHA3_256()
  hash.update(unsafe Span(_unsafeStart: secret, count: 32))
}

@c func probe_abandoned_conditioning_hash(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  var hash = ConditioningHash(.sha512)
  hash.update(unsafe Span(_unsafeStart: secret, count: 32))
}
