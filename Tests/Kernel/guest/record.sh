# shellcheck shell=dash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# `lrng record --kernel`: raw time stamps out of the module's files, and what `lrng assess` makes of them. An emulated processor's
# noise is no evidence; what is seen here is that each stamp arrives, is seen by nobody else, and that losses are noticed.

# about FILE KEY: a number or a word of the recording's metadata.
about() { sed -n "s/^ *\"$2\" *: *\"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" "$1.json"; }

# of TITLE LABEL: a line of a source in /proc/lrng_type.
of() { sed -n "/ Name: $1\$/,/ Name:/s/^ $2: //p" /proc/lrng_type; }

has_more_than_a_ring() { [ "$(stat -c %s /tmp/switches.part)" -gt 4096 ]; }

is_recorded() { [ "$(of "$1" Recording)" = true ]; }

# exits STATUS COMMAND...
exits() {
  local wanted="$1" found=0
  shift
  "$@" || found=$?
  [ "$found" = "$wanted" ]
}

check "the driver of virtio-rng loads" modprobe -a virtio_pci virtio-rng
# Where a recorder tells others that it records.
mkdir -p /run
load
check "the LRNG is fully seeded" within 20 is_status "LRNG fully seeded" true

# --------------------------------------------------------------------------------------------------------- context switches

# Not so many that an emulated processor which has to wait for a real one loses some.
(while [ ! -e /tmp/enough ]; do usleep 500; done) &
lrng record scheduler --kernel --samples 1000000 --bits 32 -o /tmp/switches >/tmp/recorder 2>&1 &
recorder=$!
check "status says that somebody records" within 10 is_recorded Scheduler
before=$(of Scheduler 'Events unused')
sleep 1
equal "no recorded event is counted" "$before" "$(of Scheduler 'Events unused')"
refuse "interrupts are not called recorded" is_recorded IRQ
lrng status >/tmp/status 2>&1
check "the LRNG in user space counts none either" grep -q 'recording: somebody records the source scheduler' /tmp/status
check "a second recorder is refused" exits 69 lrng record scheduler --kernel --samples 10 -o /tmp/second
check "it records more than the module's ring has room for" within 60 has_more_than_a_ring
kill -TERM $recorder
check "context switches are recorded until that ends" exits 143 wait $recorder
true >/tmp/enough
sed 's/^/#   /' /tmp/recorder
equal "stamps have 32 bits" "$((4 * $(about /tmp/switches samples)))" "$(stat -c %s /tmp/switches)"
equal "without gaps" 0 "$(about /tmp/switches gaps)"
equal "the metadata call it a recording of the module" "kernel module" "$(about /tmp/switches host)"
equal "afterwards nobody records" false "$(of Scheduler Recording)"
check "events count again" within 10 test "$(of Scheduler 'Events unused')" != "$before"

# ---------------------------------------------------------------------------------------------------------------- interrupts

# A request to the device is an interrupt.
(while [ ! -e /tmp/enough_of_them ]; do dd if=/dev/hwrng of=/dev/null bs=64 count=64 2>/dev/null; done) &
check "interrupts are recorded" timeout 60 lrng record interrupt --kernel --samples 4096 -o /tmp/interrupts
true >/tmp/enough_of_them
equal "4096 stamps of 8 bits" 4096 "$(stat -c %s /tmp/interrupts)"
equal "without gaps" 0 "$(about /tmp/interrupts gaps)"
check "they can be assessed" lrng assess /tmp/interrupts --bits 8 --report /tmp/report.html
check "the report says what they are" grep -q 'interrupt, kernel module' /tmp/report.html

# -------------------------------------------------------------------------------------------------------------------- losses

lrng record scheduler --kernel --load --samples 20000 -o /tmp/gaps >/tmp/recorder 2>&1 &
recorder=$!
within 10 is_recorded Scheduler
kill -STOP $recorder
# Somebody else has to make the switches now: more than fit into the module's ring.
i=0
while [ $i -lt 3000 ]; do
  usleep 10
  i=$((i + 1))
done
kill -CONT $recorder
wait $recorder
check "what did not fit into the ring is a gap" test "$(about /tmp/gaps gaps)" -gt 0
check "a recording with gaps is not assessed" exits 65 lrng assess /tmp/gaps --bits 8
unload

# ------------------------------------------------------------------------------------------------------------------ restarts

for row in 1 2; do
  load boot_raw_sched_hires_test=1
  check "row $row is from a fresh load of the module" \
    lrng record scheduler --kernel --restart 2x500 --resume -o /tmp/rows
  unload
done
equal "two rows of 500" 1000 "$(stat -c %s /tmp/rows)"
equal "the matrix is complete" true "$(about /tmp/rows complete)"
load
check "a module that did not record from its load on is refused" \
  exits 69 lrng record scheduler --kernel --restart 2x500 -o /tmp/other
unload
