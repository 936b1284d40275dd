# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The regression suite of the reference: which modes, sources and rates become fully seeded, with what, and which must not.
# The log of debug=1 tells. Each case loads the module anew.

# busy: interrupts and context switches.
busy() {
  i=0
  while [ $i -lt "$1" ]; do
    usleep 1000
    i=$((i + 1))
  done
}

# with NAME PARAMETER...: loads it; what follows is about that.
with() {
  title=$1
  shift
  dmesg -c >/dev/null
  if ! load debug=1 takeover=never "$@"; then
    not_ok "$title: it loads"
    return 1
  fi
}

without() {
  rmmod lrng || not_ok "$title: it goes"
}

fully() { is_status "LRNG fully seeded" true; }

# seeds: within so many seconds of activity.
seeds_within() {
  seconds=$1
  start=$(cut -d. -f1 /proc/uptime)
  while ! fully; do
    [ $(($(cut -d. -f1 /proc/uptime) - start)) -lt "$seconds" ] || return 1
    busy 50
  done
}

# The bits that each source gave to the seed which completed the level: those between two "seeding" lines.
bits_of() { sed -n "s/.*$1: obtained \([0-9]*\) bits.*/\1/p" /tmp/log; }
largest() { sort -n | tail -n 1; }
total_of_level() { sed -n 's/.*LRNG fully seeded with \([0-9]*\) bits.*/\1/p' /tmp/log | head -n 1; }

# Positive: becomes fully seeded and serves.
positive() {
  with "$@" || return
  check "$title: fully seeded" seeds_within 20
  check "$title: /dev/lrng serves" timeout 10 dd if=/dev/lrng of=/dev/null bs=64 count=4
  dmesg >/tmp/log
  equal "$title: self tests" 0 "$(cat $parameters/selftest_status)"
}

# Negative: must not, although it has time and everything that is on is busy.
negative() {
  with "$@" || return
  refuse "$title: not fully seeded" seeds_within 4
  refuse "$title: /dev/lrng waits" timeout 2 dd if=/dev/lrng of=/dev/null bs=64 count=1
  equal "$title: the level says so" false "$(status 'LRNG fully seeded')"
  dmesg >/tmp/log
  refuse "$title: nor does the log" grep -q 'LRNG fully operational' /tmp/log
}

standard() { status 'Standards compliance'; }

# at_least NAME NUMBER GOT
at_least() {
  if [ "${3:-0}" -ge "$2" ]; then ok "$1 ($3)"; else not_ok "$1: expected at least $2, got ${3:-nothing}"; fi
}

# ------------------------------------------------------------------------------------------------ modes

positive "default"
at_least "default: 256 bits" 256 "$(total_of_level)"
equal "default: standards" "NTG.1 (2011)" "$(standard)"
equal "default: the generator" "ChaCha20 DRNG" "$(status 'DRNG name')"
equal "default: strength" 256 "$(status 'LRNG security strength in bits')"
without

positive "fips=1" fips=1
at_least "fips=1: strength and 128 bits more" 384 "$(total_of_level)"
equal "fips=1: standards" "SP800-90C, NTG.1 (2011)" "$(standard)"
check "fips=1: start-up tests of interrupts" within 30 logged 'startup health tests for internal entropy source 0 completed'
check "fips=1: start-up tests of the scheduler" within 30 logged 'startup health tests for internal entropy source 1 completed'
without

positive "ntg1=1" ntg1=1 jent_entropy=256 cpu_entropy=256
at_least "ntg1=1: two sources of 240 bits" 480 "$(total_of_level)"
equal "ntg1=1: standards" "NTG.1 (2011 / 2024)" "$(standard)"
at_least "ntg1=1: the Jitter RNG" 240 "$(bits_of lrng_es_jent | largest)"
at_least "ntg1=1: the processor" 240 "$(bits_of lrng_es_cpu | largest)"
without

positive "fips=1 ntg1=1" fips=1 ntg1=1 jent_entropy=256 cpu_entropy=256
at_least "fips=1 ntg1=1: both" 480 "$(total_of_level)"
equal "fips=1 ntg1=1: standards" "SP800-90C, NTG.1 (2011 / 2024)" "$(standard)"
without

# ------------------------------------------------------------------------------- one source, or none, or too little

positive "the Jitter RNG alone" irq=0 sched=0 cpu=0 krng=0 jent_entropy=256
without
positive "interrupts alone" jent=0 sched=0 cpu=0 krng=0
without
positive "context switches alone" irq=0 jent=0 cpu=0 krng=0
without
positive "the processor alone, trusted" irq=0 sched=0 jent=0 krng=0 trust_cpu=1
without
positive "little of each, in rounds" irq_entropy=4294967295 sched_entropy=4294967295 krng=0 jent_entropy=16 cpu_entropy=8
check "little of each, in rounds: the rounds are logged" grep -q 'Force fully seeding level' /tmp/log
without
negative "little of each, without rounds" force_seeding=0 irq=0 sched=0 krng=0 jent_entropy=16 cpu_entropy=8
refuse "little of each, without rounds: none is logged" grep -q 'Force fully seeding level' /tmp/log
without
negative "no source" irq=0 sched=0 jent=0 cpu=0 krng=0
without
negative "no credit" irq_entropy=4294967295 sched_entropy=4294967295 jent_entropy=0 cpu_entropy=0 krng_entropy=0
without
negative "one source for ntg1=1: the Jitter RNG" ntg1=1 irq=0 sched=0 cpu=0 krng=0 jent_entropy=256
without
negative "one source for ntg1=1: the processor" ntg1=1 irq=0 sched=0 jent=0 krng=0 cpu_entropy=256
without
negative "too little of the second for ntg1=1" ntg1=1 force_seeding=0 irq=0 sched=0 krng=0 jent_entropy=256 cpu_entropy=239
without
positive "just enough of both for ntg1=1" ntg1=1 force_seeding=0 irq=0 sched=0 krng=0 jent_entropy=240 cpu_entropy=240
without

# --------------------------------------------------------------------------------------------------- rates

# What is obtained follows the rate, and is cut at 256.
for rate in 1 10 256 257 1000; do
  title="cpu_entropy=$rate"
  with "$title" irq=0 sched=0 krng=0 jent_entropy=256 cpu_entropy=$rate || continue
  check "$title: fully seeded" seeds_within 20
  dmesg >/tmp/log
  equal "$title: the processor gives" "$([ $rate -gt 256 ] && echo 256 || echo $rate)" "$(bits_of lrng_es_cpu | largest)"
  without
  title="jent_entropy=$rate"
  with "$title" irq=0 sched=0 krng=0 cpu_entropy=256 jent_entropy=$rate || continue
  check "$title: fully seeded" seeds_within 20
  within 3 logged 'lrng_es_jent: obtained'
  dmesg >/tmp/log
  equal "$title: the Jitter RNG gives" "$([ $rate -gt 256 ] && echo 256 || echo $rate)" "$(bits_of lrng_es_jent | largest)"
  without
done
for rate in 0 128 255 256 512 4294967295; do
  title="irq_entropy=$rate"
  with "$title" jent=0 cpu=0 krng=0 sched=0 irq_entropy=$rate || continue
  case $rate in
  0 | 128 | 255) equal "$title: raised to" 256 "$(cat $parameters/irq_entropy)" ;;
  4294967295) refuse "$title: not fully seeded" seeds_within 4 ;;
  *) check "$title: fully seeded" seeds_within 30 ;;
  esac
  # Credit is events * 256 / rate, for every seeding that is logged: "N interrupts used" beside "collecting M bits".
  without
done

# ------------------------------------------------------------------------------------------------- self tests, divisor

with "self tests" || return
check "self tests: passed" logged 'lrng_selftest: LRNG self-tests passed'
dmesg -c >/dev/null
echo 1 >$parameters/selftest_status
check "self tests: a write runs them again" within 5 logged 'lrng_selftest: LRNG self-tests passed'
equal "self tests: and they pass" 0 "$(cat $parameters/selftest_status)"
busy 1500
check "the divisor of time stamps is found" within 10 logged 'lrng_es_timer_common: Setting GCD to'
without
