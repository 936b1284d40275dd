# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# What is changed while the LRNG runs, in each mode: the rates of all sources, and the other switches. A forced reseed shows
# what each source gives then.

. ./seeding-lib.sh

# A reseed asks each source for 256 bits. It is worthwhile whatever the others have, because somebody feeds the LRNG.
reseed() {
  busy 1000
  switches
  dmesg -c >/dev/null
  ask feed /dev/lrng 512 >/dev/null
  ask reseed /dev/lrng >/dev/null
  within 10 reseeds
  dmesg >/tmp/log
}
reseeds() {
  answer
  dmesg | grep -q 'seeding regular DRNG'
}

# credit_is OBJECT RATE: N events are N * 256 / RATE bits, rounded down, and 64 of them are lost to conditioning in FIPS mode.
credit_is() {
  awk -v object="$1" -v rate="$2" -v lost="$oversampling" '
    index($0, object ": ") && / used from entropy pool/ { sub(".*" object ": ", ""); used += $1 }
    index($0, object ": obtained") {
      sub(/.*: obtained /, "")
      collected = rate == 4294967295 ? 0 : int(used * 256 / rate)
      obtained = collected > lost ? collected - lost : 0
      if (obtained > 256) obtained = 256
      print used " events: " $1 " of " $5 ", expected " obtained " of " collected
      if ($1 != obtained || $5 != collected) bad = 1
      seen = 1
      used = 0
    }
    END { exit bad || !seen }' /tmp/log
}

started() {
  busy 600
  switches
  logged 'startup health tests for internal entropy source 0 completed' &&
    logged 'startup health tests for internal entropy source 1 completed'
}
has_blocks() { [ "$(about JitterRNG 'Blocks ready')" -gt 0 ]; }
multiplier() { about CPU 'Data multiplier'; }

for mode in "" fips=1 ntg1=1 "fips=1 ntg1=1"; do
  # FIPS mode asks for 384 bits first, and credits 1 / 256 of them for each unit of the rate.
  case $mode in
  *fips=1*) oversampling=64 first=382 ;;
  *) oversampling=0 first=255 ;;
  esac
  # shellcheck disable=SC2086
  with "${mode:-plain}" $mode cpu_entropy=255 krng=0 || continue
  check "$title: fully seeded" seeds_within 30
  dmesg >/tmp/log
  [ $oversampling = 0 ] || check "$title: interrupts and context switches have started" within 30 started
  equal "$title: the processor gave for the first seed" "$first" "$(bits_of lrng_es_cpu | largest)"

  for rate in 0 1 255 256 1024 16384 4294967295; do
    title="${mode:-plain}, rates of $rate"
    events=$rate
    [ "$rate" -ge 256 ] || events=256
    bits=$rate
    [ "$rate" -le 256 ] || bits=256
    for source in irq sched; do
      echo "$rate" >"$parameters/${source}_entropy"
      equal "$title: ${source}_entropy" "$events" "$(cat "$parameters/${source}_entropy")"
    done
    if [ "$rate" != 4294967295 ]; then
      echo "$rate" >"$parameters/jent_entropy"
      echo "$rate" >"$parameters/cpu_entropy"
    fi
    check "$title: the Jitter RNG is ready" within 20 has_blocks
    reseed
    equal "$title: the processor gives" "$bits" "$(bits_of lrng_es_cpu | largest)"
    equal "$title: the Jitter RNG gives" "$bits" "$(bits_of lrng_es_jent | largest)"
    check "$title: interrupts give by their number" credit_is lrng_es_irq "$events"
    check "$title: context switches give by their number" credit_is lrng_es_sched "$events"
    if [ "$events" = 256 ]; then
      equal "$title: the interrupts were enough for a whole seed" 256 "$(bits_of lrng_es_irq | largest)"
    fi
  done

  title="${mode:-plain}, cpu_multiplier"
  # RDRAND alone always has 512.
  least=$(multiplier)
  for factor in 2 1000; do
    echo $factor >"$parameters/cpu_multiplier"
    [ "$least" -gt $factor ] && used=$least || used=$factor
    reseed
    check "$title=$factor: so many bits are hashed to 256" \
      grep -q "lrng_es_cpu: pulled $((used * (256 + oversampling))) bits" /tmp/log
    equal "$title=$factor: it is shown" "$used" "$(multiplier)"
  done
  echo 1 >"$parameters/cpu_multiplier"

  title="${mode:-plain}, jent_async_enabled"
  echo 256 >"$parameters/jent_entropy"
  echo 0 >"$parameters/jent_async_enabled"
  equal "$title=0: it is shown" false "$(about JitterRNG Enabled)"
  reseed
  equal "$title=0: nothing of the Jitter RNG" 0 "$(bits_of lrng_es_jent | largest)"
  echo 1 >"$parameters/jent_async_enabled"
  check "$title=1: it is ready again" within 20 has_blocks
  reseed
  equal "$title=1: and gives" 256 "$(bits_of lrng_es_jent | largest)"

  # Without compression an array has to have room for a whole seed.
  title="${mode:-plain}, irq_continuous_compression"
  echo 0 >"$parameters/irq_continuous_compression"
  for case in 256:false 1024:false 1025:true; do
    echo ${case%:*} >"$parameters/irq_entropy"
    equal "$title=0, irq_entropy=${case%:*}: it compresses" ${case#*:} "$(status 'Continuous compression')"
  done
  echo 1024 >"$parameters/irq_entropy"
  echo 1 >"$parameters/irq_continuous_compression"
  equal "$title=1: it compresses" true "$(status 'Continuous compression')"

  title="${mode:-plain}, drng=RDRAND"
  check "$title: switched to while it runs" sh -c "echo RDRAND >$parameters/drng"
  equal "$title: it is shown" RDRAND "$(status 'DRNG name')"
  check "$title: it serves" timeout 20 dd if=/dev/lrng of=/dev/null bs=4096 count=4
  without
done

# ----------------------------------------------------------------------------------------------------------- reseed_seconds

seeds_rise() {
  answer
  [ "$(status Seeds)" -gt "$1" ]
}
with "reseed_seconds" drng=RDRAND trust_cpu=1 irq=0 sched=0 krng=0
equal "$title: RDRAND from the start" RDRAND "$(status 'DRNG name')"
check "$title: fully seeded" within 20 answers
# Whatever reseeds at the beginning has done so.
sleep 1
seeds=$(status Seeds)
refuse "$title=600: no reseed within a second" within 1 seeds_rise "$seeds"
echo 1 >"$parameters/reseed_seconds"
equal "$title=1: it is shown" 1 "$(cat "$parameters/reseed_seconds")"
check "$title=1: a reseed" within 20 seeds_rise "$seeds"
seeds=$(status Seeds)
check "$title=1: and another" within 20 seeds_rise "$seeds"
without

# ------------------------------------------------------------------------------------------------------------ force_seeding

with "force_seeding" irq=0 sched=0 jent=0 krng=0 force_seeding=0
equal "$title=0: who asks gets nothing" -11 "$(answer)"
usleep 200000
equal "$title=0: nor when it was tried for him" -11 "$(answer)"
refuse "$title=0: without rounds" logged 'Force fully seeding'
echo 1 >"$parameters/force_seeding"
check "$title=1: who asks is served" within 20 answers
check "$title=1: by rounds" logged 'Force fully seeding'
without

rmmod lrng_events
