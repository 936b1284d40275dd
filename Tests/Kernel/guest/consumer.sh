# shellcheck shell=dash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The LRNG and the rest of the kernel: who feeds it there, who waits for it, who takes its output by other interfaces, what it
# gives back. A test module does what user space can't: see modules/lrng_consumer.c.

consumer=/sys/module/lrng_consumer/parameters
hw_random=/sys/class/misc/hw_random
nothing="irq=0 sched=0 jent=0 cpu=0 krng=0"

call() { echo "$*" >$consumer/call; }
has() { grep -q " $1\$" /proc/kallsyms; }
available() { sed -n '/Name: Auxiliary/,$s/^ Available entropy: //p' /proc/lrng_type; }
gave() { dmesg | sed -n 's/.*lrng_es_aux: obtained \([0-9]*\) bits by.*/\1/p' | tail -n 1; }
has_given() { [ "$(gave)" = "$1" ]; }
seeded() { is_status "LRNG $1 seeded" true; }
goes() { within 10 rmmod lrng; }

# Whatever was credited would be there, or have become a seed.
no_credit() {
  sleep 1
  equal "$1 gives no credit" "0 " "$(available) $(gave)"
}

# ------------------------------------------------------------------------------------------------------------------- inputs

modprobe lrng_consumer
# shellcheck disable=SC2086 # a list
load debug=1 $nothing takeover=never
dmesg -c >/dev/null
call device 4096
no_credit "add_device_randomness"
call hwgenerator 64 0
no_credit "add_hwgenerator_randomness for which its caller does not vouch"
dd if=/dev/zero of=/dev/lrng bs=512 count=4 2>/dev/null
no_credit "a write to /dev/lrng"
call hwgenerator 4 10000
check "no more bits are credited than 4 bytes have" within 10 has_given 32
refuse "they do not seed it" seeded minimally
call hwgenerator 64 100
equal "what is vouched for is credited" 100 "$(available)"
call hwgenerator 64 28
check "128 bits seed it minimally" within 10 seeded minimally
equal "the seed has all that was credited" 128 "$(gave)"
refuse "they do not seed it fully" seeded fully
call hwgenerator 64 256
check "256 more seed it fully" within 10 seeded fully
check "/dev/lrng serves" timeout 10 dd if=/dev/lrng of=/dev/null bs=64 count=4

# ------------------------------------------------------------------------------------------------ a fork of the virtual machine

if has add_vmfork_randomness; then
  call hwgenerator 64 256
  call watch
  before=$(status Seeds)
  sleep 1
  equal "fork: nothing is seeded before it" "$before 0" "$(status Seeds) $(cat $consumer/keys)"
  check "fork: the kernel is told of it" call fork
  check "fork: it is logged" logged "lrng: reseeded after a fork of the virtual machine"
  check "fork: the LRNG is seeded anew ($before, $(status Seeds))" test "$(status Seeds)" -gt "$before"
  equal "fork: and the generators of all processors" "$(grep -c '^processor' /proc/cpuinfo)" "$(cat $consumer/keys)"
  equal "fork: by what it had" "0 256" "$(available) $(gave)"
  call unwatch
else
  echo "skip - this kernel does not notice forks of virtual machines"
fi

# ---------------------------------------------------------------------------------------------------------------- providers

check "the crypto API has it" grep -q '^driver *: lrng$' /proc/crypto
check "crypto_alloc_rng finds it" call open
check "crypto_rng_generate and crypto_rng_get_bytes give different bytes, and all" call generate
before=$(status Seeds)
check "crypto_rng_reset takes a seed" call seed
seeds_again() { call generate && [ "$(status Seeds)" -gt "$before" ]; }
check "and what comes next is seeded anew" within 10 seeds_again
refuse "the LRNG stays while somebody has it from the crypto API" rmmod lrng
call close

check "hw_random has it" grep -qw lrng $hw_random/rng_available
echo lrng >$hw_random/rng_current
equal "it is the one that was selected" lrng "$(cat $hw_random/rng_current)"
timeout 10 dd if=/dev/hwrng of=/tmp/bytes bs=64 count=64 iflag=fullblock 2>/dev/null
different=$(hexdump -v -e '16/1 "%02x" "\n"' /tmp/bytes | sort -u | wc -l)
equal "/dev/hwrng gives 4096 bytes of it, no 16 of them twice" "4096 256" "$(stat -c %s /tmp/bytes) $different"

# hw_random offers what it reads, with nearly as many bits as there are. First it may have found nothing, and then it rests.
offered() {
  call wake
  [ "$(cat $consumer/offered)" -ge 3 ]
}
feeds() {
  call watch
  within 30 offered
  status=$?
  call unwatch
  return $status
}
# What a fork would have taken.
take_all() {
  dd if=/dev/urandom of=/dev/lrng bs=64 count=1 2>/dev/null
  timeout 10 dd if=/dev/lrng of=/dev/null bs=64 count=1 2>/dev/null
  [ "$(available)" = 0 ]
}
check "the pool is empty" within 20 take_all
echo 1000 >$hw_random/rng_quality
check "hw_random offers the LRNG's own output" feeds
equal "the LRNG takes no credit for it" 0 "$(available)"
check "another hwrng comes" call offer
echo lrng_consumer >$hw_random/rng_current
check "hw_random offers the output of that" feeds
equal "the LRNG takes credit for it" 256 "$(available)"
echo lrng >$hw_random/rng_current
call withdraw
check "the LRNG goes although it is the hwrng that was selected" goes
refuse "/dev/hwrng ends with it" timeout 5 dd if=/dev/hwrng of=/dev/null bs=16 count=1

# shellcheck disable=SC2086 # a list
load $nothing takeover=never
echo lrng >$hw_random/rng_current
dd if=/dev/hwrng of=/dev/null bs=16 count=1 2>/dev/null &
reader=$!
sleep 1
check "a reader of /dev/hwrng waits for the seed" kill -0 $reader
{
  rmmod lrng 2>/dev/null
  echo $? >/tmp/removed
} &
check "rmmod does not wait for him" within 10 test -s /tmp/removed
equal "but says that the LRNG is in use" 1 "$(cat /tmp/removed)"
kill $reader
check "and goes when he has left" goes

# ---------------------------------------------------------------------------------------------------------- who waits inside

all="kernel min full pr seed crypto"

waiter() { echo "$*" >$consumer/waiter; }
each() { for name in $all; do waiter "$name" "$1"; done; }
answer() { sed -n "s/^$1 //p" $consumer/waiter; }
is_answer() { [ "$(answer "$1")" = "$2" ]; }
# expect_each NAME ANSWER...: in the order of `all`
expect_each() {
  what=$1
  shift
  for name in $all; do
    check "$what: $name: $1" within 10 is_answer "$name" "$1"
    shift
  done
}
states() { echo "$(cat $consumer/ready) $(cat $consumer/heard)"; }
is_told() { [ "$(states)" = "1 1" ]; }

# shellcheck disable=SC2086 # a list
load $nothing takeover=now
check "it takes over without a seed" within 30 taken_over
call open
call notify
each start
sleep 1
equal "unseeded: rng_is_initialized says no, and nobody is notified" "0 0" "$(states)"
equal "unseeded: lrng_get_seed without waiting: EAGAIN" -11 "$(cat $consumer/nonblock)"
expect_each unseeded waits waits waits waits waits waits
each signal
# ERESTARTSYS. Where bytes were promised or nothing, there are zeros.
expect_each signal -512 "-512 zeros" "-512 zeros" -512 -512 "-512 zeros"
each stop
each start
call hwgenerator 64 128
expect_each "128 bits" 0 0 waits waits waits waits
equal "128 bits: rng_is_initialized says no, and nobody is notified" "0 0" "$(states)"
call hwgenerator 64 256
check "256 bits more: rng_is_initialized says yes, and the notifier is called" within 10 is_told
for name in full crypto; do check "256 bits more: $name" within 10 is_answer $name 0; done
# Each seed takes what there is.
has_answer() {
  call hwgenerator 64 512
  is_answer "$1" "$2"
}
check "fed: lrng_get_random_bytes_pr" within 20 has_answer pr 32
check "fed: lrng_get_seed" within 20 has_answer seed 236
equal "the notifier was called once" "1 1" "$(states)"
call notify
equal "who wants to be told afterwards is told at once" 1 "$(cat $consumer/heard)"
each stop
call close

# -------------------------------------------------------------------------------------------------------------- the hand-back

# The kernel's generator gets 64 bytes, with their credit, and makes them its seed.
gift() { tail -n 2 $consumer/gifts | sed 's/ [0-9a-f]*$//' | tr '\n' ','; }
call watch
hand_back
equal "the kernel's generator is given 512 bits, and then reseeded" "given 64 512,reseed 0 0," "$(gift)"
first=$(sed -n '/^given/s/.* //p' $consumer/gifts | tail -n 1)
call unwatch
check "the LRNG goes" goes

# shellcheck disable=SC2086 # a list
load $nothing takeover=now
check "it takes over without a seed again" within 30 taken_over
call notify
waiter kernel start
sleep 1
equal "before the hand-back: wait_for_random_bytes" waits "$(answer kernel)"
equal "before the hand-back: rng_is_initialized and the notifier" "0 0" "$(states)"
call watch
hand_back
check "at the hand-back wait_for_random_bytes returns" within 10 is_answer kernel 0
equal "and the notifier is called, and not lost" "1 1" "$(states)"
equal "what has no seed gives without credit" "given 64 0,reseed 0 0," "$(gift)"
second=$(sed -n '/^given/s/.* //p' $consumer/gifts | tail -n 1)
check "and something else than before" test "$first" != "$second"
call unwatch
waiter kernel stop
check "the LRNG goes after that, too" goes
check "and so does the test module" rmmod lrng_consumer

# ------------------------------------------------------------------------------------------------------------------ memory

# The objects that are in use, after those that are kept for later were given back; with slub_debug=U the numbers are exact,
# else a slab of each processor counts as full. Then the areas of vmalloc but for the stacks of tasks, and the processors' memory.
memory() {
  echo 3 >/proc/sys/vm/drop_caches
  for cache in /sys/kernel/slab/kmalloc-*/shrink; do echo 1 >"$cache"; done
  sed -n 's/^\(kmalloc-[^ ]*\) *\([0-9]*\) .*/\1 \2/p' /proc/slabinfo
  echo "vmalloc $(grep -vc -e dup_task_struct -e copy_process -e unpurged /proc/vmallocinfo)"
  sed -n 's/^Percpu: *\([0-9]*\) kB/Percpu \1/p' /proc/meminfo
}
# What has grown by one or more a round.
growth() {
  memory >/tmp/memory
  awk -v rounds="$1" 'NR == FNR { old[$1] = $2; next } $2 - old[$1] >= rounds { print $1 ": " old[$1] ", then " $2 }' \
    /tmp/before /tmp/memory
}
has_not_grown() {
  growth "$1" >/tmp/growth
  ! [ -s /tmp/growth ]
}

# steady ROUNDS NAME COMMAND...
steady() {
  local rounds=$1 what="$2" number
  shift 2
  memory >/tmp/before
  for number in $(seq "$rounds"); do "$@" || not_ok "$what, number $number"; done
  check "nothing grows by one or more with each of $rounds: $what" within 15 has_not_grown "$rounds"
  cat /tmp/growth
}
come_and_go() { load takeover=never && goes; }
take_over_and_go() {
  load takeover=now
  within 30 taken_over && hand_back && goes
}
if [ "$(cat /sys/kernel/slab/kmalloc-16/store_user 2>/dev/null)" = 1 ]; then
  come_and_go
  steady 6 "load, unload" come_and_go
  steady 5 "load, takeover, hand-back, unload" take_over_and_go
else
  echo "skip - the memory: without slub_debug=U,kmalloc-* on the command line it is not known exactly"
fi

# --------------------------------------------------------------------------------------- a hardware generator that has failed
modprobe lrng_stuck
is_read() { [ "$(cat /sys/class/misc/hw_random/rng_current)" = lrng_stuck ] && grep -lx hwrng /proc/[0-9]*/comm; }
check "a hardware generator keeps the kernel's thread waiting" within 10 is_read
sleep 1
check "the LRNG is loaded all the same" timeout 20 modprobe lrng takeover=never
check "and goes" timeout 20 rmmod lrng
rmmod lrng_stuck
