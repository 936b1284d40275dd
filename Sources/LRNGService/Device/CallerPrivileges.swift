// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CService

/// Whether somebody who asks through a device file may do what CAP_SYS_ADMIN permits.
///
/// The kernel says who asks, not what he may. So he has to be root, `/proc` has to show that capability among his effective
/// ones, and his user namespace has to map users as that of this process: root of a container is none here. He waits for
/// the answer meanwhile, so that his number is nobody else's. In doubt it is no.
struct CallerPrivileges: Sendable {
  private let ownMap: String?
  private let folder: String

  init(folder: String = "/proc") {
    self.folder = folder
    ownMap = smallFile("\(folder)/self/uid_map")
  }

  func maySetEntropy(user: UInt32, process: UInt32) -> Bool {
    guard user == 0, process != 0, let ownMap, smallFile("\(folder)/\(process)/uid_map") == ownMap,
      let status = smallFile("\(folder)/\(process)/status")
    else { return false }
    return Self.effectiveCapabilities(status).map { $0 >> UInt64(LRNG_CAP_SYS_ADMIN) & 1 == 1 } ?? false
  }

  /// - Parameter status: The text of `/proc/PID/status`.
  static func effectiveCapabilities(_ status: String) -> UInt64? {
    for line in status.split(separator: "\n") where line.hasPrefix("CapEff:") {
      let digits = line.dropFirst("CapEff:".count).drop { $0 == "\t" || $0 == " " }
      return UInt64(digits, radix: 16)
    }
    return nil
  }
}
