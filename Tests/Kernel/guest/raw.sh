# shellcheck shell=dash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# What testers and scripts read: the raw data and the hash below debugfs, /proc/lrng_type, and the log of debug=1, in which each
# step has the reference's words.

testing=/sys/kernel/debug/lrng_testing

busy() { echo 200 >/sys/module/lrng_events/parameters/burst; }

fully() {
  busy
  is_status "LRNG fully seeded" true
}

modprobe lrng_events
line=$(sed -n 's/^ *\([0-9]*\):.* lrng_events$/\1/p' /proc/interrupts)

# ------------------------------------------------------------------------------------------------------------ raw data

load takeover=never
check "the LRNG is fully seeded" within 20 fully
equal "there are 13 files of events and one of hashes" 14 "$(find $testing -type f | wc -l)"
equal "files of events are root's to read" 13 "$(find $testing -type f -perm 400 | wc -l)"
run raw files "$line"

dmesg -c >/dev/null
run raw overrun
check "a reader is told of gaps when he closes the file" logged 'lrng: lrng_raw_irq: [0-9]* words did not fit into the ring'
exec 4<$testing/lrng_raw_jiffies
refuse "the module stays while a file is open" rmmod lrng
exec 4<&-

# -------------------------------------------------------------------------------------------------------------- hashes

# What others know: FIPS 180-4 and FIPS 202 for short messages, busybox for longer ones.
bytes() { yes 'The quick brown fox' | head -c "$1"; }

switch_to() { echo "$1" >"$parameters"/hash; }

# digests NAME PROGRAM EMPTY ABC BLOCK, where PROGRAM is what gives the same hash and BLOCK the bytes that it takes at a time.
digests() {
  equal "$1: the empty message" "$3" "$(request digest 0)"
  equal "$1: abc" "$4" "$(printf abc | request digest 3)"
  for length in $(($5 - 1)) "$5" $(($5 + 1)) 8191 8192; do
    # shellcheck disable=SC2086
    equal "$1: $length bytes" "$(bytes "$length" | $2 | cut -d' ' -f1)" "$(bytes "$length" | request digest "$length")"
  done
  equal "$1: 8193 bytes are too many (EFBIG)" "error 27" "$(bytes 8193 | request digest 8193)"
}

equal "lrng_acvt_hash is root's alone" 600 "$(stat -c %a $testing/lrng_acvt_hash)"
empty=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
abc=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
digests SHA-256 sha256sum $empty $abc 64
check "the pools switch to SHA-512" within 20 switch_to SHA-512
empty=cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e
abc=ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
digests SHA-512 sha512sum $empty $abc 128
check "the pools switch to SHA3-256" within 20 switch_to SHA3-256
empty=a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a
abc=3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532
digests SHA3-256 'sha3sum -a 256' $empty $abc 136
check "the pools switch to SHA3-512" within 20 switch_to SHA3-512
empty=a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a615b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26
abc=b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0
digests SHA3-512 'sha3sum -a 512' $empty $abc 72
unload

# ------------------------------------------------------------------------------------------------------- since the load

recordings=
for name in raw_hires_test raw_jiffies_test raw_irq_test raw_irqflags_test raw_retip_test raw_regs_test raw_array irq_perf \
  raw_sched_hires_test raw_sched_pid_test raw_sched_starttime_test raw_sched_nvcsw_test sched_perf; do
  recordings="$recordings boot_$name=1"
done
# shellcheck disable=SC2086
load takeover=never $recordings
dmesg -c >/dev/null
run since_load
refuse "what is recorded since the load has no gaps" logged 'did not fit into the ring'
unload

# ------------------------------------------------------------------------------------------------------ /proc/lrng_type

# in_order FILE: whether the lines of the standard input, which are regular expressions, match lines of the file in this order.
in_order() {
  awk 'NR == FNR { if ($0 != "") wanted[++count] = $0; next }
    next_one < count && $0 ~ ("^" wanted[next_one + 1] "$") { next_one++ }
    END {
      if (next_one < count) print "missing, or not in its place: " wanted[next_one + 1]
      exit next_one < count || !count
    }' - "$1"
}

# shows FILE: what the reference shows, with values that fit, for a load without the KernelRNG; FIPS mode has $fips and $sp800_90b.
shows() {
  in_order "$1" <<LABELS
DRNG name: ChaCha20 DRNG
LRNG security strength in bits: 256
Number of DRNG instances: [1-9][0-9]*
Standards compliance: ${fips}NTG[.]1 [(]2011[)]
LRNG minimally seeded: true
LRNG fully seeded: true
LRNG entropy level: [0-9]+
Entropy Source 0 properties:
 Name: IRQ
 Hash for operating entropy pool: $hash
 Available entropy: [0-9]+
 per-CPU interrupt collection size: 1024
 Standards compliance: $sp800_90b
 High-resolution timer: true
 Continuous compression: true
 Health test passed: true
Entropy Source 1 properties:
 Name: Scheduler
 Hash for operating entropy pool: $hash
 Available entropy: [0-9]+
 per-CPU scheduler event collection size: 1024
 Standards compliance: $sp800_90b
 High-resolution timer: true
 Health test passed: true
Entropy Source 2 properties:
 Name: JitterRNG
 Available entropy: [0-9]+
 Enabled: true
 Jitter RNG async collection true
Entropy Source 3 properties:
 Name: CPU
 Hash for compressing data: $hash
 Available entropy: [0-9]+
 Data multiplier: 512
$kernel
Entropy Source $last properties:
 Name: Auxiliary
 Hash for operating entropy pool: $hash
 Available entropy: [0-9]+
LABELS
}

is_shown() {
  busy
  cat /proc/lrng_type >/tmp/type
  shows /tmp/type
}

# The level is what all sources have together, and none has more than a seed asks for.
adds_up() {
  awk '/^LRNG entropy level: / { level = $4 } /^ Available entropy: / { sum += $3 } /^ Available entropy/ && $3 > 384 { bad = 1 }
    END { if (level != sum) print level " instead of " sum; exit bad || level != sum }' /proc/lrng_type
}

hash='SHA-256' fips='' sp800_90b=''
load takeover=never krng=0
kernel='' last=4
check "by default /proc/lrng_type has the reference's lines" within 30 is_shown
check "the levels of the sources add up" within 5 adds_up
for label in 'DRNG name' ' Name: JitterRNG' ' Continuous compression' ' Data multiplier'; do
  grep -v "^$label" /tmp/type >/tmp/less
  refuse "it would be noticed that '$label' is missing" shows /tmp/less
done
awk '/^Entropy Source 1/ { exit } { print }' /tmp/type >/tmp/less
awk '/^Entropy Source 2/ { is_on = 1 } is_on' /tmp/type >>/tmp/less
awk '/^Entropy Source 2/ { exit } /^Entropy Source 1/ { is_on = 1 } is_on' /tmp/type >>/tmp/less
refuse "it would be noticed that the scheduler is not in its place" shows /tmp/less
follows() { grep -A 1 '^ Name: Auxiliary$' /tmp/type | grep -q '^ Hash for operating entropy pool: '; }
check "the hash follows the name of the auxiliary pool" follows
unload

hash='SHA-(256|512)' fips='SP800-90C, ' sp800_90b='SP800-90B '
kernel="Entropy Source 4 properties:
 Name: KernelRNG
 Available entropy: 0
 Entropy Rate per 256 data bits: 0" last=5
load takeover=never fips=1 debug=1
check "so it has in FIPS mode, with the KernelRNG before the auxiliary pool" within 30 is_shown
check "the log tells of the start-up tests of interrupts" within 20 logged \
  'lrng_health: SP800-90B startup health tests for internal entropy source 0 completed'
check "the log tells of the start-up tests of the scheduler" within 20 logged \
  'lrng_health: SP800-90B startup health tests for internal entropy source 1 completed'
fips=''
refuse "it would be noticed that SP800-90C is not wanted" shows /tmp/type
unload

# ------------------------------------------------------------------------------------------------- the words of the log

# says PHRASE: since the log was emptied, behind the time.
says() { dmesg | sed 's/^\[[^]]*\] //' >/tmp/log && grep -qE "^$1" /tmp/log; }

# reached PHRASE: with a few more interrupts, and time for the LRNG's thread.
reached() {
  echo 20 >/sys/module/lrng_events/parameters/burst
  usleep 20000
  says "$1"
}

# More requests than a seed may serve, and nothing to seed with.
gives_up() {
  timeout 1 dd if=/dev/lrng of=/dev/null bs=16 count=20
  says 'lrng_es_mgr: LRNG set to non-operational$'
}

dmesg -c >/dev/null
load takeover=never
check "without debug=1 it is fully seeded" within 20 fully
refuse "without debug=1 no step is logged" says 'lrng_[a-z_]*: '
unload

# Interrupts alone, so that each level is there for a moment. Printing makes some, too.
dmesg -c >/dev/null
load takeover=never debug=1 jent=0 cpu=0 krng=0 sched=0 force_seeding=0 children=0
says ''
cp /tmp/log /tmp/begin
check "the log tells of the self tests of the load" grep -q '^lrng_selftest: LRNG self-tests passed$' /tmp/begin
check "the log tells of the first seed" \
  grep -q '^lrng_drng_mgr: Initial DRNG initialized triggering first seeding$' /tmp/begin
check "the log tells of a seed for processes" \
  grep -qE '^lrng_drng_mgr: seeding regular DRNG with [0-9]+ bytes$' /tmp/begin
check "the log tells of a seed for who can't sleep" \
  grep -q '^lrng_drng_mgr: seeding atomic DRNG with 32 bytes' /tmp/begin
refuse "the log tells of no level yet" grep -qE 'LRNG (minimally|fully) seeded with' /tmp/begin
check "the log tells when it is minimally seeded" \
  within 20 reached 'lrng_es_mgr: LRNG minimally seeded with [0-9]+ bits of entropy$'
refuse "it is not fully seeded then" grep -q 'LRNG fully' /tmp/log
check "the log tells when it is fully seeded" \
  within 20 reached 'lrng_es_mgr: LRNG fully seeded with [0-9]+ bits of entropy$'
check "the log tells that the generator is" says 'lrng_drng_mgr: regular DRNG fully seeded'
check "the log tells that it is operational" within 5 says 'lrng_es_mgr: LRNG fully operational$'
check "the log tells of the interrupts of each processor" says \
  'lrng_es_irq: [0-9]+ interrupts used from entropy pool of CPU [0-9]+, [0-9]+ interrupts remain unused$'
check "the log tells of interrupts in sum" says 'lrng_es_irq: obtained [0-9]+ bits by collecting [0-9]+ bits of entropy from '
check "the log tells of the auxiliary pool" says 'lrng_es_aux: obtained [0-9]+ bits by collecting [0-9]+ bits of entropy from '
check "the log tells of the divisor of time stamps" within 20 reached 'lrng_es_timer_common: Setting GCD to [0-9]+'
refuse "the log does not tell of a Jitter RNG that is off" says 'lrng_es_jent: '
refuse "the log does not tell of a processor that is off" says 'lrng_es_cpu: '
dmesg -c >/dev/null
echo 2 >"$parameters/max_wo_reseed"
check "the log tells when it is worn out, and not operational any more" within 20 gives_up
echo 1000000 >"$parameters/max_wo_reseed"
check "the log tells when it is operational again" within 20 reached 'lrng_es_mgr: LRNG fully operational$'
unload

# Little of each: rounds by force, and sources that are asked.
dmesg -c >/dev/null
load takeover=never debug=1 irq_entropy=4294967295 sched_entropy=4294967295 krng=0 jent_entropy=16 cpu_entropy=8
check "the log tells that the Jitter RNG has started" within 20 says 'lrng_es_jent: Jitter RNG working on current system$'
check "who waits is served" timeout 20 dd if=/dev/lrng of=/dev/null bs=64 count=1
check "the log tells of rounds by force" says 'lrng_drng_mgr: Force fully seeding level for .*by repeatedly pull entropy from available entropy sources'
check "the log tells what the Jitter RNG gives" says 'lrng_es_jent: obtained [0-9]+ bits'
check "the log tells what the processor gives" says 'lrng_es_cpu: obtained [0-9]+ bits'
check "the log tells what is pulled from it for that" says 'lrng_es_cpu: pulled [0-9]+ bits'
check "the log tells what the scheduler gives" says 'lrng_es_sched: obtained [0-9]+ bits'
unload

# ----------------------------------------------------------------------------------------------- prediction resistance

resistant='lrng_drng_mgr: seeding prediction resistance DRNG with [0-9]+ bytes$'

# seeds_for HOW: the seeds of that kind during one request.
seeds_for() {
  dmesg -c >/dev/null
  request "$1" || not_ok "$1: it is served"
  dmesg | sed 's/^\[[^]]*\] //' | grep -cE "$resistant"
}

dmesg -c >/dev/null
load debug=1
check "the LRNG takes over" within 60 taken_over
for how in plain getrandom write reseed; do
  equal "$how: the prediction resistance DRNG gets no seed" 0 "$(seeds_for $how)"
done
for turn in 1 2 3; do
  check "O_SYNC, turn $turn: the prediction resistance DRNG gets a seed" test "$(seeds_for synchronous)" -ge 1
  check "GRND_RANDOM, turn $turn: the prediction resistance DRNG gets a seed" test "$(seeds_for grnd_random)" -ge 1
done

# What begins to serve is seeded a few times more; then there is quiet.
is_quiet() {
  seeds=$(status Seeds)
  sleep 1
  [ "$(status Seeds)" = "$seeds" ]
}
renewed() {
  [ "$(status Seeds)" -gt "$seeds" ] && says 'lrng_drng_mgr: seeding regular DRNG with [0-9]+ bytes$' &&
    says 'lrng_drng_mgr: seeding atomic DRNG with 32 bytes'
}
check "there is no seed without a reason" within 30 is_quiet
for turn in 1 2 3 4 5; do request plain; request getrandom; done
equal "reads are no reason" "$seeds" "$(status Seeds)"
for how in reseed write; do
  check "$how: it is quiet before" within 30 is_quiet
  dmesg -c >/dev/null
  request $how
  request plain
  check "$how: the next read has a new seed" within 10 renewed
done
unload
rmmod lrng_events
