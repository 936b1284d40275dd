# shellcheck shell=dash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# What the scripts about seeding share: activity for the sources, the module loaded with parameters and its log, and what that
# log says. It is read by scripts, and none itself.

modprobe lrng_events

# busy N: interrupts and context switches, so many of the first.
busy() { echo "$1" >/sys/module/lrng_events/parameters/burst; }

# Context switches, hundreds of them.
switches() { dd if=/dev/zero bs=1 count=400 2>/dev/null | dd of=/dev/null bs=1 2>/dev/null; }

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

# Who does not wait.
answer() { ask read /dev/lrng; }
answers() { [ "$(answer)" = 16 ]; }

fully() { is_status "LRNG fully seeded" true; }

# Within so many seconds of activity.
seeds_within() {
  seconds=$1
  start=$(cut -d. -f1 /proc/uptime)
  while ! fully; do
    [ $(($(cut -d. -f1 /proc/uptime) - start)) -lt "$seconds" ] || return 1
    busy 200
    usleep 20000
  done
}

# The bits that a source gave, seed by seed, and the largest of such numbers.
bits_of() { sed -n "s/.*$1: obtained \([0-9]*\) bits.*/\1/p" /tmp/log; }
largest() { sort -n | tail -n 1; }
total_of_level() { sed -n 's/.*LRNG fully seeded with \([0-9]*\) bits.*/\1/p' /tmp/log | head -n 1; }

standard() { status 'Standards compliance'; }

# about NAME LABEL: a line of that source in /proc/lrng_type.
about() { sed -n "/^ Name: $1\$/,/^Entropy Source/s/^ $2: *//p" /proc/lrng_type; }

# at_least NAME NUMBER GOT
at_least() {
  if [ "${3:-0}" -ge "$2" ]; then ok "$1 ($3)"; else not_ok "$1: expected at least $2, got ${3:-nothing}"; fi
}
