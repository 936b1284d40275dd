# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The LRNG in charge without a seed, which it never is by default: every wait, and the end of it.

load irq=0 sched=0 jent=0 cpu=0 krng=0 takeover=now
check "it takes over although it has no seed" within 30 taken_over
equal "it is not fully seeded" false "$(status "LRNG fully seeded")"
run unseeded
equal "it is fully seeded in the end" true "$(status "LRNG fully seeded")"
unload
