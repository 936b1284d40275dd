// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The size of a collection array: of each processor's memory for the noise of one source.
///
/// A larger array is hashed less often, which makes the average event cheaper and the worst one dearer. The two
/// smallest are for machines that count bytes, with continuous compression only.
public enum CollectionSize: UInt32, Sendable {
  case bytes32 = 32
  case bytes64 = 64
  case bytes256 = 256
  case bytes512 = 512
  case bytes1024 = 1024
  case bytes2048 = 2048
  case bytes4096 = 4096
  case bytes8192 = 8192

  public static let `default` = CollectionSize.bytes1024

  public var lengthInBytes: UInt32 { rawValue }

  /// The 32-bit words of host memory that the array needs.
  public var lengthInWords: Int { Int(truncatingIfNeeded: rawValue / 4) }

  /// The events that an array holds at a time, so the most that count when older ones were overwritten, not hashed.
  public func capacityInEvents(at resolution: TimerResolution) -> UInt32 {
    switch resolution {
    case .high: rawValue
    case .low: rawValue / 8
    }
  }
}
