# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# /dev/lrng as the service in user space serves it, on a stock kernel.

printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >/etc/passwd
native=/tmp/native

# serve OPTION...: starts the service as nobody, and waits for its device.
serve() {
  lrng serve --socket $native --user nobody "$@" 2>/tmp/service.log &
  service=$!
  within 30 test -c /dev/lrng && within 30 lrng status --socket $native
}
is_seeded() { lrng status --check --socket $native; }
# end SIGNAL: the service, and its devices with it.
end() {
  kill "-$1" "$service"
  wait "$service"
  ended=$?
  within 10 test ! -e /dev/lrng
}
number() { stat -c %t:%T "$1"; }
are_ours() { [ "$(number /dev/random)" = "$(number /dev/lrng)" ] && [ "$(number /dev/urandom)" = "$(number /dev/lrng-urandom)" ]; }
are_the_kernels() { [ "$(number /dev/random)" = 1:8 ] && [ "$(number /dev/urandom)" = 1:9 ]; }
helper() { grep -lx lrng-devices /proc/[0-9]*/comm | sed 's/[^0-9]//g'; }

lrng serve --cuse 2>/tmp/refusal
equal "without the module: the status is 69" 69 $?
check "and it says what is missing" grep -q 'modprobe cuse' /tmp/refusal
modprobe cuse
check "the device's control is there" within 5 test -c /dev/cuse

check "the service makes /dev/lrng, without a seed" serve --cuse --source auxiliary
equal "everybody may read and write it" 666 "$(stat -c %a /dev/lrng)"
equal "the service has no capability" 0000000000000000 "$(sed -n 's/^CapEff:\t//p' "/proc/$service/status")"
lrng serve --cuse 2>/tmp/refusal
equal "a second service is refused" 69 $?

# Whoever waits there can be frozen.
mkdir /tmp/groups
if mount -t cgroup2 none /tmp/groups && mkdir /tmp/groups/waiting && [ -e /tmp/groups/waiting/cgroup.freeze ]; then
  cuse poll & poller=$!
  cuse wait >/tmp/waited & reader=$!
  sleep 1
  echo $poller >/tmp/groups/waiting/cgroup.procs
  echo $reader >/tmp/groups/waiting/cgroup.procs
  echo 1 >/tmp/groups/waiting/cgroup.freeze
  check "who waits in poll and in read can be frozen" within 10 grep -q 'frozen 1' /tmp/groups/waiting/cgroup.events
  echo 0 >/tmp/groups/waiting/cgroup.freeze
  kill $poller $reader
  wait $poller $reader 2>/dev/null
else
  not_ok "there are control groups"
fi
run cuse unseeded
end TERM
equal "SIGTERM ends the service" 0 $ended
check "its device is gone" test ! -e /dev/lrng

check "the service makes /dev/lrng" serve --cuse
check "it is seeded" within 60 is_seeded

# Sleep is ACPI's S3, which the clock ends.
cuse poll & poller=$!
sleep 1
echo +3 >/sys/class/rtc/rtc0/wakealarm
check "the system goes to sleep while somebody waits in poll" sh -c 'echo mem >/sys/power/state'
check "he still waits afterwards" kill -0 $poller
kill $poller
wait $poller
run devices served
run cuse seeded
cuse wait >/tmp/waited & reader=$!
sleep 1
end KILL
check "kill -9: its device is gone" test ! -e /dev/lrng
check "kill -9: readers get an error" wait $reader
check "kill -9: that is what it was" grep -qE '^-(103|107)$' /tmp/waited

check "the service stands in for /dev/random" serve --cuse-bind
check "when it is seeded, /dev/random and /dev/urandom are its own" within 60 are_ours
check "dd reads /dev/random" dd if=/dev/random of=/tmp/bytes bs=4096 count=4 iflag=fullblock
check "dd reads /dev/urandom" dd if=/dev/urandom of=/tmp/bytes bs=1M count=2 iflag=fullblock
equal "it has all its bytes" 2097152 "$(stat -c %s /tmp/bytes)"
end TERM
check "afterwards they are the kernel's" are_the_kernels
check "once more" serve --cuse-bind
check "they are the service's" within 60 are_ours
end KILL
check "after kill -9 they are the kernel's" within 10 are_the_kernels
check "and once more" serve --cuse-bind
check "they are the service's again" within 60 are_ours
check "a process of its own sees to that" kill -9 "$(helper)"
end KILL
refuse "with both processes killed, reading is an error" dd if=/dev/random of=/tmp/bytes bs=1 count=1
check "the next start tidies up" serve --cuse-bind
check "they are the service's once more" within 60 are_ours
end TERM
check "then they are the kernel's" are_the_kernels
