# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# A source fails for good where that has to be the end: see inject.sh, and vm.sh for what has to come.

noise() { echo 400 >/sys/module/lrng_events/parameters/burst; }

started() {
  noise
  logged 'startup health tests for internal entropy source 0 completed'
}

modprobe lrng_events
load fips=1 debug=1 panic_on_permanent_health_failure=1
check "the start-up test passes first" within 20 started
echo irq:stuck >"$parameters/inject"
for _ in 1 2 3; do noise; done
sleep 5
not_ok "no panic"
