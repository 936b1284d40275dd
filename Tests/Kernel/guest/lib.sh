# shellcheck shell=dash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# What the scripts in the machine share. A script prints "ok - NAME" and "not ok - NAME" lines, by these functions or by
# the programs it runs.

failures=0
parameters=/sys/module/lrng/parameters

ok() { echo "ok - $1"; }

not_ok() {
  echo "not ok - $1"
  failures=$((failures + 1))
}

# check NAME COMMAND...
check() {
  local name="$1"
  shift
  if "$@" >/tmp/output 2>&1; then ok "$name"; else
    not_ok "$name"
    tail -n 5 /tmp/output | sed 's/^/#   /'
  fi
}

# refuse NAME COMMAND...: passes when the command fails
refuse() {
  local name="$1"
  shift
  if "$@" >/tmp/output 2>&1; then not_ok "$name"; else ok "$name"; fi
}

# equal NAME EXPECTED GOT
equal() {
  if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1: expected $2, got $3"; fi
}

# run PROGRAM...: one that prints its own lines.
run() {
  "$@" || failures=$((failures + 1))
}

# control PROGRAM...: the same on the stock kernel, whose results say so.
control() {
  "$@" >/tmp/control || failures=$((failures + 1))
  sed 's/^\(ok\|not ok\|skip\) - /&stock: /' /tmp/control
}

# until SECONDS COMMAND...: whether it succeeds within that time.
within() {
  local left=$(($1 * 10))
  shift
  while ! "$@" >/dev/null 2>&1; do
    [ "$left" -gt 0 ] || return 1
    left=$((left - 1))
    usleep 100000
  done
}

# The value of a line of /proc/lrng_type.
status() { sed -n "s/^ *$1: *//p" /proc/lrng_type | head -n 1; }

is_status() { [ "$(status "$1")" = "$2" ]; }

logged() { dmesg | grep -q "$1"; }

# load PARAMETER...: the LRNG, without a takeover unless asked for.
load() { modprobe lrng "$@"; }

unload() {
  hand_back
  rmmod lrng
}

# The takeover, and its end.
taken_over() { is_status Takeover active; }

hand_back() {
  [ -e /sys/kernel/livepatch/lrng_takeover ] || return 0
  echo 0 >/sys/kernel/livepatch/lrng_takeover/enabled 2>/dev/null
  within 20 handed_back
  rmmod lrng_takeover
}

handed_back() { [ ! -e /sys/kernel/livepatch/lrng_takeover ]; }

# in_kernel PARAMETER...: random numbers inside the kernel, by a module that tests when it is loaded.
in_kernel() {
  dmesg -c >/dev/null
  modprobe lrng_atomic "$@"
  rmmod lrng_atomic
  dmesg | sed -n 's/.*lrng_atomic: //p' | grep -v '^end'
  logged 'lrng_atomic: end' || not_ok "the test module comes to its end"
  failures=$((failures + $(dmesg | grep -c 'lrng_atomic: not ok')))
}

# lock_statistics on | off: counts how often locks are waited for, on a kernel that can (the debug kernel).
lock_statistics() {
  if [ "$1" = on ]; then
    echo 0 >/proc/lock_stat
    echo 1 >/proc/sys/kernel/lock_stat
  else
    echo 0 >/proc/sys/kernel/lock_stat
  fi
}

# contended REGEX: the locks of a matching name that were waited for meanwhile, and how often.
contended() {
  awk -v wanted="$1" '/: +[0-9]+ +[0-9]+ / && !/\[</ {
    name = numbers = $0
    sub(/^ +/, "", name)
    sub(/: +[0-9]+ +[0-9]+ .*/, "", name)
    sub(/.*: +/, "", numbers)
    split(numbers, field, / +/)
    if (name ~ wanted && field[2] > 0) print name, field[2]
  }' /proc/lock_stat
}
