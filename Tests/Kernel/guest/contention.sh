# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Four readers share no lock of the LRNG. For a kernel that counts waits for locks (the debug kernel), with four processors.

load
check "the LRNG takes over" within 60 taken_over
lock_statistics on
for reader in 1 2 3 4; do
  taskset -c $((reader - 1)) dd if=/dev/urandom of=/dev/null bs=256 count=2000 2>/dev/null &
done
wait
lock_statistics off
equal "something was counted" yes "$([ "$(wc -l </proc/lock_stat)" -gt 20 ] && echo yes)"
equal "four readers of 256 bytes wait for no lock of the LRNG" "" "$(contended 'lrng|auxiliary_lock|seeding_lock|jitter_lock')"
