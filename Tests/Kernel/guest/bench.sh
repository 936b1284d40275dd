# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Costs on the stock kernel, and then with the LRNG in its place. No Jitter RNG: its clock counts instructions here.

measure() {
  dmesg -c >/dev/null
  bench | sed "s/^row/row $1/"
  insmod "/lib/modules/$(uname -r)/extra/lrng_bench.ko" 2>/dev/null
  dmesg | sed -n "s/.*lrng_bench: row/row $1/p; s/.*] row/row $1/p"
}

sleep 4
measure stock
load jent=0 takeover=never "$@"
# Enough events to know the counter's step, and the arrays in use.
sleep 2
dmesg -c >/dev/null
insmod "/lib/modules/$(uname -r)/extra/lrng_bench.ko" 2>/dev/null
dmesg | sed -n "s/.*] row/row loaded/p"
echo now >"$parameters/takeover"
within 60 taken_over || not_ok "takes over"
sleep 4
dd if=/dev/urandom of=/dev/random bs=512 count=1 2>/dev/null
measure lrng
