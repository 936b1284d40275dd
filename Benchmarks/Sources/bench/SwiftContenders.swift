// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Crypto
import LRNG
import LRNGCore
import Report

// Each source has its own loop, so that a request is the direct call that a program would make.

extension Contender {
  /// This project's generators. Those with another DRNG than the default stand on an LRNG of their own.
  static func ours() throws -> [Contender] {
    let others = try DRNGAlgorithm.all.map { algorithm in
      var configuration = Configuration.library
      configuration.drng = algorithm
      return (name: "\(algorithm.name)", generator: try RandomBitGenerator(configuration))
    }
    var contenders = [
      Contender(name: Generators.fill) { FillSource(generator: LinuxRandomNumberGenerator()) },
      Contender(name: Generators.next) { NextSource() },
      Contender(name: Generators.control) { ControlSource() },
    ]
    for (name, generator) in others {
      contenders.append(Contender(name: Generators.perRequest(name)) { RequestSource(generator: generator) })
    }
    contenders += [
      Contender(name: Generators.mechanism("CTR_DRBG")) { try MechanismSource(CTRDRBG<AES256>()) },
      Contender(name: Generators.mechanism("Hash_DRBG")) { try MechanismSource(HashDRBG<LRNGCore.SHA512>()) },
      Contender(name: Generators.mechanism("HMAC_DRBG")) { try MechanismSource(HMACDRBG<LRNGCore.SHA512>()) },
    ]
    return contenders
  }

  static var othersInSwift: [Contender] {
    [
      Contender(name: Generators.symmetricKey) { SymmetricKeySource() },
      Contender(name: Generators.systemNext) { SystemNextSource() },
    ]
  }
}

private struct FillSource: Source {
  let generator: LinuxRandomNumberGenerator

  func draw(into buffer: UnsafeMutableBufferPointer<UInt8>, requests: Int) throws {
    // The buffer is this thread's, and lives until the call returns.
    var bytes = unsafe buffer.mutableSpan
    for _ in 0..<requests { try generator.fill(&bytes) }
  }
}

/// No generator at all: numbers that cost little, with nothing that threads share. What many threads of this lose, the machine
/// takes from all programs.
private final class ControlSource: Source {
  private var state: UInt64

  init() { state = UInt64.random(in: 1 ... .max) }

  func draw(into buffer: UnsafeMutableBufferPointer<UInt8>, requests: Int) {
    var state = self.state
    var sum: UInt64 = 0
    for _ in 0..<requests {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      sum ^= state
    }
    self.state = state
    unsafe store(sum, into: buffer)
  }
}

/// One generate request a call.
private struct RequestSource: Source {
  let generator: RandomBitGenerator

  func draw(into buffer: UnsafeMutableBufferPointer<UInt8>, requests: Int) throws {
    var bytes = unsafe buffer.mutableSpan
    for _ in 0..<requests {
      // More than 4096 bytes come in parts.
      guard try generator.fill(&bytes) == buffer.count else {
        throw Failure(description: "RandomBitGenerator fell short")
      }
    }
  }
}

/// An SP 800-90A DRBG of the thread's own.
private final class MechanismSource<Mechanism: DRBGMechanism & ~Copyable>: Source {
  private var drbg: DRBG<Mechanism>?

  init(_ mechanism: consuming Mechanism) throws {
    var drbg = DRBG(mechanism)
    var seed = [UInt8](repeating: 0, count: 64)
    var bytes = seed.mutableSpan
    try LinuxRandomNumberGenerator().fill(&bytes)
    try drbg.instantiate(entropyInput: seed.span, nonce: Span())
    self.drbg = consume drbg
  }

  func draw(into buffer: UnsafeMutableBufferPointer<UInt8>, requests: Int) throws {
    var bytes = unsafe buffer.mutableSpan
    // As below.
    guard var drbg = drbg.take() else { return }
    for _ in 0..<requests { try drbg.generate(into: &bytes) }
    self.drbg = consume drbg
  }
}

/// Not generic: a witness table between the loop and `next()` would be no program's.
private struct NextSource: Source {
  func draw(into buffer: UnsafeMutableBufferPointer<UInt8>, requests: Int) {
    var generator = LinuxRandomNumberGenerator()
    var sum: UInt64 = 0
    for _ in 0..<requests { sum ^= generator.next() }
    unsafe store(sum, into: buffer)
  }
}

private struct SystemNextSource: Source {
  func draw(into buffer: UnsafeMutableBufferPointer<UInt8>, requests: Int) {
    var generator = SystemRandomNumberGenerator()
    var sum: UInt64 = 0
    for _ in 0..<requests { sum ^= generator.next() }
    unsafe store(sum, into: buffer)
  }
}

/// All numbers are used, and the last draw is what the check sees.
private func store(_ sum: UInt64, into buffer: UnsafeMutableBufferPointer<UInt8>) {
  unsafe withUnsafeBytes(of: sum) {
    unsafe _ = UnsafeMutableRawBufferPointer(buffer).initializeMemory(as: UInt8.self, from: $0)
  }
}

/// The only public way to random bytes in swift-crypto.
private struct SymmetricKeySource: Source {
  func draw(into buffer: UnsafeMutableBufferPointer<UInt8>, requests: Int) {
    let size = SymmetricKeySize(bitCount: buffer.count * 8)
    for request in 0..<requests {
      let key = SymmetricKey(size: size)
      guard request == requests - 1 else { continue }
      unsafe key.withUnsafeBytes { unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
    }
  }
}
