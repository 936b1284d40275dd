// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CService

/// What `SO_PEERCRED` delivers.
struct PeerCredentials: Sendable {
  static let level = CInt(LRNG_SOL_SOCKET)
  static let option = CInt(LRNG_SO_PEERCRED)

  let process: Int32
  let user: UInt32
  let group: UInt32
}
