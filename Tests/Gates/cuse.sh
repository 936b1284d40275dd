#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The release program as the server of /dev/lrng, on a stock kernel with its cuse module, in a virtual machine.
source "$(dirname "$0")/common.sh"
source Kernel/Build/releases.sh

release=$(all_releases | head -n 1)
if [[ $(uname -m) != x86_64 || -z $release ]] || ! command -v qemu-system-x86_64 >/dev/null; then
  skip "/dev/lrng by CUSE" "no kernel or no qemu (make deps)"
  finish
fi
check "lrng builds" swift build -c release --product lrng
for program in cuse devices; do
  check "the test program $program builds" \
    gcc -O2 -static -Wall -Wextra -Werror -o "$scratch/$program" "Tests/Kernel/programs/$program.c"
done
((failures == 0)) || finish

# Half of the program's size are names.
strip -o "$scratch/lrng" .build/release/lrng
# On a busy host the kernel sometimes finds no timer that works when it looks for one. The Swift runtime wants cmpxchg16b.
Tests/Kernel/vm.sh --release "$release" --log cuse --processor max,-vaes --memory 1024 --append no_timer_check \
  --modules cuse --timeout 240 --program "$scratch/lrng" --file "$scratch/cuse" --file "$scratch/devices" cuse ||
  failures=$((failures + 1))
finish
