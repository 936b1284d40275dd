#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The kernel modules in virtual machines that are busy all the time: the takeover's end within 5 s, whatever is in use; torture
# on 4 processors in 2 nodes and on 16 in 8; and what requests and events cost. Nothing else should run beside this: there is
# one machine for each processor of the host.

source "$(dirname "$0")/common.sh"
source Tests/Gates/machines.sh

check 'the modules build' Kernel/Build/modules.sh
check 'the test programs and modules build' Tests/Kernel/build.sh
((failures == 0)) || finish

# Since 6.4 a livepatch rewrites thousands of places in the kernel and stops all other processors three times for each, which
# is nothing but here, where they take turns: how long it takes says nothing about the takeover.
hand_back() {
  local release=$1 major minor processors=4
  IFS=.- read -r major minor _ <<<"$release"
  ((major < 6 || (major == 6 && minor < 4))) || processors=1
  boot "$release" --timeout 400 --log "handback-$release" --processors "$processors" --modules virtio_pci,virtio-rng \
    --device virtio-rng-pci handback
}

# The readers give their processor away after each request, without which each of these stops would wait for all of them as
# long as QEMU lets a processor go on: 0.1 s.
torture() { boot "$1" --timeout 600 --log "torture-$1" --processors 4 --nodes 2 torture 1; }
torture_16() { boot "$1" --timeout 900 --log "torture-16-$1" --processors 16 --nodes 8 --memory 2048 torture 1; }

costs() { Tests/Kernel/bench.sh --check || failures=$((failures + 1)); }

# The newest kernel takes longest.
mapfile -t releases < <(printf '%s\n' "${releases[@]}" | sort -rV)
jobs=()
for release in "${releases[@]}"; do jobs+=("hand_back $release"); done
# This one has a single processor, whatever QEMU it is. Torture may take all that the host has.
run_jobs "$(nproc)" "${jobs[@]}" costs
jobs=()
for task in torture_16 torture; do
  for release in "${releases[@]}"; do jobs+=("$task $release"); done
done
run_jobs "$(nproc)" "${jobs[@]}"
finish
