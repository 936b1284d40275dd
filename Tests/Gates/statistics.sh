#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# 12.5 MB from `lrng get` through the FIPS 140-2 tests of rngtest: 5000 blocks of 20000 bits. Such tests say nothing
# about security; they catch a broken pipe, a repeated buffer, a page of zeroes.
source "$(dirname "$0")/common.sh"

# A perfect generator fails a block with probability 0.0008: monobit 1.0e-4, poker 1.0e-4 (both by the choice of their
# bounds), runs 3e-4, and long run 20000 * 2^-26 = 3.0e-4. So the failures among 5000 blocks follow
# Binomial(5000, 0.0008), mean 4, and P(more than 21) = 3.4e-10: once in three thousand million runs.
blocks=5000
tolerated=21

rngtest=$(command -v rngtest || true)
[[ -n $rngtest ]] || rngtest=.build/tools/usr/bin/rngtest
name="at most $tolerated of $blocks blocks fail the FIPS 140-2 tests"
if [[ ! -x $rngtest ]]; then
  skip "$name" "rngtest is not there (make deps)"
  finish
fi

check "lrng builds" swift build -c release --product lrng
((failures == 0)) || finish

# rngtest keeps the first 32 bits for its continuous test.
size=$((blocks * 2500 + 4))
status=0
timeout 300 .build/release/lrng get "$size" --format raw >"$scratch/bytes" 2>"$scratch/messages" || status=$?
if ((status != 0)) || [[ $(stat -c %s "$scratch/bytes") != "$size" ]]; then
  not_ok "lrng get $size writes as many bytes (exit status $status)"
  explain <"$scratch/messages"
  finish
fi
ok "lrng get $size writes as many bytes"

"$rngtest" -c "$blocks" <"$scratch/bytes" 2>"$scratch/report" || true
count() { sed -n "s/^rngtest: FIPS 140-2 $1: //p" "$scratch/report"; }
good=$(count successes) bad=$(count failures)
if ((${good:-0} + ${bad:-0} == blocks && ${bad:-0} <= tolerated)); then
  ok "$name ($bad did)"
else
  not_ok "$name"
  explain <"$scratch/report"
fi

finish
