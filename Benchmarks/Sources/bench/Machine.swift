// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import COthers
import Foundation

/// What the numbers depend on; no names of hosts and folders.
enum Machine {
  static let processor = "\(line("model name") ?? "unknown processor") (\(family))"

  /// - Parameter threads: How many processors there are is how many threads can be measured.
  static func description() -> [(String, String)] {
    let features = line("flags", "Features")?.split(separator: " ").map(String.init) ?? []
    let telling = ["avx2", "avx512f", "aes", "vaes", "sha_ni", "asimd", "sha2", "sha512"].filter(features.contains)
    let environment = ProcessInfo.processInfo.environment
    return [
      ("processor", "\(processor), \(bench_processor_count()) usable"),
      ("features", telling.joined(separator: " ")),
      ("kernel", unsafe "Linux \(String(cString: bench_kernel_release()))"),
      ("C library", unsafe "glibc \(String(cString: bench_libc_version()))"),
      ("OpenSSL", unsafe String(cString: bench_openssl_version())),
      ("libsodium", unsafe String(cString: bench_sodium_version())),
      // The script says them; nothing in the program knows.
      ("Swift", environment["BENCH_SWIFT_VERSION"] ?? "unknown"),
      ("swift-crypto", environment["BENCH_SWIFT_CRYPTO_VERSION"] ?? "unknown"),
    ]
  }

  private static var family: String {
    let parts = [("family", line("cpu family")), ("model", line("model"))]
    return parts.compactMap { name, value in value.map { "\(name) \($0)" } }.joined(separator: ", ")
  }

  private static func line(_ keys: String...) -> String? {
    for line in (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? [] {
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      if parts.count == 2, keys.contains(parts[0]) { return parts[1] }
    }
    return nil
  }
}
