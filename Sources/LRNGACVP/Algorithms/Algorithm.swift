// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore

/// The algorithms that are answered for, by the name that the protocol gives them.
enum Algorithm: String, CaseIterable, Sendable {
  case ctrDRBG
  case hashDRBG
  case hmacDRBG
  case aesECB = "ACVP-AES-ECB"
  case sha256 = "SHA2-256"
  case sha512 = "SHA2-512"
  case sha3_256 = "SHA3-256"
  case sha3_512 = "SHA3-512"
  case hmacSHA256 = "HMAC-SHA2-256"
  case hmacSHA512 = "HMAC-SHA2-512"

  /// The revisions of the test specification.
  var revisions: [String] {
    switch self {
    case .ctrDRBG, .hashDRBG, .hmacDRBG: ["1.0", "SP800-90Ar1"]
    case .aesECB, .sha256, .sha512: ["1.0"]
    case .sha3_256, .sha3_512, .hmacSHA256, .hmacSHA512: ["1.0", "2.0"]
    }
  }

  /// Reads what the tests of a group have in common.
  func group(_ members: Members) throws(ACVPFault) -> any ChallengeGroup {
    switch self {
    case .ctrDRBG: try DRBGGroup(members)
    case .hashDRBG: try DRBGGroup(members, of: DRBGKind.hash)
    case .hmacDRBG: try DRBGGroup(members, of: DRBGKind.hmac)
    case .aesECB: try BlockCipherGroup(members)
    case .sha256: try HashGroup<SHA256>(members, chain: .lastThree)
    case .sha512: try HashGroup<SHA512>(members, chain: .lastThree)
    case .sha3_256: try HashGroup<SHA3_256>(members, chain: .last)
    case .sha3_512: try HashGroup<SHA3_512>(members, chain: .last)
    case .hmacSHA256: try MACGroup<SHA256>(members)
    case .hmacSHA512: try MACGroup<SHA512>(members)
    }
  }
}

/// The kinds of tests that a group may have, each of which reads its own kind of test.
enum TestType: String, CaseIterable {
  /// Algorithm functional test: one answer to one question.
  case functional = "AFT"
  /// Monte Carlo test: a chain of 100 000 answers.
  case monteCarlo = "MCT"
  /// Large data test: a message of gigabytes.
  case largeData = "LDT"
}

extension Members {
  /// The type of the tests of a group.
  func testType(of supported: TestType...) throws(ACVPFault) -> TestType {
    let type = try string("testType")
    guard let type = supported.first(where: { $0.rawValue == type }) else {
      throw unsupported(type, supported.map(\.rawValue), at: "testType")
    }
    return type
  }
}
