# shellcheck shell=dash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# A Debian with lrng-dkms has booted a kernel that has no module.

unit_failed() { [ "$(systemctl show -P ActiveState lrng-check)" = failed ]; }

refuse "there is no LRNG" test -e /sys/module/lrng
check "/dev/random answers, which is the kernel's" dd if=/dev/random of=/dev/null bs=4096 count=16
check "lrng-check.service fails" within 60 unit_failed
equal "it is the only unit that has failed" lrng-check.service \
  "$(systemctl list-units --failed --plain --no-legend | cut -d ' ' -f 1)"
check "the journal has it as an error" \
  sh -c 'journalctl -b -p err -u lrng-check --no-pager | grep "NO MODULE for kernel $(uname -r)"'
check "who logs in is told" sh -c '/etc/update-motd.d/95-lrng | grep "NO MODULE for kernel $(uname -r)"'
