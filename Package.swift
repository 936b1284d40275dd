// swift-tools-version: 6.2
// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import PackageDescription

/// What can be left out at compile time. The kernel build has Kbuild switches of the same names.
let traits: [(name: String, description: String)] = [
  ("InterruptSource", "Entropy from the time stamps of interrupts"),
  ("SchedulerSource", "Entropy from the time stamps of context switches"),
  ("JitterSource", "Entropy from the execution time jitter of the processor"),
  ("CPUSource", "Entropy from the processor's own generator (RDSEED, RDRAND, RNDR)"),
  ("KernelSource", "Entropy from the kernel's generator, getrandom(2)"),
  ("Oversampling", "Seeding strategy II: SP 800-90C oversampling, s + 64 and s + 128"),
  ("NTG1", "Seeding strategy III: AIS 20/31 class NTG.1, two sources of 240 bits each"),
  ("HealthTests", "SP 800-90B health tests of the internal noise sources"),
  ("SelfTests", "Known-answer tests at power-on and on demand"),
  ("Switching", "Change of DRNG and conditioning hash at run time"),
  ("NUMA", "One DRNG for each NUMA node"),
]

/// What is off unless somebody asks for it.
let extras: Set<Trait> = [
  .trait(name: "SwiftCrypto", description: "The worked example of plugged-in mechanisms: SHA-2 of swift-crypto")
]

let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "lrng",
  products: [
    .library(name: "LRNG", targets: ["LRNG"]),
    .library(name: "LRNGCore", targets: ["LRNGCore"]),
    .library(name: "LRNGAssessment", targets: ["LRNGAssessment"]),
    .library(name: "LRNGSwiftCrypto", targets: ["LRNGSwiftCrypto"]),
    .executable(name: "lrng", targets: ["lrng"]),
  ],
  traits: Set(traits.map { Trait.trait(name: $0.name, description: $0.description) })
    .union(extras)
    .union([.default(enabledTraits: Set(traits.map(\.name)))]),
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // Without its JSON trait: that brings in all of Foundation, which is slow to load.
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
    .package(url: "https://github.com/apple/swift-nio", from: "2.86.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.4"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.7.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
    // Fetched and built with the trait SwiftCrypto only.
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
  ],
  targets: [
    .target(name: "CMemory"),
    .target(name: "CAccelerated"),
    .target(name: "LRNGCore", dependencies: ["CMemory", "CAccelerated"], swiftSettings: strict),
    .target(name: "CLinux"),
    .target(name: "LRNG", dependencies: ["LRNGCore", "CLinux", "CMemory"], swiftSettings: strict),
    .target(name: "LRNGACVP", dependencies: ["LRNGCore"], swiftSettings: strict),
    .target(name: "LRNGAssessment", swiftSettings: strict),
    .target(
      name: "LRNGSwiftCrypto",
      dependencies: [
        "LRNGCore",
        .product(name: "Crypto", package: "swift-crypto", condition: .when(traits: ["SwiftCrypto"])),
      ],
      swiftSettings: strict),
    .target(name: "CService"),
    .target(
      name: "LRNGService",
      dependencies: [
        "LRNG", "LRNGCore", "CService",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "lrng",
      dependencies: [
        "LRNG", "LRNGCore", "LRNGACVP", "LRNGAssessment", "LRNGService", "CMemory",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Configuration", package: "swift-configuration"),
      ],
      swiftSettings: strict,
      // The Swift runtime is in it, so that it runs without a toolchain, and starts sooner.
      linkerSettings: [
        .unsafeFlags(
          ["-static-stdlib", "-use-ld=lld", "-l_FoundationCShims", "-l_FoundationCollections"],
          .when(platforms: [.linux], configuration: .release))
      ]),
    .testTarget(
      name: "LRNGCoreTests",
      dependencies: ["LRNGCore"],
      resources: [.copy("Vectors")],
      swiftSettings: [.treatAllWarnings(as: .error)]),
    .testTarget(
      name: "CAcceleratedTests",
      dependencies: ["CAccelerated", "LRNGCore"],
      swiftSettings: [.treatAllWarnings(as: .error)]),
    .target(name: "CTesting", path: "Tests/CTesting"),
    .testTarget(
      name: "LRNGTests",
      dependencies: ["LRNG", "CTesting"],
      swiftSettings: [.treatAllWarnings(as: .error)]),
    .testTarget(
      name: "LRNGSwiftCryptoTests",
      dependencies: [
        "LRNGSwiftCrypto", "LRNG", "CTesting",
        .product(name: "Crypto", package: "swift-crypto", condition: .when(traits: ["SwiftCrypto"])),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)]),
    .testTarget(
      name: "LRNGACVPTests",
      dependencies: ["LRNGACVP"],
      resources: [.copy("Vectors")],
      swiftSettings: [.treatAllWarnings(as: .error)]),
    .testTarget(
      name: "LRNGAssessmentTests",
      dependencies: ["LRNGAssessment"],
      resources: [.copy("Vectors")],
      swiftSettings: [.treatAllWarnings(as: .error)]),
    .testTarget(
      name: "LRNGServiceTests",
      dependencies: [
        "LRNGService", "LRNG",
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)]),
    .testTarget(
      name: "CLITests",
      dependencies: ["lrng"],
      swiftSettings: [.treatAllWarnings(as: .error)]),
  ],
  swiftLanguageModes: [.v6]
)

#if os(Linux)
  /// How to link a library for programs of all kinds: with the Swift runtime and what that needs in it, and nothing of both
  /// to be seen from outside. It stays when it is unloaded, because threads end later.
  func standalone(_ exports: String, name: String? = nil) -> [LinkerSetting] {
    let scripts = "\(Context.packageDirectory)/Sources/CPreload/link"
    let linker =
      ["--version-script=\(scripts)/\(exports)", "-Bsymbolic", "-znodelete", "-znow", "--as-needed"]
      + (name.map { ["-soname=\($0)"] } ?? [])
    return [
      .unsafeFlags(
        ["-static-stdlib", "-use-ld=lld", "-L\(scripts)", "-Xclang-linker", "-static-libgcc"]
          + linker.flatMap { ["-Xlinker", $0] })
    ]
  }

  // Software that is not written in Swift.
  package.products += [
    .library(name: "lrng-getrandom", type: .dynamic, targets: ["LRNGPreload"]),
    .library(name: "lrng-provider", type: .dynamic, targets: ["LRNGProvider"]),
    // Installed as liblrng.so; the name of the product alone is the program's.
    .library(name: "lrng-c", type: .dynamic, targets: ["LRNGForC"]),
  ]
  package.targets += [
    .target(name: "CPreload", exclude: ["link"]),
    .target(
      name: "LRNGPreload", dependencies: ["LRNG", "CPreload"], swiftSettings: strict,
      linkerSettings: standalone("getrandom.map")),
    .target(name: "CProvider"),
    .target(
      name: "LRNGProvider", dependencies: ["LRNG", "CProvider"], swiftSettings: strict,
      linkerSettings: standalone("provider.map")),
    .target(name: "CLRNG"),
    .target(
      name: "LRNGForC", dependencies: ["LRNG", "CLRNG"], exclude: ["lrng.pc.in"], swiftSettings: strict,
      linkerSettings: standalone("lrng.map", name: "liblrng.so.0")),
  ]

  // For the gate `costs`. It replaces malloc of the C library.
  package.targets += [
    .target(name: "CAllocations", path: "Tests/Gates/costs/allocations"),
    .executableTarget(
      name: "costs",
      dependencies: ["LRNG", "LRNGCore", "CAllocations"],
      path: "Tests/Gates/costs",
      exclude: ["allocations"],
      swiftSettings: [.treatAllWarnings(as: .error)]),
  ]
#endif
