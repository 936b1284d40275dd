# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# A guest whose virtio-rng is fed from outside: /dev/hwrng has bytes, and no block of them twice.

check "the driver of virtio-rng loads" modprobe -a virtio_pci virtio-rng
check "virtio-rng is the hardware generator" grep -q '^virtio_rng' /sys/class/misc/hw_random/rng_current
dd if=/dev/hwrng of=/tmp/bytes bs=64 count=64 iflag=fullblock 2>/dev/null
equal "it delivers 4096 bytes" 4096 "$(stat -c %s /tmp/bytes)"
different=$(hexdump -v -e '16/1 "%02x" "\n"' /tmp/bytes | sort -u | wc -l)
equal "no 16 bytes of them come twice" 256 "$different"
