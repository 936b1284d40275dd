# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Self tests that fail, in modules that were built with CONFIG_LRNG_TESTING_INJECTION: when the LRNG comes, and when it is in
# charge. It gives nothing then, and the kernel never goes without.

served() { timeout 10 dd if="$1" of=/dev/null bs=64 count=4; }

again() { echo 1 >"$parameters/selftest_status"; }

# takeover=now does not wait for a seed: nothing but the self test is in the way.
load inject=selftest takeover=now
equal "at load: the test that failed" 1 "$(cat "$parameters/selftest_status")"
check "at load: it is logged" logged 'self tests failed: there is no output of the LRNG'
refuse "at load: no takeover" within 5 taken_over
refuse "at load: nor by hand" modprobe lrng_takeover
check "at load: which is logged" logged 'no takeover: not fully seeded yet, or a self test failed'
equal "at load: not fully seeded" false "$(status 'LRNG fully seeded')"
refuse "at load: /dev/lrng gives nothing" served /dev/lrng
check "at load: /dev/random is the kernel's, and serves" served /dev/random
in_kernel calls=1000
echo off >"$parameters/inject"
again
equal "at load: a failure stays" 1 "$(cat "$parameters/selftest_status")"
unload

load
check "in charge: it takes over" within 60 taken_over
check "in charge: /dev/random serves" served /dev/random
echo selftest >"$parameters/inject"
again
equal "in charge: the test that failed" 1 "$(cat "$parameters/selftest_status")"
refuse "in charge: /dev/random gives nothing" served /dev/random
refuse "in charge: nor does /dev/lrng" served /dev/lrng
in_kernel calls=1000
hand_back
check "in charge: it hands back" handed_back
check "in charge: the kernel serves then" served /dev/random
check "in charge: it goes" rmmod lrng
