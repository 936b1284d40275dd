// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The self tests. The raw value is the number of the test's bit in a report and is stable.
public enum SelfTestKind: UInt8, Sendable {
  case sha256 = 0
  case sha512 = 1
  case sha3_256 = 2
  case hmacSHA256 = 3
  case hmacSHA512 = 4
  case chaCha20Block = 5
  case chaCha20DRNG = 6
  case seedBuffer = 7
  case aes256 = 8
  case ctrDRBG = 9
  case hashDRBG = 10
  case hmacDRBG = 11
  case hardwareDRNG = 12
  case externalDRNG = 13
  case externalHash = 14
  case sha3_512 = 15
  case ctrDRBGWithoutDerivation = 16
  case hashDRBGSHA256 = 17
  case hmacDRBGSHA256 = 18
  case xdrbg256 = 20
  case commonDivisor = 21
  case slotPacking = 24
  case timestampDivisor = 25
  case eventPool = 26
  case auxiliaryPool = 27

  public var name: StaticString {
    switch self {
    case .sha256: "SHA-256"
    case .sha512: "SHA-512"
    case .sha3_256: "SHA3-256"
    case .hmacSHA256: "HMAC-SHA-256"
    case .hmacSHA512: "HMAC-SHA-512"
    case .chaCha20Block: "ChaCha20 block"
    case .chaCha20DRNG: "ChaCha20 DRNG"
    case .seedBuffer: "seed buffer"
    case .aes256: "AES-256"
    case .ctrDRBG: "CTR_DRBG AES-256"
    case .hashDRBG: "Hash_DRBG SHA-512"
    case .hmacDRBG: "HMAC_DRBG SHA-512"
    case .hardwareDRNG: "hardware DRNG"
    case .externalDRNG: "external DRNG"
    case .externalHash: "external hash"
    case .sha3_512: "SHA3-512"
    case .ctrDRBGWithoutDerivation: "CTR_DRBG without derivation function"
    case .hashDRBGSHA256: "Hash_DRBG SHA-256"
    case .hmacDRBGSHA256: "HMAC_DRBG SHA-256"
    case .xdrbg256: "XDRBG-256"
    case .commonDivisor: "greatest common divisor of deltas"
    case .slotPacking: "slot packing"
    case .timestampDivisor: "greatest common divisor of time stamps"
    case .eventPool: "event pool"
    case .auxiliaryPool: "auxiliary pool"
    }
  }
}

/// What came of a run of self tests: for each test whether it ran and whether it failed.
///
/// A test is a function that compares a result with the known answer. It runs twice: as it is, and as its *negative twin*
/// with one bit of the input flipped. It passes only if the first run finds the answer and the twin does not: a
/// comparison that always says yes is a failure, too.
public struct SelfTestReport: Equatable, Sendable {
  /// One bit for each ``SelfTestKind``.
  public private(set) var ran: UInt32 = 0
  public private(set) var failed: UInt32 = 0

  public init() {}

  /// Runs a test and its twin, and notes the outcome. A test that runs again can only get worse.
  ///
  /// - Parameter test: Whether the answer is right; `corrupting` asks for the negative twin.
  @inline(__always)
  public mutating func run(_ kind: SelfTestKind, _ test: (_ corrupting: Bool) -> Bool) {
    ran |= kind.bit
    if !test(false) || test(true) { failed |= kind.bit }
  }

  public func hasPassed(_ kind: SelfTestKind) -> Bool { ran & ~failed & kind.bit != 0 }

  public func hasFailed(_ kind: SelfTestKind) -> Bool { failed & kind.bit != 0 }

  /// Whether at least one test ran and none failed.
  public var allPassed: Bool { ran != 0 && failed == 0 }
}

extension SelfTestKind {
  /// Its bit in a report.
  @inline(__always)
  public var bit: UInt32 { 1 &<< UInt32(rawValue) }
}
