#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The kernel modules in a virtual machine, on each stock kernel that `make deps` got: each line below is one boot. What runs
# there is in Tests/Kernel/guest, and Tests/Kernel/vm.sh says what emulation can't show.
#
# --soak adds what takes long: torture on 16 processors in 8 nodes, and all of it on the kernel with KASAN, UBSAN, lockdep and
# kmemleak.

source "$(dirname "$0")/common.sh"
source Kernel/Build/releases.sh

soak=
[[ ${1-} != --soak ]] || soak=yes

if [[ $(uname -m) != x86_64 ]]; then
  skip 'the kernel modules' 'they are for x86-64'
  finish
fi
if [[ -z $(all_releases) ]]; then
  skip 'the kernel modules' 'no stock kernel is here: run `make deps`'
  finish
fi

# boot RELEASE OPTION... SCRIPTS: its lines are ours. Whether it failed it says by "not ok" as well as by its status.
boot() {
  local release=$1 status=0
  shift
  Tests/Kernel/vm.sh --release "$release" "$@" || status=$?
  ((status == 0)) || failures=$((failures + 1))
}

check 'the modules build' Kernel/Build/modules.sh
check 'the test programs and modules build' Tests/Kernel/build.sh
((failures == 0)) || finish

mapfile -t releases < <(all_releases)
for release in "${releases[@]}"; do
  boot "$release" --timeout 400 --log "$release-interfaces" takeover,syscalls,devices,vdso,sysctl,unseeded
  boot "$release" --timeout 400 --log "$release-matrix" matrix
done
finish
