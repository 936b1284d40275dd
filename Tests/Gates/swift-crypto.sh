#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The worked example of plugged-in mechanisms costs nothing to those who do not ask for it: without the trait SwiftCrypto
# nobody fetches swift-crypto, let alone builds it. (The tests of the example are run by the gate `sanitizers`.)
source "$(dirname "$0")/common.sh"

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

finish
