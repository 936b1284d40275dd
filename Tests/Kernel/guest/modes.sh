# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Each mode with each source, each pair of them, and none: what becomes fully seeded, with how much, and what must not. What is
# expected comes from the rules, not from what was seen once:
#
#     mode            first seed                              asked of each source   the processor, when trusted
#     plain           256 bits in total                       256                    256
#     fips=1          256 and 128 more in total               384                    8 of 256, as without
#     ntg1=1          two independent sources, 240 bits each  256                    256
#     both            as ntg1=1                               384                    8 of 256
#
# Interrupts, context switches and the displaced generator are not independent of each other: the best of them counts.

. ./seeding-lib.sh

# The seed that completed the level, as "SOURCE=BITS": what the log says that each source gave, rounds of force added up.
seed() {
  awk '
    BEGIN { short["IRQ"] = "irq"; short["Scheduler"] = "sched"; short["KernelRNG"] = "krng" }
    /: obtained [0-9]+ bits/ {
      if (is_over) split("", sum)
      is_over = 0
      match($0, /lrng_es_[a-z]+/)
      source = substr($0, RSTART + 8, RLENGTH - 8)
      sub(/.*: obtained /, "")
      sum[source] += $1
    }
    / do not count: / { sub(/.*lrng_es_mgr: /, ""); sum[short[$4]] -= $1 }
    /seeding regular DRNG/ { is_over = 1 }
    /Force fully seeding/ { is_over = 0 }
    /LRNG fully seeded with/ { for (source in sum) print source "=" sum[source]; exit }' /tmp/log
}
sum_of() { awk -F = '{ sum += $2 } END { print sum + 0 }'; }
# strong BITS: how many sources gave so much.
strong() { awk -F = -v bits="$1" '$2 >= bits { count++ } END { print count + 0 }'; }

all="irq sched jent cpu krng"
# is_on SOURCE
is_on() { case " $sources " in *" $1 "*) true ;; *) false ;; esac; }

# begin_case MODE SOURCES PARAMETERS: three lists of words.
begin_case() {
  sources=$2
  on_or_off=$(for each in $all; do if is_on "$each"; then echo "$each=1"; else echo "$each=0"; fi; done)
  # shellcheck disable=SC2086
  with "${1:-plain}: ${2:-no source}${3:+, $3}" $1 $on_or_off $3
}

available() { about "$1" 'Available entropy'; }
has_gathered() { [ "$(available "$1")" -ge 240 ]; }

# Whether each source that is on has gathered what it has to give with ntg1=1; or the seed is there already.
stocked() {
  fully && return
  if is_on irq; then
    busy 600
    has_gathered IRQ || return
  fi
  # With interrupts, context switches have no credit unless somebody says so.
  if is_on sched && [ "$(about Scheduler 'Events per 256 bits')" != "no credit" ]; then
    switches
    has_gathered Scheduler || return
  fi
  ! is_on jent || has_gathered JitterRNG
}

stocked_and_answers() { stocked && answers; }

# the_seed_of MODE: it has what that mode demands.
the_seed_of() {
  dmesg >/tmp/log
  seed >/tmp/seed
  total=$(sum_of </tmp/seed)
  equal "$title: it has what the sources gave" "$(total_of_level)" "$total"
  case $1 in
  *ntg1=1*) equal "$title: two sources gave 240 bits" 2 "$(strong 240 </tmp/seed)" ;;
  *fips=1*) at_least "$title: strength and 128 bits more" 384 "$total" ;;
  *) at_least "$title: the strength" 256 "$total" ;;
  esac
}

# becomes MODE SOURCES [PARAMETERS]
becomes() {
  begin_case "$1" "$2" "${3-}" || return
  check "$title: fully seeded" within 30 stocked_and_answers
  the_seed_of "$1"
  without
}

# is_refused STRONG: not fully seeded, although so many sources have 240 bits ready for who asks.
is_refused() {
  check "$title: all have gathered what they can" within 30 stocked
  for each in IRQ Scheduler JitterRNG CPU KernelRNG; do echo "$each=$(available $each)"; done >/tmp/available
  equal "$title: sources with 240 bits" "$1" "$(strong 240 </tmp/available)"
  equal "$title: who asks gets nothing" -11 "$(answer)"
  usleep 100000
  equal "$title: nor when it was tried for him" -11 "$(answer)"
  equal "$title: not fully seeded" false "$(status 'LRNG fully seeded')"
  refuse "$title: nor says the log so" logged 'LRNG fully'
}

# stays MODE SOURCES PARAMETERS STRONG
stays() {
  begin_case "$1" "$2" "$3" || return
  is_refused "$4"
  without
}

# ---------------------------------------------------------------------------------------- each source, each pair, none

for mode in "" fips=1 ntg1=1 "fips=1 ntg1=1"; do
  stays "$mode" "" "" 0
done

# One is enough without ntg1=1. In plain mode matrix.sh has that.
for source in irq sched; do
  becomes fips=1 $source
  stays ntg1=1 $source "" 1
  stays "fips=1 ntg1=1" $source "" 1
done
becomes fips=1 jent

# The processor gives 8 bits of 256, which becomes a seed by many rounds: for who needs one source only.
becomes "" cpu
becomes fips=1 cpu
stays "" cpu force_seeding=0 0
stays ntg1=1 cpu "" 0
# Trust makes it one that is enough. In FIPS mode nobody can trust it.
stays fips=1 cpu "trust_cpu=1 force_seeding=0" 0
stays ntg1=1 cpu trust_cpu=1 1
stays "fips=1 ntg1=1" cpu trust_cpu=1 0

for pair in "irq jent" "sched jent" "jent cpu" "irq sched"; do becomes "" "$pair"; done
for pair in "irq cpu" "sched cpu"; do
  becomes "" "$pair" trust_cpu=1
  becomes fips=1 "$pair" trust_cpu=1
  becomes ntg1=1 "$pair" trust_cpu=1
  stays "fips=1 ntg1=1" "$pair" trust_cpu=1 1
  becomes "fips=1 ntg1=1" "$pair" cpu_entropy=256
done
becomes fips=1 "irq sched"
stays "fips=1 ntg1=1" "irq sched" "" 1
# Credit for both does not make them independent.
stays ntg1=1 "irq sched" sched_entropy=256 2

# The Jitter RNG takes a while to start in these modes: alone first, because the other has no credit, and then it has.
# joined_by MODE SOURCE RATE
joined_by() {
  case $2 in
  cpu) none=0 ;;
  *) none=4294967295 ;;
  esac
  begin_case "$1" "jent $2" "$2_entropy=$none" || return
  check "$title: the Jitter RNG has gathered" within 30 has_gathered JitterRNG
  equal "$title: who asks gets nothing" -11 "$(answer)"
  usleep 100000
  equal "$title: nor when it was tried for him" -11 "$(answer)"
  equal "$title: not fully seeded" false "$(status 'LRNG fully seeded')"
  echo 256 >"$parameters/$2_entropy"
  title="$title, then 256"
  check "$title: fully seeded" within 30 stocked_and_answers
  the_seed_of "$1"
  without
}
for mode in ntg1=1 "fips=1 ntg1=1"; do
  for source in irq sched cpu; do joined_by "$mode" $source; done
done

# ------------------------------------------------------------------------------------------------ the displaced generator

# Without a rate that somebody configured it is worth nothing.
stays "" krng "" 0
becomes "" krng krng_entropy=256
becomes fips=1 krng krng_entropy=256
# It sees the interrupts, too.
stays ntg1=1 "irq krng" krng_entropy=256 2
stays ntg1=1 "sched krng" krng_entropy=256 2
becomes ntg1=1 "krng cpu" "krng_entropy=256 trust_cpu=1"
with "irq and krng with credit" jent=0 sched=0 cpu=0 krng_entropy=256 irq_entropy=512
check "$title: fully seeded" within 20 fully
interrupts_lose() {
  busy 200
  ask reseed /dev/lrng
  answer
  logged 'bits of IRQ do not count'
}
check "$title: interrupts do not count beside it" within 20 interrupts_lose
without

# -------------------------------------------------------------------------------------------------- other rules for a seed

# just_enough MODE BITS PARAMETERS: two sources, the second one with a bit less than that, and then with just that.
just_enough() {
  begin_case "$1" "irq cpu" "cpu_entropy=$(($2 - 1)) force_seeding=0${3:+ $3}" || return
  check "$title: interrupts have gathered" within 30 stocked
  equal "$title: who asks gets nothing" -11 "$(answer)"
  usleep 100000
  equal "$title: nor when it was tried for him" -11 "$(answer)"
  echo "$2" >"$parameters/cpu_entropy"
  check "$title, then $2: fully seeded" within 30 stocked_and_answers
  dmesg >/tmp/log
  seed >/tmp/seed
  equal "$title, then $2: two sources" 2 "$(strong "$2" </tmp/seed)"
}
just_enough ntg1=1 240
without
just_enough ntg1=2 220
equal "$title: standards" "NTG.1 (2011 / 2022)" "$(standard)"
without

# Interrupts alone give exactly what is asked for.
for case in "SHA-512 384 448" "SHA-256 256 256"; do
  # shellcheck disable=SC2086
  set -- $case
  begin_case "" irq "oversample=1 hash=$1" || continue
  check "$title: fully seeded" within 30 stocked_and_answers
  equal "$title: not in the name of SP 800-90C" "NTG.1 (2011)" "$(standard)"
  check "$title: $2 bits of $3" logged "lrng_es_irq: obtained $2 bits by collecting $3 bits"
  equal "$title: that is the seed" "$2" "$(dmesg >/tmp/log; total_of_level)"
  without
done

rmmod lrng_events
