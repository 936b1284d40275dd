// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// A vector set, or an array of them that a version object leads, as the ACVP server sends it.
public struct ACVPPrompt: Sendable {
  /// The version of the protocol, where the prompt is an array.
  let version: String?
  let vectorSets: [VectorSet]

  /// Reads a prompt.
  public init(json: [UInt8]) throws(ACVPFault) {
    let document = try JSONReader.value(of: json)
    guard case .array(let elements) = document else {
      version = nil
      vectorSets = [try VectorSet(Members(document, path: "$"))]
      return
    }
    guard !elements.isEmpty else { throw ACVPFault("is empty: the first element has acvVersion", at: "$") }
    var version: String?
    vectorSets = try Members.list(elements, path: "$") { (members) throws(ACVPFault) -> VectorSet? in
      if version != nil { return try VectorSet(members) }
      version = try members.string("acvVersion")
      return nil
    }.compactMap(\.self)
    self.version = version
    guard !vectorSets.isEmpty else { throw ACVPFault("has no vector set", at: "$") }
  }

  /// How many bytes the long tests hash or encrypt: the end of the account that ``response(layout:reporting:)`` gives.
  public var workInBytes: UInt64 {
    vectorSets.lazy.flatMap(\.groups).flatMap(\.tests).reduce(0) { sum, test in
      let (sum, overflow) = sum.addingReportingOverflow(test.challenge.workInBytes)
      return overflow ? .max : sum
    }
  }
}

/// The tests for one algorithm.
struct VectorSet: Sendable {
  struct Group: Sendable {
    let identifier: Int
    let tests: [Test]
  }

  struct Test: Sendable {
    let identifier: Int
    let challenge: any Challenge
    /// Where it stands in the prompt.
    let path: String
  }

  let identifier: Int
  let algorithm: Algorithm
  let revision: String
  let isSample: Bool?
  let groups: [Group]

  init(_ members: Members) throws(ACVPFault) {
    algorithm = try members.choice("algorithm")
    revision = try members.string("revision")
    guard algorithm.revisions.contains(revision) else {
      throw members.unsupported(revision, algorithm.revisions, at: "revision")
    }
    identifier = try members.identifier("vsId")
    isSample = members.has("isSample") ? try members.boolean("isSample") : nil
    let algorithm = algorithm
    groups = try members.list("testGroups") { (members) throws(ACVPFault) in
      let identifier = try members.identifier("tgId")
      let group = try algorithm.group(members)
      let tests = try members.list("tests") { (members) throws(ACVPFault) in
        Test(
          identifier: try members.identifier("tcId"), challenge: try group.challenge(members), path: members.path)
      }
      return Group(identifier: identifier, tests: tests)
    }
  }
}
