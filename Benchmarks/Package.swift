// swift-tools-version: 6.2
// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import PackageDescription

// A package of its own, so that users of LRNG get no dependency on OpenSSL and libsodium.

let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "Benchmarks",
  dependencies: [
    .package(name: "lrng", path: ".."),
    .package(path: "Report"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
  ],
  targets: [
    .target(name: "COthers", linkerSettings: [.linkedLibrary("crypto"), .linkedLibrary("sodium")]),
    .executableTarget(
      name: "bench",
      dependencies: [
        "COthers", "Report",
        .product(name: "LRNG", package: "lrng"),
        .product(name: "LRNGCore", package: "lrng"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict),
    // Links nothing but LRNG: its start is what is measured.
    .executableTarget(
      name: "coldstart",
      dependencies: [.product(name: "LRNG", package: "lrng")],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
