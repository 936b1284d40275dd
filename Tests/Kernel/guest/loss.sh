# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# No entropy: no takeover, and what is left when the seed of a LRNG in charge is worn out.

. ./seeding-lib.sh

# ---------------------------------------------------------------------------------------------------------- before a seed

dmesg -c >/dev/null
load irq=0 sched=0 jent=0 cpu=0 krng=0
title="no entropy"
equal "$title: it waits with the takeover" waiting "$(status Takeover)"
equal "$title: /dev/lrng has nothing to give" -11 "$(ask read /dev/lrng)"
equal "$title: /dev/random, which is the kernel's, has" 16 "$(ask read /dev/random)"
refuse "$title: nobody can take over by hand" modprobe lrng_takeover
check "$title: the log says why" logged 'no takeover: not fully seeded yet'
refuse "$title: nothing is left of it" test -e /sys/module/lrng_takeover
equal "$title: it waits on" waiting "$(status Takeover)"
equal "$title: a bit less than a seed is put in" 0 "$(ask feed /dev/lrng 255)"
check "$title: that is taken" within 10 is_status "LRNG minimally seeded" true
equal "$title: and is not enough" -11 "$(ask read /dev/lrng)"
equal "$title: it still waits" waiting "$(status Takeover)"
equal "$title: a whole seed is put in" 0 "$(ask feed /dev/lrng 256)"
check "$title: then it takes over by itself" within 60 taken_over
check "$title: /dev/random is the LRNG's" logged "are the LRNG now"
equal "$title: which gives" 16 "$(ask read /dev/random)"
unload

# ----------------------------------------------------------------------------------------------------------------- worn out

# Nothing but interrupts, and many of them for a seed, so that those of an idle machine do not make one.
load debug=1 irq_entropy=4096 sched=0 jent=0 cpu=0 krng=0 force_seeding=0
equal "worn out: a first seed is put in" 0 "$(ask feed /dev/lrng 256)"
check "worn out: it takes over" within 60 taken_over

# Somebody draws.
is_worn_out() {
  dd if=/dev/urandom of=/dev/null bs=16 count=50 2>/dev/null
  is_status "LRNG fully seeded" false
}

for children in 1 0; do
  title="worn out, children=$children"
  dmesg -c >/dev/null
  echo $children >"$parameters/children"
  echo 64 >"$parameters/max_wo_reseed"
  check "$title: it stops to be fully seeded" within 20 is_worn_out
  check "$title: it says so" logged 'LRNG set to non-operational'
  equal "$title: it stays in charge" active "$(status Takeover)"
  equal "$title: getrandom with GRND_NONBLOCK" -11 "$(ask getrandom 1)"
  equal "$title: getrandom with GRND_RANDOM and GRND_NONBLOCK" -11 "$(ask getrandom 3)"
  equal "$title: /dev/random with O_NONBLOCK" -11 "$(ask read /dev/random)"
  equal "$title: /dev/urandom serves" 16 "$(ask read /dev/urandom)"
  equal "$title: GRND_INSECURE serves" 16 "$(ask getrandom 4)"
  dd if=/dev/random of=/tmp/waited bs=16 count=1 2>/dev/null &
  waiter=$!
  usleep 300000
  check "$title: who reads /dev/random waits" kill -0 "$waiter"
  echo 1073741824 >"$parameters/max_wo_reseed"
  dmesg -c >/dev/null
  check "$title: new events seed it" seeds_within 30
  check "$title: it says that it is back" logged 'LRNG fully operational'
  wait "$waiter"
  equal "$title: who waited is served" 16 "$(wc -c </tmp/waited)"
  equal "$title: and all others" 16 "$(ask getrandom 1)"
done
unload

rmmod lrng_events
