# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The machine goes to sleep (ACPI S3: all processors but one are taken offline, devices lose their state), while readers are
# at work, and is woken by its clock.

clock=/sys/class/rtc/rtc0/wakealarm

# sleep_for SECONDS
sleep_for() {
  echo 0 >"$clock"
  echo "+$1" >"$clock"
  echo mem >/sys/power/state
}

read_on() {
  while :; do dd if="$1" of=/dev/null bs=4096 count=64 2>/dev/null || break; done
  echo "$1" >>/tmp/ended
}

load
check "the LRNG takes over" within 20 taken_over
grep -q deep /sys/power/mem_sleep && echo deep >/sys/power/mem_sleep
read_on /dev/random &
readers=$!
read_on /dev/urandom &
readers="$readers $!"
: >/tmp/ended
for time in first second; do
  dmesg -c >/dev/null
  check "the machine sleeps and wakes, the $time time" sleep_for 3
  check "it did, says the kernel" logged "PM: suspend exit"
  check "everything was seeded anew" logged "lrng: reseeded after a sleep of the machine"
  check "the takeover is still there" taken_over
  equal "the LRNG is still fully seeded" true "$(status "LRNG fully seeded")"
done
test -s /tmp/ended && not_ok "a reader has ended: $(cat /tmp/ended)"
# shellcheck disable=SC2086 # a list
kill $readers
check "reading /dev/random afterwards" dd if=/dev/random of=/dev/null bs=4096 count=16
check "all processors are back" test "$(cat /sys/devices/system/cpu/online)" = 0-1
unload
check "and the module goes" test ! -d /sys/module/lrng
