# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# __vdso_getrandom before, during and after a takeover, by processes that are new, and by one that was there before and
# still had bytes in its state.

control vdso self
vdso follow >/tmp/followed &
follower=$!
load
check "the LRNG takes over" within 30 taken_over
# The state of a process that was there may hold bytes of the stock generator; they must not be served any more.
if ! grep -q skip /tmp/followed; then
  check "a process that was there makes system calls now" within 20 grep -q syscall /tmp/followed
fi
run vdso syscall
unload
if ! grep -q skip /tmp/followed; then
  sleep 1
  equal "it went from the one to the other and back" "self syscall self" "$(tr '\n' ' ' </tmp/followed | sed 's/ $//')"
fi
kill "$follower" 2>/dev/null
control vdso self
