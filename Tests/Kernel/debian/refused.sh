# shellcheck shell=dash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# A Debian with lrng-dkms has booted a kernel that loads no module without a signature that it knows.

unit_failed() { [ "$(systemctl show -P ActiveState lrng-check)" = failed ]; }

refuse "there is no LRNG" test -e /sys/module/lrng
check "/dev/random answers, which is the kernel's" dd if=/dev/random of=/dev/null bs=4096 count=16
check "lrng-check.service fails" within 60 unit_failed
check "who logs in is told" sh -c '/etc/update-motd.d/95-lrng | grep "NOT LOADED on kernel $(uname -r)"'
check "apt-get purge succeeds" apt-get purge -y lrng-dkms
