// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// Answers to the Automated Cryptographic Validation Protocol of NIST.
//
//   JSON ─► Prompt (JSONReader, Members) ─► Algorithms (a challenge for each test) ─► Response (JSONWriter) ─► JSON
//
// Reading checks everything: a challenge holds what it needs, of the length it must have, and what is wrong with a
// prompt is said with the JSON path of the fault before any work is done. Answering can fail for two reasons only: a
// DRBG that refuses what the standard does not allow, and a caller who wants to stop.
//
// A prompt decides how much there is to compute, but hardly how much memory that takes: what is kept is as long as the
// prompt's own strings, or bounded by a constant for each value of the document, of which there are at most 2^22, and for
// each test (a generate request has at most 2^19 bits, a chain 100 digests).

/// What is wrong with a prompt.
public struct ACVPFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong, without the place.
  public let message: String
  /// Where, as a JSON path: `$.testGroups[0].tests[3].key`.
  public let path: String

  init(_ message: String, at path: String) {
    self.message = message
    self.path = path
  }

  public var description: String { "\(path): \(message)" }
}

/// How a response is laid out.
public enum ACVPLayout: Sendable {
  /// One line, without spaces.
  case line
  /// One value a line.
  case indented
}

/// A test of a vector set, ready to be answered.
protocol Challenge: Sendable {
  /// How much there is to hash, encrypt or generate, where a short question can make it long; 0 elsewhere.
  var workInBytes: UInt64 { get }

  /// Writes the members of the answer into the object of the test.
  func answer(into object: inout JSONWriter, _ work: inout Work) throws
}

extension Challenge {
  var workInBytes: UInt64 { 0 }
}

/// What the tests of a group have in common, and how one of them is read.
protocol ChallengeGroup {
  func challenge(_ test: Members) throws(ACVPFault) -> any Challenge
}

/// The account of long work. Whoever asked for it hears of it now and then, and may stop it by throwing.
struct Work {
  private var doneInBytes: UInt64 = 0
  private let report: (UInt64) throws -> Void

  init(_ report: @escaping (UInt64) throws -> Void) {
    self.report = report
  }

  mutating func advance(byBytes count: UInt64) throws {
    doneInBytes &+= count
    try report(doneInBytes)
  }
}
