// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The envelope of SP 800-90A, section 9: the four functions that a consuming application calls.
//
//   uninstantiated ── instantiate ──► instantiated ── reseed, generate ──► instantiated
//         ▲                               │
//         └───────── uninstantiate ───────┤ catastrophic entropy failure, failed self test
//                                         ▼
//                                       failed ── uninstantiate ──► uninstantiated
//
// Each function exists twice. One takes entropy input from a source when the standard says so; the other gets it from a
// caller who decides about seeds himself, as the LRNG does.

/// Why a DRBG did not do what it was asked for.
public enum DRBGError: Error, Equatable, Sendable {
  /// There is no instantiation, or there is one already.
  case wrongState
  /// More than 256 bits of strength were asked for, or more than the instantiation has.
  case strengthNotSupported
  /// Prediction resistance was asked of an instantiation without it.
  case predictionResistanceNotSupported
  /// A personalization string or additional input is too long.
  case inputTooLong
  /// The entropy input is shorter than the strength, or of a length that the mechanism does not take.
  case entropyInputLength
  /// The nonce is shorter than half the strength, and the entropy input does not make up for it.
  case nonceTooShort
  /// More bits were asked for than one request may have.
  case requestTooLong
  /// The seed has reached the end of its life, and there is no source for another.
  case reseedRequired
  /// The source has no entropy at this time.
  case entropyUnavailable
  /// The error state of section 11.3.6: no output until the instantiation is given up.
  case failed
}

/// What a source of entropy input cannot do.
public enum DRBGEntropyError: Error, Equatable, Sendable {
  /// Not now. The DRBG goes on to be usable.
  case unavailable
  /// Section 9.1, step 8: the source is broken, and the DRBG enters its error state.
  case catastrophic
}

/// What a DRBG wants from its source (Get_entropy_input of section 9).
public struct DRBGEntropyRequest: Equatable, Sendable {
  /// The least entropy in bits.
  public let minimumEntropyInBits: Int
  public let minimumLengthInBytes: Int
  public let maximumLengthInBytes: Int
  /// Half the strength where a nonce is needed, else 0. Entropy input of one and a half times the strength replaces it.
  public let nonceInBits: Int
  /// Whether the entropy has to be fresh from a live source.
  public let predictionResistance: Bool
}

/// A source of entropy input.
public protocol DRBGEntropySource: ~Copyable {
  /// Calls the body once with entropy input, and with a nonce where one is asked for.
  mutating func withEntropyInput(
    _ request: DRBGEntropyRequest, _ body: (_ entropyInput: Span<UInt8>, _ nonce: Span<UInt8>) -> Void
  ) throws(DRBGEntropyError)
}

/// A DRBG as SP 800-90A, section 9 defines it, over one of the mechanisms of section 10.
///
/// | | |
/// |---|---|
/// | security strengths | 112, 128, 192, 256; what is asked for is rounded up |
/// | request | at most 2^19 bits |
/// | seed life | 2^48 requests |
/// | prediction resistance | when instantiated with it, by a reseed before the request |
///
/// The additional input of a request that is preceded by a reseed goes into the reseed, and nowhere else.
public struct DRBG<Mechanism: DRBGMechanism & ~Copyable>: ~Copyable {
  /// Tables 2 and 3: requests between reseeds.
  public static var reseedInterval: UInt64 { 1 << 48 }

  public enum State: Sendable {
    case uninstantiated
    case instantiated
    case failed
  }

  public private(set) var state = State.uninstantiated
  /// The strength of the instantiation, 0 without one.
  public private(set) var strengthInBits = 0
  public private(set) var hasPredictionResistance = false
  // Internal, so that tests can compare working states with the vectors', and let 2^48 requests pass.
  var mechanism: Mechanism
  var reseedCounter: UInt64 = 0

  /// - Parameter mechanism: Without a seed.
  public init(_ mechanism: consuming Mechanism) {
    self.mechanism = mechanism
  }

  // MARK: - With entropy input of the caller

  /// Instantiates (9.1).
  ///
  /// - Parameters:
  ///   - entropyInput: At least `strengthInBits` of entropy, for which the caller vouches.
  ///   - nonce: At least half of that; empty where the entropy input has one and a half times the strength (8.6.7).
  ///   - personalization: Anything that tells this instantiation from others.
  ///   - strengthInBits: The strength wanted, at most 256.
  ///   - predictionResistance: Whether requests may ask for it.
  public mutating func instantiate(
    entropyInput: Span<UInt8>, nonce: Span<UInt8>, personalization: Span<UInt8> = Span(),
    strengthInBits: Int = Mechanism.highestStrengthInBits, predictionResistance: Bool = false
  ) throws(DRBGError) {
    let strength = try admit(strengthInBits, personalization)
    try require(entropyInput, strengthInBits: strength)
    // 8.6.7: the nonce may come from the entropy source together with the entropy input.
    let isNonceMerged = nonce.isEmpty && entropyInput.count >= strength / 8 &* 3 / 2
    if mechanism.usesNonce && !isNonceMerged && nonce.count < strength / 16 { throw .nonceTooShort }
    mechanism.instantiate(entropyInput: entropyInput, nonce: nonce, personalization: personalization)
    conclude(strengthInBits: strength, predictionResistance: predictionResistance)
  }

  /// Reseeds (9.2) with fresh entropy of the caller's.
  public mutating func reseed(
    entropyInput: Span<UInt8>, additionalInput: Span<UInt8> = Span()
  ) throws(DRBGError) {
    try requireInstantiated()
    guard additionalInput.count <= mechanism.maximumInputLengthInBytes else { throw .inputTooLong }
    try require(entropyInput, strengthInBits: strengthInBits)
    mechanism.reseed(entropyInput: entropyInput, additionalInput: additionalInput)
    reseedCounter = 1
    wipeDeadStack()
  }

  /// Generates (9.3) without asking for entropy: what needs a reseed first is refused.
  public mutating func generate(
    into output: inout MutableSpan<UInt8>, additionalInput: Span<UInt8> = Span(),
    strengthInBits: Int = Mechanism.highestStrengthInBits
  ) throws(DRBGError) {
    try admitRequest(of: output.count, additionalInput, strengthInBits, predictionResistance: false)
    guard reseedCounter <= Self.reseedInterval else { throw .reseedRequired }
    mechanism.generate(into: &output, additionalInput: additionalInput, reseedCounter: reseedCounter)
    reseedCounter &+= 1
    wipeDeadStack()
  }

  // MARK: - With a source

  /// Instantiates (9.1) with entropy input of a source.
  public mutating func instantiate<Source: DRBGEntropySource & ~Copyable>(
    from source: inout Source, personalization: Span<UInt8> = Span(),
    strengthInBits: Int = Mechanism.highestStrengthInBits, predictionResistance: Bool = false
  ) throws(DRBGError) {
    let strength = try admit(strengthInBits, personalization)
    let request = entropyRequest(
      strengthInBits: strength, withNonce: mechanism.usesNonce, predictionResistance: predictionResistance)
    // Steps 6 to 11.
    var outcome = Result<Void, DRBGError>.failure(.entropyUnavailable)
    do throws(DRBGEntropyError) {
      try source.withEntropyInput(request) { entropyInput, nonce in
        outcome = attempt { (drbg) throws(DRBGError) in
          try drbg.instantiate(
            entropyInput: entropyInput, nonce: nonce, personalization: personalization, strengthInBits: strength,
            predictionResistance: predictionResistance)
        }
      }
    } catch {
      // It may have called the body before.
      uninstantiate()
      throw failed(error)
    }
    try outcome.get()
  }

  /// Reseeds (9.2) with entropy input of a source.
  public mutating func reseed<Source: DRBGEntropySource & ~Copyable>(
    from source: inout Source, additionalInput: Span<UInt8> = Span(), predictionResistance: Bool = false
  ) throws(DRBGError) {
    try requireInstantiated()
    if predictionResistance && !hasPredictionResistance { throw .predictionResistanceNotSupported }
    guard additionalInput.count <= mechanism.maximumInputLengthInBytes else { throw .inputTooLong }
    let request = entropyRequest(
      strengthInBits: strengthInBits, withNonce: false, predictionResistance: predictionResistance)
    var outcome = Result<Void, DRBGError>.failure(.entropyUnavailable)
    do throws(DRBGEntropyError) {
      try source.withEntropyInput(request) { entropyInput, _ in
        outcome = attempt { (drbg) throws(DRBGError) in
          try drbg.reseed(entropyInput: entropyInput, additionalInput: additionalInput)
        }
      }
    } catch {
      throw failed(error)
    }
    try outcome.get()
  }

  /// Generates (9.3), after a reseed where prediction resistance is asked for or the seed has reached its end.
  ///
  /// An error leaves the output as it was.
  public mutating func generate<Source: DRBGEntropySource & ~Copyable>(
    into output: inout MutableSpan<UInt8>, reseedingFrom source: inout Source,
    additionalInput: Span<UInt8> = Span(), strengthInBits: Int = Mechanism.highestStrengthInBits,
    predictionResistance: Bool = false
  ) throws(DRBGError) {
    try admitRequest(of: output.count, additionalInput, strengthInBits, predictionResistance: predictionResistance)
    guard predictionResistance || reseedCounter > Self.reseedInterval else {
      return try generate(into: &output, additionalInput: additionalInput, strengthInBits: strengthInBits)
    }
    // Step 7: the additional input goes into the reseed, and the request gets none.
    try reseed(from: &source, additionalInput: additionalInput, predictionResistance: predictionResistance)
    try generate(into: &output, additionalInput: Span(), strengthInBits: strengthInBits)
  }

  // MARK: - The end

  /// Uninstantiates (9.4): wipes the state. It is also the way out of the error state.
  public mutating func uninstantiate() {
    mechanism.wipe()
    reseedCounter = 0
    strengthInBits = 0
    hasPredictionResistance = false
    state = .uninstantiated
  }

  /// Enters the error state (11.3.6): a self test of the mechanism failed, or its source did for good.
  public mutating func fail() {
    uninstantiate()
    state = .failed
  }

  // MARK: - Checks

  /// Steps 1 to 4 of section 9.1.
  private func admit(_ requestedStrengthInBits: Int, _ personalization: Span<UInt8>) throws(DRBGError) -> Int {
    switch state {
    case .uninstantiated: break
    case .instantiated: throw .wrongState
    case .failed: throw .failed
    }
    let strength: Int
    switch requestedStrengthInBits {
    case ...112: strength = 112
    case ...128: strength = 128
    case ...192: strength = 192
    case ...Mechanism.highestStrengthInBits: strength = 256
    default: throw .strengthNotSupported
    }
    guard personalization.count <= mechanism.maximumInputLengthInBytes else { throw .inputTooLong }
    return strength
  }

  /// Steps 1 to 5 of section 9.3.1.
  private func admitRequest(
    of lengthInBytes: Int, _ additionalInput: Span<UInt8>, _ requestedStrengthInBits: Int, predictionResistance: Bool
  ) throws(DRBGError) {
    try requireInstantiated()
    guard lengthInBytes <= mechanism.maximumRequestLengthInBytes else { throw .requestTooLong }
    guard requestedStrengthInBits <= strengthInBits else { throw .strengthNotSupported }
    guard additionalInput.count <= mechanism.maximumInputLengthInBytes else { throw .inputTooLong }
    if predictionResistance && !hasPredictionResistance { throw .predictionResistanceNotSupported }
  }

  private func requireInstantiated() throws(DRBGError) {
    switch state {
    case .instantiated: break
    case .uninstantiated: throw .wrongState
    case .failed: throw .failed
    }
  }

  private func require(_ entropyInput: Span<UInt8>, strengthInBits: Int) throws(DRBGError) {
    let lengths = entropyInputLengths(strengthInBits)
    guard entropyInput.count >= lengths.minimum, entropyInput.count <= lengths.maximum else {
      throw .entropyInputLength
    }
  }

  private func entropyInputLengths(_ strengthInBits: Int) -> (minimum: Int, maximum: Int) {
    // A mechanism that takes one length only names it twice, and it is more than any strength needs.
    let isFixed = mechanism.minimumEntropyInputLengthInBytes == mechanism.maximumEntropyInputLengthInBytes
    return (
      isFixed ? mechanism.minimumEntropyInputLengthInBytes : strengthInBits / 8,
      mechanism.maximumEntropyInputLengthInBytes
    )
  }

  private func entropyRequest(
    strengthInBits: Int, withNonce: Bool, predictionResistance: Bool
  ) -> DRBGEntropyRequest {
    let lengths = entropyInputLengths(strengthInBits)
    return DRBGEntropyRequest(
      minimumEntropyInBits: strengthInBits, minimumLengthInBytes: lengths.minimum,
      maximumLengthInBytes: lengths.maximum, nonceInBits: withNonce ? strengthInBits / 2 : 0,
      predictionResistance: predictionResistance)
  }

  // MARK: - Steps

  private mutating func conclude(strengthInBits: Int, predictionResistance: Bool) {
    self.strengthInBits = strengthInBits
    hasPredictionResistance = predictionResistance
    reseedCounter = 1
    state = .instantiated
    wipeDeadStack()
  }

  private mutating func attempt(
    _ body: (inout Self) throws(DRBGError) -> Void
  ) -> Result<Void, DRBGError> {
    do throws(DRBGError) {
      try body(&self)
      return .success(())
    } catch {
      return .failure(error)
    }
  }

  private mutating func failed(_ error: DRBGEntropyError) -> DRBGError {
    switch error {
    case .unavailable: return .entropyUnavailable
    case .catastrophic:
      fail()
      return .failed
    }
  }
}
