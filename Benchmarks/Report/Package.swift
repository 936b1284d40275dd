// swift-tools-version: 6.2
// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import PackageDescription

// What becomes of the benchmark's numbers. Without dependencies, so that its tests take seconds.

let package = Package(
  name: "Report",
  products: [.library(name: "Report", targets: ["Report"])],
  targets: [
    .target(name: "Report", swiftSettings: [.strictMemorySafety(), .treatAllWarnings(as: .error)]),
    .testTarget(name: "ReportTests", dependencies: ["Report"], swiftSettings: [.treatAllWarnings(as: .error)]),
  ],
  swiftLanguageModes: [.v6]
)
