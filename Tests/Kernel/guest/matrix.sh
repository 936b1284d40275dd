# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The regression suite of the reference: which modes, sources and rates become fully seeded, with what, and which must not.
# The log of debug=1 tells. Each case loads the module anew.

. ./seeding-lib.sh

strong_sources() {
  for source in irq sched jent cpu aux; do
    bits=$(bits_of lrng_es_$source | largest)
    [ "${bits:-0}" -lt 240 ] || echo $source
  done | wc -l
}

# Positive: becomes fully seeded and serves.
positive() {
  with "$@" || return
  check "$title: fully seeded" seeds_within 20
  check "$title: /dev/lrng serves" timeout 10 dd if=/dev/lrng of=/dev/null bs=64 count=4
  dmesg >/tmp/log
  equal "$title: self tests" 0 "$(cat "$parameters"/selftest_status)"
}

# Negative: must not, although it has time and everything that is on is busy.
negative() {
  with "$@" || return
  refuse "$title: not fully seeded" seeds_within 3
  refuse "$title: /dev/lrng waits" timeout 1 dd if=/dev/lrng of=/dev/null bs=64 count=1
  equal "$title: the level says so" false "$(status 'LRNG fully seeded')"
  dmesg >/tmp/log
  refuse "$title: nor does the log" grep -q 'LRNG fully operational' /tmp/log
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
# started SOURCE: 1024 samples are enough.
started() {
  busy 200
  logged "startup health tests for internal entropy source $1 completed"
}
check "fips=1: start-up tests of interrupts" within 20 started 0
check "fips=1: start-up tests of the scheduler" within 20 started 1
without

positive "ntg1=1" ntg1=1 jent_entropy=256 cpu_entropy=256
at_least "ntg1=1: two sources of 240 bits" 480 "$(total_of_level)"
equal "ntg1=1: standards" "NTG.1 (2011 / 2024)" "$(standard)"
at_least "ntg1=1: sources that gave 240 bits or more" 2 "$(strong_sources)"
without

positive "fips=1 ntg1=1" fips=1 ntg1=1 jent_entropy=256 cpu_entropy=256
at_least "fips=1 ntg1=1: both" 480 "$(total_of_level)"
equal "fips=1 ntg1=1: standards" "SP800-90C, NTG.1 (2011 / 2024)" "$(standard)"
without

# ------------------------------------------------- one source, or too little; modes.sh has all modes, pairs, and none

positive "the Jitter RNG alone" irq=0 sched=0 cpu=0 krng=0 jent_entropy=256
without
positive "interrupts alone" jent=0 sched=0 cpu=0 krng=0
without
positive "context switches alone" irq=0 jent=0 cpu=0 krng=0
without
positive "the processor alone, trusted" irq=0 sched=0 jent=0 krng=0 trust_cpu=1
without
# asked NAME PARAMETER...: as positive, when somebody waits for it, which makes the sources work by force.
asked() {
  with "$@" || return
  check "$title: /dev/lrng serves who waits" timeout 20 dd if=/dev/lrng of=/dev/null bs=64 count=4
  equal "$title: fully seeded" true "$(status 'LRNG fully seeded')"
  dmesg >/tmp/log
}
asked "little of each, in rounds" irq_entropy=4294967295 sched_entropy=4294967295 krng=0 jent_entropy=16 cpu_entropy=8
check "little of each, in rounds: the rounds are logged" grep -q 'Force fully seeding level' /tmp/log
without
negative "little of each, without rounds" force_seeding=0 irq=0 sched=0 krng=0 jent_entropy=16 cpu_entropy=8
refuse "little of each, without rounds: none is logged" grep -q 'Force fully seeding level' /tmp/log
without
negative "no credit" irq_entropy=4294967295 sched_entropy=4294967295 jent_entropy=0 cpu_entropy=0 krng_entropy=0
without
negative "too little of the second for ntg1=1" ntg1=1 force_seeding=0 irq=0 sched=0 krng=0 jent_entropy=256 cpu_entropy=239
without
positive "just enough of both for ntg1=1" ntg1=1 force_seeding=0 irq=0 sched=0 krng=0 jent_entropy=240 cpu_entropy=240
without

# --------------------------------------------------------------------------------------------------- rates

# A write asks for a reseed before the next byte; the log says what each source gave.
gives() {
  echo x >/dev/lrng
  dd if=/dev/lrng of=/dev/null bs=16 count=1 2>/dev/null
  dmesg >/tmp/log
  [ "$(bits_of "$1" | largest)" = "$2" ]
}

# The first seed comes as soon as somebody asks, and with little credit there is no other one: both sources must be ready.
has_blocks() { [ "$(status 'Blocks ready')" -gt 0 ]; }

# What is obtained follows the rate, and is cut at 256.
for rate in 1 10 256 257 1000; do
  with "rates of $rate" irq=0 sched=0 krng=0 cpu_entropy=$rate jent_entropy=$rate || continue
  bits=$rate
  [ $rate -le 256 ] || bits=256
  check "rates of $rate: the Jitter RNG is ready" within 20 has_blocks
  check "cpu_entropy=$rate: $bits bits" within 10 gives lrng_es_cpu $bits
  # A reseed wants 128 bits from all together, or it does not begin.
  echo 256 >"$parameters/cpu_entropy"
  check "jent_entropy=$rate: $bits bits" within 20 gives lrng_es_jent $bits
  without
done

# The credit of each seeding: N events used, N * 256 / rate bits, at most 256. A seeding takes a few processors one by one.
credit_follows() {
  awk -v rate="$1" '
    /lrng_es_irq: [0-9]+ interrupts used/ { sub(/.*lrng_es_irq: /, ""); used += $1 }
    /lrng_es_irq: obtained/ {
      sub(/.*obtained /, ""); bits = int(used * 256 / rate); if (bits > 256) bits = 256
      # Each processor is rounded down for itself.
      if (used) { seen++; if ($1 > bits || $1 < bits - 4) { print used " events, " $1 " bits"; bad = 1 } }
      used = 0
    }
    END { exit bad || !seen }' /tmp/log
}
for rate in 0 128 255 256 512 4294967295; do
  title="irq_entropy=$rate"
  with "$title" jent=0 cpu=0 krng=0 sched=0 irq_entropy=$rate || continue
  case $rate in
  0 | 128 | 255) equal "$title: raised to" 256 "$(cat "$parameters"/irq_entropy)" ;;
  4294967295) refuse "$title: not fully seeded" seeds_within 4 ;;
  *)
    check "$title: fully seeded" seeds_within 20
    dmesg >/tmp/log
    check "$title: the credit follows" credit_follows $rate
    ;;
  esac
  without
done

# Without compression an array of 1024 events is all that a processor has. A seed that wants more has compression all the same,
# or nothing would ever be in the arrays that it could be credited for.
without_compression() {
  title="irq_entropy=$1 without compression"
  with "$title" jent=0 cpu=0 krng=0 sched=0 irq_continuous_compression=0 "irq_entropy=$1" || return
  equal "$title: compression all the same" "$2" "$(status 'Continuous compression')"
  check "$title: fully seeded" seeds_within 40
  echo 4000 >/sys/module/lrng_events/parameters/burst
  dmesg >/tmp/log
  check "$title: the credit follows" credit_follows "$1"
}
without_compression 512 false
processors=$(grep -c ^processor /proc/cpuinfo)
counted=$(status 'Events unused')
bits=$(status 'Available entropy')
check "$title: $counted events are more than slots" test "$counted" -gt $((1024 * processors))
check "$title: $bits bits are not" test "$bits" -ge 256 -a "$bits" -le $((1024 * processors * 256 / 512))
without
without_compression 2048 true
more_than_slots() {
  awk '/lrng_es_irq: [0-9]+ interrupts used/ { sub(/.*lrng_es_irq: /, ""); if ($1 > 1024) seen = 1 }
    END { exit !seen }' /tmp/log
}
check "$title: more events than an array has slots" more_than_slots
without

# --------------------------------------------------------------------------------------------- requests of the children

# 16 bytes each: the generator of a processor serves them, and its node has to hear of it.
requests() { dd if=/dev/lrng of=/dev/null bs=16 "count=$1" 2>/dev/null; }
reseeded() { [ "$(status Seeds)" -gt "$1" ]; }

with "requests of the children" irq=0 sched=0 max_wo_reseed=16384
check "$title: fully seeded" seeds_within 20
# Whatever reseeds at the beginning has done so.
sleep 2
seeds=$(status Seeds)
requests 4000
refuse "$title: 4000 are no reason to reseed" within 2 reseeded "$seeds"
requests 8000
check "$title: half of max_wo_reseed is" within 20 reseeded "$seeds"
without

# ---------------------------------------------------------------------------------------------------------- unknown names

for choice in drng=Dual_EC_DRBG hash=MD5; do
  dmesg -c >/dev/null
  refuse "$choice: it does not load" load takeover=never "$choice"
  check "$choice: it is logged" logged "lrng: cannot switch to ${choice#*=}: no such name"
  refuse "$choice: nothing is left" test -e "$parameters" -o -e /proc/lrng_type
done
with "drng=HMAC_DRBG hash=SHA3-512" drng=HMAC_DRBG hash=SHA3-512
equal "$title: the generator" HMAC_DRBG "$(cat "$parameters"/drng)"
equal "$title: the hash" SHA3-512 "$(cat "$parameters"/hash)"
check "$title: /dev/lrng serves" timeout 20 dd if=/dev/lrng of=/dev/null bs=64 count=4
without

# ------------------------------------------------------------------------------------------------- self tests, divisor

with "self tests" || return
equal "self tests: passed when it came" 0 "$(cat "$parameters"/selftest_status)"
dmesg -c >/dev/null
echo 1 >"$parameters/selftest_status"
check "self tests: a write runs them again" within 20 logged 'lrng_selftest: LRNG self-tests passed'
equal "self tests: and they pass" 0 "$(cat "$parameters"/selftest_status)"
found() {
  busy 200
  logged 'lrng_es_timer_common: Setting GCD to'
}
check "the divisor of time stamps is found" within 10 found
without

# ---------------------------------------------------------------------------------------------------------------- switching

with "switching"
check "switching: fully seeded" seeds_within 20
for drng in CTR_DRBG Hash_DRBG HMAC_DRBG ChaCha20; do
  check "switching: to $drng" within 10 sh -c "echo $drng >$parameters/drng"
  equal "switching: the parameter has $drng" "$drng" "$(cat "$parameters"/drng)"
  check "switching: $drng serves" timeout 10 dd if=/dev/lrng of=/dev/null bs=4096 count=4
done
for hash in SHA-512 SHA3-256 SHA3-512 SHA-256; do
  check "switching: to $hash" within 10 sh -c "echo $hash >$parameters/hash"
  equal "switching: pools use $hash" "$hash" "$(sed -n '/Name: Auxiliary/,$s/^ Hash for operating entropy pool: //p' /proc/lrng_type)"
done
refuse "switching: to a generator that does not exist" sh -c "echo Dual_EC_DRBG >$parameters/drng"
refuse "switching: to a hash that does not exist" sh -c "echo MD5 >$parameters/hash"
check "switching: it serves" timeout 10 dd if=/dev/lrng of=/dev/null bs=4096 count=4
without
rmmod lrng_events
