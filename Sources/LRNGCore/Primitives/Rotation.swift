// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

extension FixedWidthInteger {
  /// ROTR of FIPS 180-4, section 2.2.2. `count` is 0 or more and less than the width.
  @inline(__always)
  func rotatedRight(_ count: Int) -> Self {
    (self &>> Self(truncatingIfNeeded: count)) | (self &<< Self(truncatingIfNeeded: Self.bitWidth &- count))
  }

  /// The rotation of RFC 8439 and FIPS 202. `count` is 0 or more and less than the width.
  @inline(__always)
  func rotatedLeft(_ count: Int) -> Self {
    (self &<< Self(truncatingIfNeeded: count)) | (self &>> Self(truncatingIfNeeded: Self.bitWidth &- count))
  }
}
