# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Faults on purpose, one for each argument; "early" ends the script before its end. All lines of results are good: it is
# vm.sh that has to say no.

for kind in "$@"; do
  [ "$kind" != early ] || exit 0
  modprobe lrng_fault kind="$kind"
  ok "did: $kind"
  rmmod lrng_fault
done
