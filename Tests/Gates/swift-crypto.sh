#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The worked example of plugged-in mechanisms: with the trait SwiftCrypto its tests pass, and without it nobody fetches
# swift-crypto, let alone builds it.
source "$(dirname "$0")/common.sh"

build=.build-swift-crypto
log=$scratch/log

# user TRAITS: a package that depends on this one, with everything it needs fetched.
user() {
  mkdir -p "$scratch/user/Sources/user"
  printf 'import LRNG\n' >"$scratch/user/Sources/user/user.swift"
  cat >"$scratch/user/Package.swift" <<MANIFEST
// swift-tools-version: 6.2
import PackageDescription
let package = Package(
  name: "user",
  dependencies: [.package(name: "lrng", path: "$root", traits: [$1])],
  targets: [.target(name: "user", dependencies: [.product(name: "LRNG", package: "lrng")])])
MANIFEST
  rm -rf "$scratch/user/.build" "$scratch/user/Package.resolved"
  swift package --package-path "$scratch/user" resolve
}

# fetched: whether swift-crypto is among it.
fetched() { [[ -d $scratch/user/.build/checkouts/swift-crypto ]]; }

name="a package that uses LRNG fetches swift-crypto with the trait SwiftCrypto only"
if user '.defaults' >"$log" 2>&1 && ! fetched && user '.defaults, "SwiftCrypto"' >"$log" 2>&1 && fetched; then
  ok "$name"
else
  not_ok "$name"
  tail -n 20 "$log" | explain
fi

# What was resolved with the trait must not let the next build without it fetch swift-crypto.
[[ ! -f Package.resolved ]] || cp Package.resolved "$scratch/resolved"
swift_tests 'SHA-2 of swift-crypto' --scratch-path "$build" --traits default,SwiftCrypto --filter LRNGSwiftCryptoTests
if [[ -f $scratch/resolved ]]; then cp "$scratch/resolved" Package.resolved; else rm -f Package.resolved; fi

finish
