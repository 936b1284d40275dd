#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# LRNGCore compiles for the processors that a kernel host may meet, with nothing underneath, and asks for nothing but
# the memory functions and the arithmetic helpers that every compiler for that processor brings.
#
# -no-allocations, the compiler's proof, holds for 64 bits only: where UInt64 is wider than Int, each conversion drags
# in the unused conformances of UInt64.Words, which allocate. So the 32-bit objects prove it by linking: what the
# functions of the core can reach contains no allocation.
source "$(dirname "$0")/common.sh"

mapfile -t sources < <(find Sources/LRNGCore -name '*.swift' | sort)
traits=()
while IFS= read -r trait; do traits+=("-D$trait"); done < <(package_traits)
c_module_map >"$scratch/module.modulemap"

compile() {
  local triple=$1 flags=()
  for flag in "${embedded_flags[@]}"; do
    if [[ $triple =~ ^(armv7|i686) && $flag == -no-allocations ]]; then flag=-function-sections; fi
    flags+=("$flag")
  done
  swiftc -target "$triple" "${flags[@]}" -O -swift-version 6 -strict-memory-safety -warnings-as-errors \
    -module-name LRNGCore "${traits[@]}" -Xcc "-fmodule-map-file=$scratch/module.modulemap" \
    -module-cache-path .build-embedded/portability-modules -c -o "$scratch/$triple.o" "${sources[@]}"
}

# needs TRIPLE: prints what the functions of the core need and do not have.
needs() {
  local roots=()
  mapfile -t roots < <(
    "$(tool llvm-nm)" --defined-only --extern-only "$scratch/$1.o" | sed -n 's/^[0-9a-f]* T \(\$e8LRNGCore.*\)/-u\1/p'
  )
  "$(tool ld.lld)" -r --gc-sections "${roots[@]}" -o "$scratch/linked.o" "$scratch/$1.o"
  "$(tool llvm-nm)" --undefined-only --format=just-symbols "$scratch/linked.o" |
    grep -vxE '(mem(set|cpy|move)|__aeabi_mem(clr|set|cpy|move)[48]?|_GLOBAL_OFFSET_TABLE_)' |
    grep -vxE '__u?(div|mod)di3|__aeabi_u?ldivmod|__aeabi_u?idiv(mod)?' || true
}

for triple in aarch64-none-none-elf riscv64-none-none-eabi armv7-none-none-eabi i686-unknown-none-elf; do
  check "LRNGCore compiles for $triple" compile "$triple"
  [[ -f $scratch/$triple.o ]] || continue
  needs "$triple" >"$scratch/objections" 2>&1 || true
  verdict "LRNGCore for $triple needs only memory functions and division" "$scratch/objections"
done

finish
