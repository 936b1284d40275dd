// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The probes of the generators, with their seeds and accounts. They are compiled together with the whole core, as a kernel
// module is, and are a program of their own. See Probes.swift.

import Observer

/// The scan has to see this one.
@c func probe_kept_seed(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  let seed = unsafe memory_of_state().assumingMemoryBound(to: SeedBuffer.self)
  unsafe seed.initialize(to: SeedBuffer(for: SeedingPolicy()))
  unsafe seed.pointee.fill(.jitter) { slot in
    for index in slot.indices { slot[index] = unsafe secret[index] }
    return 256
  }
}

/// A generator of the LRNG that lives on: a seed goes in, a request goes out. It must hold neither, and nothing may be left
/// of either on the stack.
@inline(never)
private func serve(
  _ algorithm: DRNGAlgorithm, _ secret: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<UInt8>
) {
  let instance = unsafe memory_of_state().assumingMemoryBound(to: DRNGInstance.self)
  unsafe instance.initialize(to: DRNGInstance(algorithm))
  let policy = SeedingPolicy()
  var seed = SeedBuffer(for: policy)
  seed.fill(.jitter) { slot in
    for index in slot.indices { slot[index] = unsafe secret[index] }
    return 256
  }
  seed.seal(timeStamp: 1)
  let now = MonotonicInstant(milliseconds: 1)
  do throws(DRNGError) {
    _ = try unsafe instance.pointee.inject(seed, policy: policy, now: now)
    var span = unsafe MutableSpan(_unsafeStart: output, count: 64)
    try unsafe instance.pointee.generate(into: &span, timeStamp: 2)
  } catch {
    // The output is missing then, and the state would be clean for the wrong reason.
    unsafe memory_of_state().copyMemory(from: secret, byteCount: 32)
  }
  seed.wipe()
}

@c func probe_instance_chacha20(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe serve(.chaCha20, secret, into: output)
}

@c func probe_instance_ctr_drbg(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe serve(.ctrDRBG, secret, into: output)
}

@c func probe_instance_hash_drbg(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe serve(.hashDRBG, secret, into: output)
}

@c func probe_instance_hmac_drbg(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  unsafe serve(.hmacDRBG, secret, into: output)
}

/// No fast key stream.
private enum Portable: ChaCha20Expander {
  static func expand(_ key: inout InlineArray<8, UInt32>, into output: inout MutableSpan<UInt8>) -> Bool { false }
}

/// The generator of a processor: neither its seed nor what it served is in it.
@c func probe_child(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  let child = unsafe memory_of_state().assumingMemoryBound(to: FastKeyErasureGenerator.self)
  unsafe child.initialize(to: FastKeyErasureGenerator())
  unsafe child.pointee.seed(Span(_unsafeStart: secret, count: 32), epoch: 1)
  var span = unsafe MutableSpan(_unsafeStart: output, count: 64)
  unsafe child.pointee.fill(&span, with: Portable.self)
}

/// The key of one long request, which its owner wipes.
@c func probe_child_expansion(_ secret: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
  var key = Secret(InlineArray<8, UInt32>(repeating: 0))
  for word in 0..<8 {
    key.value[word] = unsafe Span(_unsafeStart: secret, count: 32).littleEndianWord(at: 4 &* word, as: UInt32.self)
  }
  var span = unsafe MutableSpan(_unsafeStart: output, count: 64)
  FastKeyErasureGenerator.expand(&key.value, into: &span, with: Portable.self)
  key.wipe()
}
