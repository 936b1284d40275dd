# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The devices: of the stock kernel; /dev/lrng beside them; all of them the LRNG's.

control devices stock
load takeover=never
check "the LRNG is fully seeded" within 20 is_status "LRNG fully seeded" true
run devices own
echo seeded >"$parameters/takeover"
check "the LRNG takes over" within 30 taken_over
run devices lrng
unload
