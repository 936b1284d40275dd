// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// liblrng.so: the functions of lrng.h, which documents them. The compiler checks each against its declaration there.

import CLRNG
import LRNG

@c @implementation
public func lrng_generate(_ buffer: UnsafeMutableRawPointer?, _ length: Int) -> CInt {
  if let buffer = unsafe buffer, length > 0 {
    var bytes = unsafe MutableSpan(_unsafeStart: buffer.assumingMemoryBound(to: UInt8.self), count: length)
    if RandomBitGenerator.fillFromBatch(&bytes) { return 0 }
  }
  return unsafe fill(buffer, length) { generator, bytes throws(LRNGError) in
    try generator.fillByThread(&bytes, waiting: true)
  }
}

@c @implementation
public func lrng_generate_nonblocking(_ buffer: UnsafeMutableRawPointer?, _ length: Int) -> CInt {
  unsafe fill(buffer, length) { generator, bytes throws(LRNGError) in try generator.fillByThread(&bytes) }
}

@c @implementation
public func lrng_generate_pr(_ buffer: UnsafeMutableRawPointer?, _ length: Int) -> CInt {
  unsafe fill(buffer, length) { generator, bytes throws(LRNGError) in
    try generator.fillCompletely(&bytes, quality: .predictionResistant, waiting: true)
  }
}

@c @implementation
public func lrng_uniform(_ bound: UInt64, _ number: UnsafeMutablePointer<UInt64>?) -> CInt {
  guard bound > 0, let number = unsafe number else { return CInt(LRNG_ERROR_ARGUMENT.rawValue) }
  // D. Lemire, "Fast Random Integer Generation in an Interval" (2019): the upper half of a product, unless its lower half is
  // among the few that would favour some numbers.
  let favoured = (0 &- bound) % bound
  while true {
    var word: UInt64 = 0
    let error = unsafe withUnsafeMutableBytes(of: &word) { unsafe lrng_generate($0.baseAddress, 8) }
    guard error == 0 else { return error }
    let product = word.multipliedFullWidth(by: bound)
    if product.low >= favoured {
      unsafe number.pointee = product.high
      return 0
    }
  }
}

@c @implementation
public func lrng_get_seed(_ buffer: UnsafeMutableRawPointer?, _ length: Int, _ flags: UInt32) -> Int {
  let known = LRNG_SEED_NONBLOCKING.rawValue | LRNG_SEED_RESEED.rawValue
  guard let buffer = unsafe buffer, length >= 8, flags & ~known == 0 else {
    return Int(LRNG_ERROR_ARGUMENT.rawValue)
  }
  var seed = [UInt8](repeating: 0, count: RawSeed.maximumLengthInBytes)
  defer {
    var all = seed.mutableSpan
    all.wipe()
  }
  do throws(LRNGError) {
    var room = seed.mutableSpan
    let count = try RandomBitGenerator.shared.get().seed(
      into: &room, isReseed: flags & LRNG_SEED_RESEED.rawValue != 0,
      waiting: flags & LRNG_SEED_NONBLOCKING.rawValue == 0)
    guard count <= length else {
      unsafe buffer.storeBytes(of: UInt64(count), as: UInt64.self)
      return Int(LRNG_ERROR_TOO_SMALL.rawValue)
    }
    unsafe buffer.copyMemory(from: seed, byteCount: count)
    return count
  } catch {
    return Int(code(of: error))
  }
}

@c @implementation
public func lrng_insert(_ data: UnsafeRawPointer?, _ length: Int, _ bits: Int) -> CInt {
  guard length >= 0, unsafe data != nil || length == 0 else { return CInt(LRNG_ERROR_ARGUMENT.rawValue) }
  guard let data = unsafe data, length > 0 else { return 0 }
  do throws(LRNGError) {
    let span = unsafe Span(_unsafeStart: data.assumingMemoryBound(to: UInt8.self), count: length)
    // Negative: more than half of what fits into a size.
    try RandomBitGenerator.shared.get().insert(entropy: span, bits: bits < 0 ? .max : bits)
    return 0
  } catch {
    return code(of: error)
  }
}

@c @implementation
public func lrng_reseed() -> CInt {
  do throws(LRNGError) {
    try RandomBitGenerator.shared.get().reseed()
    return 0
  } catch {
    return code(of: error)
  }
}

@c @implementation
public func lrng_wait(_ milliseconds: CInt) -> CInt {
  do throws(LRNGError) {
    let isSeeded = try RandomBitGenerator.shared.get().waitUntilFullySeeded(
      timeoutInMilliseconds: milliseconds < 0 ? nil : Int(milliseconds))
    return isSeeded ? 0 : CInt(LRNG_ERROR_NOT_SEEDED.rawValue)
  } catch {
    return code(of: error)
  }
}

@c @implementation
public func lrng_self_test(_ failed: UnsafeMutablePointer<UInt32>?) -> CInt {
  do throws(LRNGError) {
    let report = try RandomBitGenerator.shared.get().runSelfTests()
    if let failed = unsafe failed { unsafe failed.pointee = report.failed }
    return report.failed == 0 ? 0 : CInt(LRNG_ERROR_SELF_TEST.rawValue)
  } catch {
    return code(of: error)
  }
}

@c @implementation
public func lrng_status_json(_ buffer: UnsafeMutablePointer<CChar>?, _ length: Int) -> Int {
  guard let buffer = unsafe buffer, length > 0 else { return Int(LRNG_ERROR_ARGUMENT.rawValue) }
  unsafe buffer.pointee = 0
  do throws(LRNGError) {
    let text = StatusText.json(try RandomBitGenerator.shared.get().status)
    guard text.count < length else { return Int(LRNG_ERROR_TOO_SMALL.rawValue) }
    for (index, byte) in text.enumerated() { unsafe buffer[index] = CChar(bitPattern: byte) }
    unsafe buffer[text.count] = 0
    return text.count
  } catch {
    return Int(code(of: error))
  }
}

/// Text that is there for ever.
private func constant(_ text: StaticString) -> UnsafePointer<CChar>? {
  unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

@c @implementation
public func lrng_version() -> UnsafePointer<CChar>? { unsafe constant("0.1.0") }

@c @implementation
public func lrng_error_text(_ error: CInt) -> UnsafePointer<CChar>? {
  switch error {
  case CInt(LRNG_OK.rawValue): unsafe constant("success")
  case CInt(LRNG_ERROR_NOT_SEEDED.rawValue):
    unsafe constant("not fully seeded: the entropy sources have not delivered enough yet")
  case CInt(LRNG_ERROR_SELF_TEST.rawValue): unsafe constant("a self test failed: there is no output")
  case CInt(LRNG_ERROR_GENERATOR.rawValue): unsafe constant("the generator failed")
  case CInt(LRNG_ERROR_ARGUMENT.rawValue): unsafe constant("an argument is out of its range")
  case CInt(LRNG_ERROR_TOO_SMALL.rawValue): unsafe constant("the buffer is too small")
  case CInt(LRNG_ERROR_SYSTEM.rawValue): unsafe constant("a system call failed")
  default: unsafe constant("unknown error")
  }
}

// MARK: -

private func fill(
  _ buffer: UnsafeMutableRawPointer?, _ length: Int,
  _ body: (RandomBitGenerator, inout MutableSpan<UInt8>) throws(LRNGError) -> Void
) -> CInt {
  guard length >= 0, unsafe buffer != nil || length == 0 else { return CInt(LRNG_ERROR_ARGUMENT.rawValue) }
  guard let buffer = unsafe buffer, length > 0 else { return 0 }
  var bytes = unsafe MutableSpan(_unsafeStart: buffer.assumingMemoryBound(to: UInt8.self), count: length)
  do throws(LRNGError) {
    try body(try RandomBitGenerator.shared.get(), &bytes)
    return 0
  } catch {
    for index in bytes.indices { bytes[index] = 0 }
    return code(of: error)
  }
}

private func code(of error: LRNGError) -> CInt {
  let code =
    switch error {
    case .notFullySeeded: LRNG_ERROR_NOT_SEEDED
    case .selfTestFailed: LRNG_ERROR_SELF_TEST
    case .generatorFailed, .switchFailed: LRNG_ERROR_GENERATOR
    case .invalidArgument, .invalidConfiguration: LRNG_ERROR_ARGUMENT
    case .system, .sourceUnavailable, .seedFile: LRNG_ERROR_SYSTEM
    }
  return CInt(code.rawValue)
}
