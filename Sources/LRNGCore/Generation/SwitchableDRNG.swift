// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// One of all generators, chosen at run time.
///
/// The states stand side by side, although one at a time is in use: a payload of an enum can't be changed without being
/// moved, and each move would leave a copy of a secret state behind. It also means that two generators can exist for the
/// moment in which one takes over from the other.
public struct SwitchableDRNG: DRNG, ~Copyable {
  /// What is in use.
  public private(set) var algorithm: DRNGAlgorithm

  private var chaCha20 = ChaCha20DRNG()
  private var ctrDRBG = DRBGGenerator(CTRDRBG<AES256>())
  private var hashDRBG = DRBGGenerator(HashDRBG<SHA512>())
  private var hmacDRBG = DRBGGenerator(HMACDRBG<SHA512>())
  private var hardware = HardwareDRNG()
  private var external = ExternalDRNGState()
  /// An external generator begins with its first seed: an initialiser can't report that it refuses.
  private var hasBegun = false

  /// A generator without a seed.
  public init(_ algorithm: DRNGAlgorithm = .chaCha20) {
    self.algorithm = algorithm
  }

  public mutating func seed(_ material: Span<UInt8>) throws(DRNGError) {
    if !hasBegun {
      try begin(algorithm)
      hasBegun = true
    }
    try seed(algorithm, material)
  }

  public mutating func generate(
    into output: inout MutableSpan<UInt8>, additionalInput: Span<UInt8>
  ) throws(DRNGError) {
    try generate(algorithm, into: &output, additionalInput: additionalInput)
  }

  private mutating func generate(
    _ algorithm: DRNGAlgorithm, into output: inout MutableSpan<UInt8>, additionalInput: Span<UInt8>
  ) throws(DRNGError) {
    switch algorithm {
    case .chaCha20: try chaCha20.generate(into: &output, additionalInput: additionalInput)
    case .ctrDRBG: try ctrDRBG.generate(into: &output, additionalInput: additionalInput)
    case .hashDRBG: try hashDRBG.generate(into: &output, additionalInput: additionalInput)
    case .hmacDRBG: try hmacDRBG.generate(into: &output, additionalInput: additionalInput)
    case .hardware: try hardware.generate(into: &output, additionalInput: additionalInput)
    case .external: try external.generate(into: &output, additionalInput: additionalInput)
    }
  }

  public mutating func wipe() {
    wipe(algorithm)
    hasBegun = false
  }

  #if Switching
    /// What a successor was seeded with.
    enum SuccessorSeed {
      /// Output of the generator before, and the seed of the sources if there was one.
      case predecessor
      /// The seed of the sources alone.
      case sources
      /// Nothing: it is to begin without a seed.
      case none
    }

    /// Makes a successor, seeded with the material and with output of this generator, which goes on to serve.
    ///
    /// The material comes first, so that a DRBG is instantiated by it.
    ///
    /// - Parameters:
    ///   - next: One that has a state of its own: not what is in use, and from one external generator to another the way
    ///     leads over one of ours.
    ///   - material: Fresh material, a ``SeedBuffer``, or nothing.
    ///   - additionalInput: For the request that this generator serves its successor with.
    /// - Returns: What is in it. A generator that fails has no output for its successor, but can be replaced.
    mutating func prepare(
      _ next: DRNGAlgorithm, seed material: Span<UInt8>, additionalInput: Span<UInt8>
    ) throws(DRNGError) -> SuccessorSeed {
      guard !next.sharesState(with: algorithm) else { throw .failed }
      // More than one and a half times the strength, so that it alone could instantiate a DRBG (SP 800-90A, 8.6.7).
      var bridge = Secret(InlineArray<64, UInt8>(repeating: 0))
      defer { bridge.wipe() }
      try begin(next)
      do throws(DRNGError) {
        if !material.isEmpty { try seed(next, material) }
        do throws(DRNGError) {
          var bytes = bridge.value.mutableSpan
          try generate(into: &bytes, additionalInput: additionalInput)
        } catch {
          guard material.isEmpty else { return .sources }
          wipe(next)
          return .none
        }
        try seed(next, bridge.value.span)
        return .predecessor
      } catch {
        wipe(next)
        throw error
      }
    }

    /// Goes on as the successor that was prepared, and wipes what served before.
    mutating func takeOver(as next: DRNGAlgorithm) {
      wipe(algorithm)
      algorithm = next
      hasBegun = true
    }

    /// Gives a successor up that was prepared. The entropy that its seed had comes back as output of it.
    mutating func abandon(_ next: DRNGAlgorithm, additionalInput: Span<UInt8>) {
      var bridge = Secret(InlineArray<64, UInt8>(repeating: 0))
      var bytes = bridge.value.mutableSpan
      // Nothing depends on it: it is not credited.
      try? generate(next, into: &bytes, additionalInput: additionalInput)
      try? seed(bridge.value.span)
      bridge.wipe()
      wipe(next)
    }

    /// Goes on as another generator without a seed.
    mutating func startOver(as next: DRNGAlgorithm) {
      wipe()
      algorithm = next
    }
  #endif

  private mutating func begin(_ algorithm: DRNGAlgorithm) throws(DRNGError) {
    switch algorithm {
    case .chaCha20, .ctrDRBG, .hashDRBG, .hmacDRBG: break
    case .hardware(let instruction): hardware.use(instruction)
    case .external(let table): try external.begin(table)
    }
  }

  private mutating func seed(_ algorithm: DRNGAlgorithm, _ material: Span<UInt8>) throws(DRNGError) {
    switch algorithm {
    case .chaCha20: try chaCha20.seed(material)
    case .ctrDRBG: try ctrDRBG.seed(material)
    case .hashDRBG: try hashDRBG.seed(material)
    case .hmacDRBG: try hmacDRBG.seed(material)
    case .hardware: try hardware.seed(material)
    case .external: try external.seed(material)
    }
  }

  private mutating func wipe(_ algorithm: DRNGAlgorithm) {
    switch algorithm {
    case .chaCha20: chaCha20.wipe()
    case .ctrDRBG: ctrDRBG.wipe()
    case .hashDRBG: hashDRBG.wipe()
    case .hmacDRBG: hmacDRBG.wipe()
    case .hardware: hardware.wipe()
    case .external: external.wipe()
    }
  }
}
