// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The names that rows have, and the sizes of requests.
public enum Generators {
  public static let fill = "LinuxRandomNumberGenerator"
  public static let next = "LinuxRandomNumberGenerator.next()"
  public static func perRequest(_ drng: String) -> String { "RandomBitGenerator, \(drng)" }
  /// The DRBG by itself: an instance of the thread's own, without the LRNG around it.
  public static func mechanism(_ drng: String) -> String { "DRBG, \(drng)" }

  public static let systemCall = "getrandom(2)"
  public static let vDSO = "vDSO getrandom"
  public static let randBytes = "OpenSSL RAND_bytes"
  public static let symmetricKey = "swift-crypto SymmetricKey"
  public static let systemNext = "SystemRandomNumberGenerator.next()"

  /// What shares nothing and makes nothing random, so that the losses of many threads show for themselves.
  public static let control = "control: no generator.next()"

  public static func isOurs(_ name: String) -> Bool {
    name.hasPrefix("Linux") || name.hasPrefix("RandomBit") || name.hasPrefix("DRBG") || name.hasPrefix("liblrng")
  }
  public static func isNext(_ name: String) -> Bool { name.hasSuffix(".next()") }

  public static let sizes = [16, 32, 64, 128, 4096, 65536]
  /// `next()` makes a `UInt64`.
  public static let nextSize = 8
  /// Many more threads than processors, to see what they lose to each other.
  public static let crowd = 64
}
