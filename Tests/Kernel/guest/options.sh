# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Modules that were built with other options than Kernel/config has: what is left out is not there, what is another size has it,
# and the rest works.

testing=/sys/kernel/debug/lrng_testing

load boot_raw_jiffies_test=1 boot_raw_hires_test=1
check "it takes over" within 60 taken_over
check "there are several nodes" test "$(find /sys/devices/system/node -maxdepth 1 -name 'node[0-9]*' | wc -l)" -gt 1
equal "without CONFIG_LRNG_NUMA there is one generator for all of them" 1 "$(status 'Number of DRNG instances')"
equal "the collection array has another size" 256 "$(status 'per-CPU interrupt collection size')"
modprobe lrng_events
has_more_than_one_array() {
  echo 600 >/sys/module/lrng_events/parameters/burst
  [ "$(status 'Events unused')" -gt 256 ]
}
check "interrupts fill it more than once, and all of them count" within 30 has_more_than_one_array
refuse "a raw interface is left out" test -e $testing/lrng_raw_jiffies
check "who wants it recorded from the load on is told" logged 'lrng_raw_jiffies is left out of this module'
check "another one is there" test -e $testing/lrng_raw_hires
check "and has recorded from the load on" timeout 10 dd if=$testing/lrng_raw_hires of=/dev/null bs=64 count=1 iflag=fullblock
refuse "there is no hwrng" grep -qw lrng /sys/class/misc/hw_random/rng_available
refuse "nor an rng of the crypto API" grep -qx 'driver       : lrng' /proc/crypto
equal "/dev/random gives what is asked for" 4096 "$(dd if=/dev/random bs=4096 count=1 iflag=fullblock 2>/dev/null | wc -c)"
equal "self tests pass" 0 "$(cat "$parameters"/selftest_status)"
rmmod lrng_events
unload
refuse "all of it is gone" grep -q '\[lrng' /proc/kallsyms
