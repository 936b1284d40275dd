# shellcheck shell=dash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# A Debian with the package lrng has booted: the service under systemd, in its sandbox.

service() { systemctl show -P "$1" lrng.service; }
is_active() { [ "$(service ActiveState)" = active ]; }

check "the service is started" systemctl enable --now lrng.service
check "systemd knows that it is seeded" within 60 is_active
check "it is well" lrng status --check --socket /run/lrng/socket
check "the state is that of the service" lrng status --socket /run/lrng/socket
process=$(service MainPID)
equal "it is not root" lrng "$(stat -c %U "/proc/$process")"
capabilities() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$process/status"; }
# The bounding set is the unit's: who has no right to narrow it can't gain from it either, with no_new_privs.
for set in CapInh CapPrm CapEff CapAmb; do
  equal "it has no capability ($set)" 0000000000000000 "$(capabilities $set)"
done
equal "it can get none" 1 "$(capabilities NoNewPrivs)"
equal "a filter of system calls is on" 2 "$(capabilities Seccomp)"
check "the EGD socket is there" test -S /run/lrng/egd
exposure=$(systemd-analyze security --no-pager lrng.service | tail -n 1)
case $exposure in
*" "[0-2].*) ok "systemd calls it little exposed (${exposure#*: })" ;;
*) not_ok "systemd calls it little exposed: $exposure" ;;
esac
kill -KILL "$process"
restarted() { is_active && [ "$(service MainPID)" != "$process" ]; }
check "killed, it is back" within 60 restarted
check "and well" within 20 lrng status --check --socket /run/lrng/socket
check "it reloads" systemctl reload lrng.service
check "and is well" within 20 lrng status --check --socket /run/lrng/socket
check "it stops" systemctl stop lrng.service
refuse "it has left no failure" systemctl is-failed lrng.service
check "it leaves a seed for its next start" test -s /var/lib/lrng/seed
equal "which nobody else may read" 600 "$(stat -c %a /var/lib/lrng/seed)"
check "the kernel is fed" systemctl start lrng-boot-seed.service
equal "no unit has failed" "" "$(systemctl list-units --failed --plain --no-legend | grep lrng)"
