# shellcheck shell=dash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# A Debian with lrng-dkms has booted. At the end the package is gone.

unit_ended() { [ "$(systemctl show -P ActiveState lrng-check)" = inactive ]; }

check "the LRNG takes over by itself" within 60 taken_over
# The kernel's lines are in the order of their times.
first() { dmesg | grep -n "$1" | head -n 1 | cut -d : -f 1; }
loaded=$(first 'lrng: .* generators')
root=$(first 'systemd\[1\]: systemd .* running in system mode')
if [ "${loaded:-0}" -gt 0 ] && [ "$loaded" -lt "${root:-0}" ]; then
  ok "the initramfs loads it, before there is a root file system"
else
  not_ok "the initramfs loads it, before there is a root file system: line ${loaded:-none} of the log, root ${root:-none}"
fi
check "/dev/random answers" dd if=/dev/random of=/dev/null bs=4096 count=16
check "lrng-check.service is content" within 60 unit_ended
equal "no unit has failed" "" "$(systemctl list-units --failed --plain --no-legend)"
equal "who logs in is told nothing" "" "$(/etc/update-motd.d/95-lrng)"

check "apt-get purge succeeds in the running system" apt-get purge -y lrng-dkms
refuse "lrng is unloaded" test -e /sys/module/lrng
refuse "lrng_takeover is unloaded" test -e /sys/module/lrng_takeover
check "the kernel's generator is back" logged "are the kernel's again"
check "/dev/random answers afterwards" dd if=/dev/random of=/dev/null bs=4096 count=16
equal "DKMS knows nothing of it" "" "$(dkms status 2>/dev/null)"
equal "no initramfs has it" "" "$(for initrd in /boot/initrd.img-*; do lsinitramfs "$initrd" | grep 'lrng.*ko'; done)"
