// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CLinux
public import LRNGCore

// The generators and hashes that can be chosen by name.

extension DRNGAlgorithm {
  /// The generator of this processor XOR ChaCha20, `nil` where the processor has none. See ``HardwareDRNG``.
  public static var hardware: DRNGAlgorithm? {
    guard lrng_cpu_random_features() & CUnsignedInt(LRNG_CPU_RANDOM.rawValue) != 0 else { return nil }
    // Writes one word; called only where the processor has the instruction.
    return unsafe .hardware(HardwareRandomInstruction(name: hardwareName) { _, word in unsafe lrng_cpu_random(word) })
  }

  #if arch(arm64)
    private static var hardwareName: StaticString { "RNDR" }
  #else
    private static var hardwareName: StaticString { "RDRAND" }
  #endif

  /// What can be chosen on this machine, the default first.
  public static var all: [DRNGAlgorithm] {
    [.chaCha20, .ctrDRBG, .hashDRBG, .hmacDRBG] + (hardware.map { [$0] } ?? [])
  }

  /// The generator of that name, in any case of letters.
  public init?(named name: String) {
    guard let algorithm = Self.all.first(where: { "\($0.name)".lowercased() == name.lowercased() }) else { return nil }
    self = algorithm
  }
}

extension HashAlgorithm {
  /// What can be chosen on any machine, the default first.
  public static let all: [HashAlgorithm] = [.sha256, .sha512, .sha3_256, .sha3_512]

  /// The hash of that name, in any case of letters.
  public init?(named name: String) {
    guard let algorithm = Self.all.first(where: { "\($0.name)".lowercased() == name.lowercased() }) else { return nil }
    self = algorithm
  }
}

extension SelfTestKind {
  /// All self tests, in the order of their numbers.
  public static let all = (UInt8(0)..<32).compactMap(SelfTestKind.init(rawValue:))

  /// The names of the tests in a mask.
  static func names(in mask: UInt32) -> [String] {
    all.filter { mask & $0.bit != 0 }.map { "\($0.name)" }
  }
}
