// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

public import LRNGCore

/// What an LRNG consists of and how it is seeded: the content of `/proc/lrng_type`.
public struct Status: Sendable, Equatable {
  /// An entropy source.
  public struct Source: Sendable, Equatable {
    public let kind: EntropySourceKind
    /// Whether it can deliver.
    public let isAvailable: Bool
    /// The bits a seed could get now.
    public let entropyInBits: UInt32
    /// Events for 256 bits (interrupt, scheduler), or bits in 256 bits of data; `nil` for no credit or no rate.
    public let rate: UInt32?
    /// Why it is unavailable, or what else is to say.
    public let reason: String?
    /// Further lines of the reference's display: label and value.
    public let properties: [Property]

    public struct Property: Sendable, Equatable {
      public let label: String
      public let value: String
    }

    /// The name in `/proc/lrng_type`.
    public var title: String { kind.title }
  }

  /// What computes a primitive.
  public struct Implementation: Sendable, Equatable {
    public let primitive: String
    /// The instructions that it is made for, or "portable".
    public let name: String
  }

  public let drng: String
  public let securityStrengthInBits: UInt32
  /// Generators of nodes.
  public let generatorCount: Int
  /// The standards that the mode is designed to meet.
  public let standards: [String]
  public let isMinimallySeeded: Bool
  public let isFullySeeded: Bool
  /// The bits that all sources together could deliver now.
  public let entropyLevelInBits: UInt32
  /// The self tests that failed as a bit mask; `nil` before they ran.
  public let failedSelfTests: UInt32?
  public let hash: String
  /// The fastest that this processor has, less what `LRNG_CPU_FEATURES` leaves out.
  public let implementations: [Implementation]
  /// What makes the output of the generators that threads have behind ``LinuxRandomNumberGenerator``; `nil` where they have
  /// none.
  public let threadGenerator: String?
  public let sources: [Source]
}

extension Status: CustomStringConvertible {
  /// The text of `/proc/lrng_type`, with lines more for the implementations and threads, and one where a source is unavailable.
  public var description: String {
    var lines = [
      "DRNG name: \(drng)",
      "LRNG security strength in bits: \(securityStrengthInBits)",
      "Number of DRNG instances: \(generatorCount)",
      "Standards compliance: \(standards.joined(separator: ", "))",
      "LRNG minimally seeded: \(isMinimallySeeded)",
      "LRNG fully seeded: \(isFullySeeded)",
      "LRNG entropy level: \(entropyLevelInBits)",
      "Implementations: " + implementations.map { "\($0.primitive): \($0.name)" }.joined(separator: ", "),
      "Generators of threads: \(threadGenerator ?? "none")",
    ]
    if let failedSelfTests, failedSelfTests != 0 {
      lines.append("Self tests failed: \(SelfTestKind.names(in: failedSelfTests).joined(separator: ", "))")
    }
    for (index, source) in sources.enumerated() {
      lines.append("Entropy Source \(index) properties:")
      lines.append(" Name: \(source.title)")
      for property in source.properties { lines.append(" \(property.label): \(property.value)") }
      lines.append(" Available: \(source.isAvailable)")
      if let reason = source.reason { lines.append(" Reason: \(reason)") }
    }
    return lines.joined(separator: "\n")
  }
}

extension Status: Encodable {
  private enum CodingKeys: String, CodingKey {
    case drng
    case securityStrengthInBits = "securityStrength"
    case generatorCount = "instances"
    case standards
    case isMinimallySeeded = "minimallySeeded"
    case isFullySeeded = "fullySeeded"
    case entropyLevelInBits = "entropyLevel"
    case failedSelfTests
    case hash
    case implementations
    case threadGenerator
    case sources
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(drng, forKey: .drng)
    try container.encode(securityStrengthInBits, forKey: .securityStrengthInBits)
    try container.encode(generatorCount, forKey: .generatorCount)
    try container.encode(standards, forKey: .standards)
    try container.encode(isMinimallySeeded, forKey: .isMinimallySeeded)
    try container.encode(isFullySeeded, forKey: .isFullySeeded)
    try container.encode(entropyLevelInBits, forKey: .entropyLevelInBits)
    try container.encodeIfPresent(failedSelfTests, forKey: .failedSelfTests)
    try container.encode(hash, forKey: .hash)
    try container.encode(
      Dictionary(implementations.map { ($0.primitive, $0.name) }, uniquingKeysWith: { first, _ in first }),
      forKey: .implementations)
    try container.encode(threadGenerator, forKey: .threadGenerator)
    try container.encode(sources, forKey: .sources)
  }
}

extension Status.Source: Encodable {
  private enum CodingKeys: String, CodingKey {
    case name, title, available, entropy, rate, reason, properties
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind.name, forKey: .name)
    try container.encode(title, forKey: .title)
    try container.encode(isAvailable, forKey: .available)
    try container.encode(entropyInBits, forKey: .entropy)
    try container.encode(rate, forKey: .rate)
    try container.encode(reason, forKey: .reason)
    try container.encode(
      Dictionary(properties.map { ($0.label, $0.value) }, uniquingKeysWith: { first, _ in first }),
      forKey: .properties)
  }
}
