#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Builds the modules for kernels: .build/kernel/RELEASE/*.ko.
#
#     source.sh ──► .build/kernel/source ──┬──► RELEASE/tree ── Kbuild of that kernel ──► RELEASE/*.ko
#      (Swift, once for all kernels)       └──► …
#
# What is up to date is left alone.
#
# Usage: modules.sh [--fresh] [RELEASE...]     Default: all that `make deps` got. LRNG_CONFIG names another file of options,
#                                              whose name is then appended to RELEASE; LRNG_MAKE has arguments for Kbuild.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source Kernel/Build/releases.sh

fresh=
if [[ ${1-} == --fresh ]]; then
  fresh=yes
  shift
fi
wanted=("$@")
((${#wanted[@]} > 0)) || mapfile -t wanted < <(all_releases)
((${#wanted[@]} > 0)) || {
  # shellcheck disable=SC2016
  printf 'error: no kernel to build for: run `make deps`, or install linux-headers and say KERNEL=release\n' >&2
  exit 69
}

source=$(Kernel/Build/source.sh)
variant=${source#"$PWD/.build/kernel/source"}

# Gates run side by side.
exec 8>"$PWD/.build/kernel/modules.lock"
flock 8

build() {
  local release=$1 target=$PWD/.build/kernel/$1$variant headers arguments
  headers=$(headers_of "$release")
  read -r -a arguments <<<"${LRNG_MAKE-}"
  [[ -z $fresh ]] || rm -rf "$target"
  if [[ -e $target/lrng.ko && -z $(find "$source" "$headers/.config" -type f -newer "$target/lrng.ko" -print -quit) ]]; then
    return 0
  fi
  printf 'kernel: building for %s\n' "$release$variant"
  mkdir -p "$target/tree"
  cp -ru --preserve=timestamps "$source/." "$target/tree/"
  # A kernel that checks memory accesses gets a Swift half of its own, which has them checked.
  if grep -qx CONFIG_KASAN_GENERIC=y "$headers/.config"; then
    LRNG_KASAN=$(sed -n 's/^CONFIG_KASAN_SHADOW_OFFSET=//p' "$headers/.config") \
      Kernel/Build/core.sh "$target/tree/lrng_core.o_shipped" "${LRNG_CONFIG:-Kernel/config}"
  fi
  make -s -j "$(nproc)" -C "$headers" M="$target/tree" "${arguments[@]}" modules >"$target/log" 2>&1 || {
    grep -vE '^make|BTF' "$target/log" >&2 || true
    return 1
  }
  # BTF needs the kernel's own debugging data, which headers do not bring; the modules do without.
  grep -vE '^make|Skipping BTF' "$target/log" >&2 || true
  cp "$target"/tree/lrng*.ko "$target/"
}

for release in "${wanted[@]}"; do build "$release"; done
