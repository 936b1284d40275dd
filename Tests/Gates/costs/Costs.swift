// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// What requests cost, for the gate `costs`, in counts.
//
// Usage: costs allocations     a line "THREAD REQUEST ALLOCATIONS" for each kind of request, of many after the first ones
//        costs requests        makes each kind of request, between the marks costs_begin and costs_end, and prints a line
//                              "REQUEST NUMBER" for each
//
// In both the last two are controls: a request that allocates, and one that does nothing.

import CAllocations
import Glibc
import LRNG
import LRNGCore

/// A kind of request.
private struct Request {
  let name: String
  let make: () throws -> Void

  static func all() throws -> [Request] {
    var requests: [Request] = []
    let fast = LinuxRandomNumberGenerator()
    var drawing = fast
    requests.append(Request(name: "next") { _ = drawing.next() })
    for bytes in [1, 8, 16, 32, 64, 128, 4096, 65536] {
      requests.append(Request(name: "fill-\(bytes)", bytes: bytes) { (span) in try fast.fill(&span) })
    }
    for drng in [DRNGAlgorithm.chaCha20, .ctrDRBG, .hashDRBG, .hmacDRBG] {
      var configuration = Configuration.library
      configuration.drng = drng
      let generator = try RandomBitGenerator(configuration)
      for bytes in [16, 4096] {
        requests.append(
          Request(name: "\(drng.name)-\(bytes)", bytes: bytes) { (span) in _ = try generator.fill(&span) })
      }
    }
    requests.append(Request(name: "array") { sink = try RandomBitGenerator.shared.get().bytes(count: 16) })
    requests.append(Request(name: "nothing") {})
    return requests
  }

  private init(name: String, make: @escaping () throws -> Void) {
    self.name = name
    self.make = make
  }

  private init(name: String, bytes: Int, fill: @escaping (inout MutableSpan<UInt8>) throws -> Void) {
    self.name = name
    var buffer = [UInt8](repeating: 0, count: bytes)
    make = {
      var span = buffer.mutableSpan
      try fill(&span)
    }
  }
}

/// Keeps the control's arrays from being optimised away.
private nonisolated(unsafe) var sink: [UInt8] = []

@main
enum Costs {
  /// A multiple of what a batch of output serves, so that each run sees as many of them; enough to make one more a fraction.
  private static let repetitions = 1024

  static func main() throws {
    switch CommandLine.arguments.dropFirst() {
    case ["allocations"]: try allocations()
    case ["requests"]: try requests()
    default: throw Failure(description: "usage: costs allocations | requests")
    }
  }

  private static func allocations() throws {
    try allocations(of: "main")
    var thread = pthread_t()
    let error = pthread_create(&thread, nil, { _ in Costs.allocationsOfThread() }, nil)
    guard error == 0 else { throw Failure(description: "no thread could be started") }
    pthread_join(thread, nil)
  }

  /// The gate misses the lines of one that failed.
  private static func allocationsOfThread() -> UnsafeMutableRawPointer? {
    do { try allocations(of: "another") } catch { print("another", error) }
    return nil
  }

  private static func allocations(of thread: String) throws {
    for request in try Request.all() {
      for _ in 0..<64 { try request.make() }
      let before = costs_allocations()
      for _ in 0..<repetitions { try request.make() }
      // Printing allocates.
      let count = costs_allocations() - before
      print(thread, request.name, count)
    }
  }

  private static func requests() throws {
    for request in try Request.all() {
      // Long requests take their time under valgrind, and each is like the other.
      let number = request.name.hasSuffix("4096") || request.name.hasSuffix("65536") ? 4 : repetitions
      for _ in 0..<64 where number == repetitions { try request.make() }
      try request.make()
      costs_begin()
      for _ in 0..<number { try request.make() }
      costs_end()
      print(request.name, number)
    }
  }

  private struct Failure: Error, CustomStringConvertible {
    let description: String
  }
}
