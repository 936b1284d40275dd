// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CEmbeddedHost

private func authenticate<Hash: HashFunction & ~Copyable>(with hash: Hash.Type) {
  let hmac: UnsafeMutablePointer<HMAC<Hash>> = unsafe memory(10)
  unsafe hmac.initialize(to: HMAC())
  unsafe hmac.pointee.rekey(bytes(11).span)
  unsafe hmac.pointee.update(bytes(12).span)
  var output = unsafe bytes(13).mutableSpan
  unsafe hmac.pointee.finalize(into: &output)
  unsafe hmac.deinitialize(count: 1)
}

@c func host_hmac() {
  authenticate(with: SHA256.self)
  authenticate(with: SHA512.self)
  authenticate(with: SHA3_256.self)
  authenticate(with: SHA3_512.self)
}
