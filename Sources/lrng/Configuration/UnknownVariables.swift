// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import FoundationEssentials

/// Environment variables that look like settings and are none.
///
/// They are no error: other programs may use the prefix. But somebody who misspells one should be able to find out.
enum UnknownVariables {
  /// What the library reads itself.
  private static let ofLibrary: Set<String> = ["LRNG_CPU_FEATURES"]

  static var all: [String] {
    let known = Set(ConfigurationKey.all.map(\.variable)).union(ofLibrary)
    return ProcessInfo.processInfo.environment.keys.filter { $0.hasPrefix("LRNG_") && !known.contains($0) }.sorted()
  }
}
