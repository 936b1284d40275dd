#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# LRNGCore compiles, allocating nothing, for the processors that a kernel host may meet: 64 and 32 bits, with nothing
# underneath.
source "$(dirname "$0")/common.sh"

mapfile -t sources < <(find Sources/LRNGCore -name '*.swift' | sort)
traits=()
while IFS= read -r trait; do traits+=("-D$trait"); done < <(package_traits)

cat >"$scratch/module.modulemap" <<MAP
module CMemory {
  umbrella "$root/Sources/CMemory/include"
  export *
}
MAP

compile() {
  swiftc -target "$1" "${embedded_flags[@]}" -O -swift-version 6 -strict-memory-safety -warnings-as-errors \
    -module-name LRNGCore "${traits[@]}" -Xcc "-fmodule-map-file=$scratch/module.modulemap" \
    -module-cache-path .build-embedded/portability-modules -c -o "$scratch/$1.o" "${sources[@]}"
}

for triple in aarch64-none-none-elf riscv64-none-none-eabi armv7-none-none-eabi i686-unknown-none-elf; do
  check "LRNGCore compiles for $triple" compile "$triple"
done

finish
