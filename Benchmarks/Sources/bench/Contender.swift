// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import COthers
import Report

/// A generator as one thread uses it.
protocol Source {
  /// Fills the buffer with each request anew.
  func draw(into buffer: UnsafeMutableBufferPointer<UInt8>, requests: Int) throws
}

/// A generator to measure.
struct Contender: Sendable {
  let name: String
  /// Whether another process does the work: then the time on the clock counts.
  var isRemote = false
  /// Makes the state of one thread; throws ``Unavailable`` where there is no such generator.
  let open: @Sendable () throws -> any Source

  var sizes: [Int] {
    if Generators.isNext(name) { return [Generators.nextSize] }
    return isRemote ? Generators.frontEndSizes : Generators.sizes
  }
}

struct Unavailable: Error {
  let reason: String
}

struct Failure: Error, CustomStringConvertible {
  let description: String
}

extension Contender {
  /// The generators with a C interface, those that this machine lacks among them.
  static var withCInterface: [Contender] {
    var contenders: [Contender] = []
    while let other = unsafe bench_other_at(contenders.count) {
      // The table is constant.
      let address = UInt(bitPattern: other)
      contenders.append(
        Contender(name: unsafe String(cString: other.pointee.name), isRemote: unsafe other.pointee.is_remote != 0) {
          try OtherSource(tableAt: address)
        })
    }
    return contenders
  }
}

/// A generator with a C interface. The table and the state are the C code's business.
@safe private final class OtherSource: Source {
  private let other: UnsafePointer<bench_other>
  private let state: UnsafeMutableRawPointer

  init(tableAt address: UInt) throws {
    guard let other = unsafe UnsafePointer<bench_other>(bitPattern: address) else {
      throw Unavailable(reason: "no table")
    }
    var reason: UnsafePointer<CChar>?
    guard let state = unsafe other.pointee.open(&reason) else {
      throw Unavailable(reason: unsafe reason.map { unsafe String(cString: $0) } ?? "cannot be opened")
    }
    unsafe self.other = unsafe other
    unsafe self.state = unsafe state
  }

  deinit { unsafe other.pointee.close(state) }

  func draw(into buffer: UnsafeMutableBufferPointer<UInt8>, requests: Int) throws {
    guard unsafe other.pointee.draw(state, buffer.baseAddress, buffer.count, requests) == 0 else {
      throw Failure(description: "\(unsafe String(cString: other.pointee.name)) failed")
    }
  }
}
