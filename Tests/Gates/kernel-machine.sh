#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The virtual machine of the kernel tests says no when it has to: a test that cannot fail proves nothing.
#
# With the debug kernel (Tests/Kernel/debug-kernel.sh), if it is built or --soak is given: each of its detectors detects.
source "$(dirname "$0")/common.sh"
source Kernel/Build/releases.sh

if [[ $(uname -m) != x86_64 ]]; then
  skip "the virtual machine says no" "the modules are for x86-64"
  finish
fi
release=$(all_releases | head -n 1)
if [[ -z $release ]] || ! command -v qemu-system-x86_64 >/dev/null; then
  skip "the virtual machine says no" "no kernel or no qemu (make deps)"
  finish
fi

# says_no NAME PATTERN OPTION...: passes when the machine fails and says why.
says_no() {
  local name=$1 pattern=$2 output=$scratch/output status=0
  shift 2
  Tests/Kernel/vm.sh "$@" >"$output" 2>&1 || status=$?
  if ((status != 0)) && grep -qE "$pattern" "$output"; then
    ok "$name"
  else
    not_ok "$name"
    explain <"$output"
  fi
}

check "the test modules build" Tests/Kernel/build.sh "$release"
((failures == 0)) || finish
says_no "a warning in the kernel's log is a failure" 'WARNING: .*lrng_fault' \
  --release "$release" --log machine-warning faults warning
says_no "a script that ends early has failed" 'faults ended early' --release "$release" --log machine-early faults early
says_no "a machine that does not end has failed" 'did not come to an end' \
  --release "$release" --log machine-hang --timeout 1 faults

status=0
build=(--if-built)
[[ ${1-} != --soak ]] || build=()
debug=$(Tests/Kernel/debug-kernel.sh "${build[@]}" 2>"$scratch/debug") || status=$?
if ((status == 69)) && [[ ${1-} != --soak ]]; then
  skip "the debug kernel finds faults" "it is not built (Tests/Kernel/debug-kernel.sh, or make soak)"
  finish
elif ((status != 0)); then
  not_ok "the debug kernel builds"
  explain <"$scratch/debug"
  finish
fi
check "the test modules build for the debug kernel" Tests/Kernel/build.sh "$debug"
# Each says no more after its first fault, and lockdep not after that of another.
says_no "the debug kernel finds faults" 'the kernel logged a fault' \
  --release "$debug" --log machine-debug faults lock shift memory sleep leak
found() {
  if grep -qE "$2" .build/kernel/logs/machine-debug.log; then ok "$1"; else not_ok "$1"; fi
}
found "UBSAN finds a shift by too much" 'UBSAN: shift-out-of-bounds'
found "KASAN finds the use of freed memory" 'BUG: KASAN: use-after-free'
found "sleeping with a lock held is found" 'BUG: sleeping function called from invalid context'
found "lockdep finds locks taken in two orders" 'WARNING: possible circular locking dependency'
found "kmemleak finds memory that nobody points at" 'kmemleak: [0-9]+ new suspected memory leaks'
finish
