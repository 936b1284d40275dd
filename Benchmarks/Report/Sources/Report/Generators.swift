// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The names that rows have, and the sizes of requests.
public enum Generators {
  public static let fill = "LinuxRandomNumberGenerator"
  public static let next = "LinuxRandomNumberGenerator.next()"
  public static func perRequest(_ drng: String) -> String { "RandomBitGenerator, \(drng)" }
  /// The DRBG by itself: an instance of the thread's own, without the LRNG around it.
  public static func mechanism(_ drng: String) -> String { "DRBG, \(drng)" }

  // The front ends: ways to this project's generators for programs that are not written in Swift.
  public static let preload = "liblrng-getrandom.so"
  public static let provider = "liblrng-provider.so, RAND_bytes"
  public static let egdSocket = "lrng serve, EGD socket"
  public static let nativeSocket = "lrng serve, native socket"
  public static let frontEnds = [preload, provider, nativeSocket, egdSocket]

  public static let systemCall = "getrandom(2)"
  public static let vDSO = "vDSO getrandom"
  public static let randBytes = "OpenSSL RAND_bytes"
  public static let symmetricKey = "swift-crypto SymmetricKey"
  public static let systemNext = "SystemRandomNumberGenerator.next()"

  /// What shares nothing and makes nothing random, so that the losses of many threads show for themselves.
  public static let control = "control: no generator.next()"

  public static func isOurs(_ name: String) -> Bool {
    name.hasPrefix("Linux") || name.hasPrefix("RandomBit") || name.hasPrefix("DRBG") || name.hasPrefix("liblrng")
      || isSocket(name)
  }
  /// What a process of its own makes.
  public static func isSocket(_ name: String) -> Bool { name.hasPrefix("lrng serve") }
  public static func isNext(_ name: String) -> Bool { name.hasSuffix(".next()") }

  public static let sizes = [16, 32, 64, 128, 4096, 65536]
  /// The sizes of requests through the front ends that the table of requests has, and all that are measured by sockets.
  public static let frontEndSizes = [16, 4096]
  /// `next()` makes a `UInt64`.
  public static let nextSize = 8
  /// Many more threads than processors, to see what they lose to each other.
  public static let crowd = 64
}
