# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# From load to fully seeded to takeover, and back, twice.

load debug=1
check "the LRNG is fully seeded within 20 s" within 20 is_status "LRNG fully seeded" true
check "the LRNG takes over by itself when it is" within 20 taken_over
check "it says so" logged "are the LRNG now"
check "reading /dev/random" dd if=/dev/random of=/dev/null bs=4096 count=256
check "reading /dev/urandom" dd if=/dev/urandom of=/dev/null bs=4096 count=256
check "reading /dev/lrng" dd if=/dev/lrng of=/dev/null bs=4096 count=256
cat /proc/lrng_type
refuse "the module stays while it is taken over" rmmod lrng
hand_back
check "the takeover module can be removed" test ! -d /sys/module/lrng_takeover
equal "the state is off" off "$(status Takeover)"
check "reading /dev/random after the hand-back" dd if=/dev/random of=/dev/null bs=4096 count=16
check "the LRNG can be removed then" rmmod lrng
refuse "nothing of it is left" test -e /proc/lrng_type -o -e /dev/lrng -o -e /sys/kernel/debug/lrng_testing
load
check "it takes over again after a reload" within 20 taken_over
unload
check "and goes again" test ! -d /sys/module/lrng
