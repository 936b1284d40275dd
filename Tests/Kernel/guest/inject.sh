# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Noise that fails on purpose, in modules that were built with CONFIG_LRNG_TESTING_INJECTION: health tests find it, that source
# is out, the rest goes on serving.

# The lines of one source.
source_lines() { sed -n "/Name: $1\$/,/^Entropy Source/p" /proc/lrng_type; }
value() { source_lines "$1" | sed -n "s/^ $2: //p"; }

noise() {
  echo "${1:-400}" >/sys/module/lrng_events/parameters/burst
}

# What /proc/lrng_type says of it, all of it: Health, Health test passed, Available entropy, Events unused.
standing() {
  health=$(value "$1" Health)
  echo "${health%%,*} $(value "$1" 'Health test passed') $(value "$1" 'Available entropy') $(value "$1" 'Events unused')"
}

failed() {
  noise 200
  [ "$(standing "$1")" = "failed false 0 0" ]
}

gives() {
  noise 300
  [ "$(value "$1" 'Health test passed')" = true ] && [ "$(value "$1" 'Available entropy')" -gt 0 ]
}

collects() {
  noise 200
  [ "$(value "$1" 'Events unused')" -gt "$2" ]
}

# Both sources with credit, so that to give nothing means something.
modprobe lrng_events
for source in irq:IRQ:Scheduler sched:Scheduler:IRQ; do
  title=${source#*:}
  other=${title#*:}
  title=${title%:*}
  for defect in stuck biased; do
    what=${source%%:*}:$defect
    dmesg -c >/dev/null
    load fips=1 irq_entropy=256 sched_entropy=256
    check "$what: it takes over" within 60 taken_over
    check "$what: its start-up test passes first, and it gives" within 20 gives "$title"
    echo "$what" >"$parameters/inject"
    check "$what: the health tests find it, and it gives nothing" within 20 failed "$title"
    check "$what: it is logged" within 20 logged "permanent SP800-90B health test failure for entropy source . ($title)"
    check "$what: the other source is well" within 20 gives "$other"
    equal "$what: the LRNG goes on" true "$(status 'LRNG fully seeded')"
    check "$what: and serves" timeout 10 dd if=/dev/random of=/dev/null bs=4096 count=16
    echo off >"$parameters/inject"
    noise 3000
    # Other processors notice it within 32 events, and what they had is forgotten a moment later.
    check "$what: a permanent failure stays, on each processor" within 20 failed "$title"
    refuse "$what: the other has no failure" logged "permanent .* ($other)"
    unload
  done
  what=${source%%:*}:dead
  load takeover=never krng=0
  check "$what: events count" within 10 collects "$title" 0
  echo "$what" >"$parameters/inject"
  before=$(value "$title" 'Events unused')
  noise 500
  after=$(value "$title" 'Events unused')
  check "$what: no event counts any more ($before, $after)" test "$after" -le "$before"
  check "$what: the LRNG serves" timeout 10 dd if=/dev/lrng of=/dev/null bs=4096 count=16
  echo off >"$parameters/inject"
  check "$what: events count again" within 10 collects "$title" "$(value "$title" 'Events unused')"
  unload
done
rmmod lrng_events
