# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# getrandom(2): first of the stock kernel, which shows that the tests are right, then of the LRNG.

control syscalls stock
load
check "the LRNG takes over" within 30 taken_over
run syscalls lrng
unload
