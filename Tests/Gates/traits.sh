#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Everything that can be left out can be left out: the library builds with each trait off, with combinations that somebody
# may really want, and with all of them off, when the program does so, too. (It has no code of its own for a trait.)
#
# Usage: traits.sh [--soak]     --soak adds every pair of traits off, and LRNGCore with every subset of the traits.
source "$(dirname "$0")/common.sh"

mapfile -t all < <(package_traits)
build=.build-traits

# joined NAME...: with commas.
joined() {
  local IFS=,
  printf '%s' "$*"
}

# without NAME...: all the others, with commas.
without() {
  local one kept=()
  for one in "${all[@]}"; do
    [[ " $* " == *" $one "* ]] || kept+=("$one")
  done
  joined "${kept[@]}"
}

build_with() { swift build --scratch-path "$build" --target LRNG --traits "$1"; }

check "builds with no trait at all" swift build --scratch-path "$build" --product lrng --disable-default-traits
for trait in "${all[@]}"; do
  check "builds without $trait" build_with "$(without "$trait")"
done

# The least that seeds itself; an assessed product.
for combination in JitterSource InterruptSource,JitterSource,HealthTests,SelfTests,Oversampling; do
  check "builds with only $combination" build_with "$combination"
done

if [[ ${1-} == --soak ]]; then
  for ((i = 0; i < ${#all[@]}; i++)); do
    for ((j = i + 1; j < ${#all[@]}; j++)); do
      check "builds without ${all[i]} and ${all[j]}" build_with "$(without "${all[i]}" "${all[j]}")"
    done
  done

  mapfile -t sources < <(find Sources/LRNGCore -name '*.swift' | sort)
  c_module_map >"$scratch/module.modulemap"
  for ((subset = 0; subset < 1 << ${#all[@]}; subset++)); do
    defines=() names=()
    for ((i = 0; i < ${#all[@]}; i++)); do
      if ((subset >> i & 1)); then
        defines+=("-D${all[i]}")
        names+=("${all[i]}")
      fi
    done
    check "LRNGCore compiles with only: ${names[*]}" \
      swiftc -Onone -swift-version 6 -strict-memory-safety -warnings-as-errors -parse-as-library -wmo \
      -module-name LRNGCore "${defines[@]}" -Xcc "-fmodule-map-file=$scratch/module.modulemap" \
      -module-cache-path "$build/modules" -emit-sil -o /dev/null "${sources[@]}"
  done
fi

finish
