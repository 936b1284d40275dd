// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The smallest program that needs random numbers: prints when it had its first byte, and when it had one of a fully seeded
// generator, in nanoseconds of the monotonic clock.

import Glibc
import LRNG

@main
enum ColdStart {
  static func main() throws {
    let first = try time(of: .available)
    let seeded = try time(of: .fullySeeded)
    print(first, seeded)
  }

  private static func time(of quality: QualityOfService) throws -> UInt64 {
    var byte = InlineArray<1, UInt8>(repeating: 0)
    var span = byte.mutableSpan
    try LinuxRandomNumberGenerator(quality: quality).fill(&span)
    var now = timespec()
    // The clock writes to a variable of this function.
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
  }
}
