# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Noise that fails on purpose, in modules that were built with CONFIG_LRNG_TESTING_INJECTION: health tests find it, that source
# is out, the rest goes on serving.

# The lines of one source.
source_lines() { sed -n "/Name: $1\$/,/^Entropy Source/p" /proc/lrng_type; }
health() { source_lines "$1" | sed -n 's/^ Health: //p'; }
passed() { source_lines "$1" | sed -n 's/^ Health test passed: //p'; }
available() { source_lines "$1" | sed -n 's/^ Available entropy: //p'; }

noise() {
  echo "${1:-400}" >/sys/module/lrng_events/parameters/burst
}

failed() {
  noise 200
  health "$1" | grep -q '^failed'
}

started() {
  noise 300
  [ "$(passed "$1")" = true ]
}

modprobe lrng_events
for source in irq:IRQ sched:Scheduler; do
  for defect in stuck biased; do
    what=${source%:*}:$defect
    title=${source#*:}
    dmesg -c >/dev/null
    load fips=1 debug=1
    check "$what: it takes over" within 60 taken_over
    check "$what: its start-up test passes first" within 20 started "$title"
    echo "$what" >"$parameters/inject"
    check "$what: the health tests find it" within 20 failed "$title"
    check "$what: it is logged" logged "permanent SP800-90B health test failure for entropy source . ($title)"
    equal "$what: the source does not pass" false "$(passed "$title")"
    equal "$what: it gives nothing" 0 "$(available "$title")"
    other=IRQ
    [ "$title" = Scheduler ] || other=Scheduler
    check "$what: the other source is well" within 20 started "$other"
    equal "$what: the LRNG goes on" true "$(status 'LRNG fully seeded')"
    check "$what: and serves" timeout 10 dd if=/dev/random of=/dev/null bs=4096 count=16
    echo off >"$parameters/inject"
    noise 1000
    check "$what: a permanent failure stays" failed "$title"
    unload
  done
  what=${source%:*}:dead
  title=${source#*:}
  load
  check "$what: it takes over" within 60 taken_over
  echo "$what" >"$parameters/inject"
  before=$(source_lines "$title" | sed -n 's/^ Events unused: //p')
  noise 500
  after=$(source_lines "$title" | sed -n 's/^ Events unused: //p')
  check "$what: no event counts any more ($before, $after)" test "$after" -le "$before"
  check "$what: the LRNG serves" timeout 10 dd if=/dev/random of=/dev/null bs=4096 count=16
  unload
done
rmmod lrng_events
