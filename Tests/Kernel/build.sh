#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Builds what runs in the virtual machine: the programs (static, so that they need no files there) and the test modules of
# each kernel, into .build/kernel/guest.
#
# Usage: build.sh [RELEASE...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source Kernel/Build/releases.sh

guest=.build/kernel/guest
mkdir -p "$guest"
# Gates run side by side.
exec 9>"$guest.lock"
flock 9
for program in Tests/Kernel/programs/*.c; do
  binary=$guest/$(basename "$program" .c)
  [[ $binary -nt $program && -z $(find Tests/Kernel/programs -name '*.h' -newer "$binary") ]] ||
    gcc -O2 -static -Wall -Wextra -Werror -o "$binary" "$program" -lpthread
done

releases=("$@")
((${#releases[@]} > 0)) || mapfile -t releases < <(all_releases)
for release in "${releases[@]}"; do
  tree=$PWD/.build/kernel/guest-$release
  mkdir -p "$tree" "$guest/$release"
  [[ -n $(find Tests/Kernel/modules -newer "$guest/$release/.complete" -print -quit 2>/dev/null || printf new) ]] || continue
  cp -u --preserve=timestamps Tests/Kernel/modules/* Kernel/include/lrng.h "$tree/"
  make -s -C "$(headers_of "$release")" M="$tree" KCFLAGS=-Werror modules >"$tree/log" 2>&1 || {
    cat "$tree/log" >&2
    exit 1
  }
  cp "$tree"/*.ko "$guest/$release/"
  touch "$guest/$release/.complete"
done
