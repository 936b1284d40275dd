# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Costs on the stock kernel, and then with the LRNG in its place. No Jitter RNG: its clock counts instructions here.

# in_kernel WORLD: the module measures when it is loaded, and does not stay.
in_kernel() {
  dmesg -c >/dev/null
  modprobe lrng_bench 2>/dev/null
  dmesg | sed -n "s/.*row /row $1 /p"
}

measure() {
  bench | sed "s/^row/row $1/"
  in_kernel "$1"
}

sleep 4
measure stock
# Enough events to know the counter's step, and the arrays in use. With instructions for a clock, an idle machine's timer
# goes off at whole milliseconds, and the step would be found to be some of them.
while :; do :; done &
load jent=0 takeover=never "$@"
sleep 2
kill $!
in_kernel loaded
echo now >"$parameters/takeover"
within 60 taken_over || not_ok "takes over"
sleep 4
dd if=/dev/urandom of=/dev/random bs=512 count=1 2>/dev/null
measure lrng
# Events that nobody collects are cheap.
[ "$(sed -n 's/^ Health test passed: //p' /proc/lrng_type | sort -u)" = true ] || not_ok "the sources are well"
