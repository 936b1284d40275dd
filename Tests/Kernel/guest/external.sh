# shellcheck shell=dash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Generators and hashes of other modules: the example, which brings those of the crypto API, and lrng_provider, which brings
# good ones whose output can be told, and bad ones of each kind. Argument: times back and forth under load (default 20).

rounds=${1:-20}
default="ChaCha20 DRNG"

hash_in_use() { sed -n '/Name: Auxiliary/,$s/^ Hash for operating entropy pool: //p' /proc/lrng_type; }
counted() { cat "/sys/module/lrng_provider/parameters/$1"; }
provider_log() { dmesg | sed -n 's/.*lrng_provider: //p' | tail -n 1; }

# refused NAME ERROR PARAMETER: lrng_provider is not taken, and nothing has changed.
refused() {
  dmesg -c >/dev/null
  if modprobe lrng_provider "$3" 2>/dev/null; then
    not_ok "$1 is refused"
    rmmod lrng_provider
    return
  fi
  equal "$1 is refused" "${3#*=}: $2, $default, SHA-256" \
    "$(provider_log | sed 's/^[a-z]* //'), $(status 'DRNG name'), $(hash_in_use)"
}

# not_permitted NAME ERROR COMMAND...: it fails, and says so.
not_permitted() {
  local name="$1" error="$2"
  shift 2
  if "$@" >/tmp/said 2>&1; then not_ok "$name"; else check "$name: $error" grep -i "$error" /tmp/said; fi
}

serves() { timeout 20 dd if=/dev/random of=/dev/null bs=4096 count=4; }

modprobe lrng_events
load children=0
check "the LRNG takes over" within 30 taken_over
run marked no

# ------------------------------------------------------------------------------------------ the example: the crypto API

drbg=drbg_nopr_hmac_sha512
check "the example comes" modprobe lrng_kcapi_drng hash=sha512-generic
equal "its generator has its name" $drbg "$(status 'DRNG name')"
equal "its hash, too" sha512-generic "$(hash_in_use)"
equal "the parameter drng" $drbg "$(cat "$parameters"/drng)"
equal "the parameter hash" sha512-generic "$(cat "$parameters"/hash)"
equal "strength" 256 "$(status 'LRNG security strength in bits')"
check "it is fully seeded" within 20 is_status "LRNG fully seeded" true
check "it serves" serves
run syscalls lrng
refuse "the LRNG can't go" rmmod lrng

# From a module's the way leads to the default only.
not_permitted "not to another of ours: the generator" busy sh -c "echo CTR_DRBG >$parameters/drng"
not_permitted "not to another of ours: the hash" busy sh -c "echo SHA3-512 >$parameters/hash"
check "the log says why" logged "the way leads to the default"
check "to itself is no change" sh -c "echo $drbg >$parameters/drng"
equal "it is still there" $drbg "$(cat "$parameters"/drng)"
dmesg -c >/dev/null
refuse "no second generator" modprobe lrng_provider drng=good
equal "no second generator: EBUSY" "generator good: -16" "$(provider_log)"
refuse "no second hash" modprobe lrng_provider hash=good
equal "no second hash: EBUSY" "hash good: -16" "$(provider_log)"
refuse "nobody else gives it back" modprobe lrng_provider drng=good none=1
equal "nobody else gives it back: EPERM" "generator good: -1" "$(provider_log)"
equal "all that has changed nothing" $drbg "$(status 'DRNG name')"

check "to the default" sh -c "echo ChaCha20 >$parameters/drng"
equal "to the default: the generator" "$default" "$(status 'DRNG name')"
check "the example goes when half of it is in use" rmmod lrng_kcapi_drng
equal "without it: the hash" SHA-256 "$(hash_in_use)"
for drbg in drbg_nopr_ctr_aes256 drbg_nopr_sha512; do
  check "the example with $drbg" modprobe lrng_kcapi_drng drng=$drbg
  check "$drbg serves" serves
  equal "$drbg has its name" $drbg "$(cat "$parameters"/drng)"
  check "$drbg goes while it is in use" rmmod lrng_kcapi_drng
  equal "the default is back" "$default" "$(status 'DRNG name')"
done
not_permitted "the example takes no generator of 128 bits" "Invalid argument" modprobe lrng_kcapi_drng drng=drbg_nopr_ctr_aes128
not_permitted "nor the LRNG itself" "Invalid argument" modprobe lrng_kcapi_drng drng=lrng hash=sha512-generic
equal "nor does its hash stay then" SHA-256 "$(hash_in_use)"
not_permitted "nor a hash of 224 bits" "Invalid argument" modprobe lrng_kcapi_drng drng= hash=sha224-generic

# --------------------------------------------------------------------------------------------- whose bytes they are

check "a generator that marks its output" modprobe lrng_provider drng=good hash=good
equal "it has its name" test-counter "$(status 'DRNG name')"
equal "so has the hash" test-sum "$(hash_in_use)"
equal "a state for each node, prediction resistance and the self test" \
  $(($(status 'Number of DRNG instances') + 2)) "$(counted states)"
run marked yes
seeds=$(counted seeds) digests=$(counted digests)
echo 500 >/sys/module/lrng_events/parameters/burst
echo more >/dev/random
check "reads go on" serves
check "a write leads to a reseed" test "$(counted seeds)" -gt "$seeds"
check "by the hash of the module" test "$(counted digests)" -gt "$digests"
echo 1 >"$parameters/children"
run marked synchronous
echo 0 >"$parameters/children"
echo 1 >"$parameters/selftest_status"
equal "self tests on demand" 0 "$(cat "$parameters"/selftest_status)"
echo 1 >/sys/module/lrng_provider/parameters/fails
refuse "a generator that fails gives nothing" timeout 5 dd if=/dev/random of=/dev/null bs=32 count=1
dmesg -c >/dev/null
check "it can be left" rmmod lrng_provider
equal "it gave everything back" "0 states left" "$(provider_log)"
equal "then the generator is" "$default" "$(status 'DRNG name')"
check "the LRNG is fully seeded" within 20 is_status "LRNG fully seeded" true
run marked no

check "one that forgets to give back" modprobe lrng_provider drng=good hash=good forget=1
run marked yes
check "goes all the same" rmmod lrng_provider
equal "without it: the generator" "$default" "$(status 'DRNG name')"
equal "without it: the hash" SHA-256 "$(hash_in_use)"
run marked no

# ----------------------------------------------------------------------------------------------- what must not be taken

# -22 EINVAL, -5 EIO, -19 ENODEV
for kind in weak nameless spaced ours mute; do refused "a generator: $kind" -22 drng=$kind; done
for kind in constant short long unseedable failing untested; do refused "a generator: $kind" -5 drng=$kind; done
refused "a generator: stateless" -19 drng=stateless
for kind in narrow wide large mute ours; do refused "a hash: $kind" -22 hash=$kind; done
for kind in constant wrong long short piecewise; do refused "a hash: $kind" -5 hash=$kind; done
check "a hash without a known answer" modprobe lrng_provider hash=unanswered
check "goes again" rmmod lrng_provider
run marked no

# ------------------------------------------------------------------------------------------------ back and forth under load

load_ready() { grep -q '^ready' /tmp/load; }
/bin/load >/tmp/load 2>&1 &
readers=$!
within 20 load_ready
while :; do
  cat /proc/lrng_type "$parameters"/drng "$parameters"/hash >/dev/null
  echo 100 >/sys/module/lrng_events/parameters/burst
done &
watcher=$!
came=0 went=0 round=0
while [ $round -lt "$rounds" ]; do
  case $((round % 4)) in
  0 | 2) what="lrng_kcapi_drng hash=sha512-generic" ;;
  1) what="lrng_provider drng=good hash=good" ;;
  3) what="lrng_provider drng=good hash=good forget=1" ;;
  esac
  # shellcheck disable=SC2086
  modprobe $what && came=$((came + 1))
  echo 1 >"$parameters/selftest_status"
  usleep 200000
  if [ $((round % 5)) = 4 ]; then
    echo ChaCha20 >"$parameters/drng"
    echo SHA-256 >"$parameters/hash"
  fi
  rmmod "${what%% *}" && went=$((went + 1))
  round=$((round + 1))
done
kill $readers $watcher
wait $readers || failures=$((failures + 1))
cat /tmp/load
equal "modules came under load" "$rounds" $came
equal "and went" "$rounds" $went
equal "the generator afterwards" "$default" "$(status 'DRNG name')"
equal "self tests" 0 "$(cat "$parameters"/selftest_status)"

# A self test that fails in use ends all output, until something else is in use.
modprobe lrng_provider drng=good
echo 1 >/sys/module/lrng_provider/parameters/fails_test
echo 1 >"$parameters/selftest_status"
check "a self test that fails in use is told" within 20 logged "there is no output of the LRNG"
refuse "and ends the output" timeout 5 dd if=/dev/random of=/dev/null bs=32 count=1
check "the module goes" rmmod lrng_provider
check "and there is output again" within 20 serves
unload

# -------------------------------------------------------------------------------------------------------------- FIPS mode

load fips=1 takeover=never
fully() {
  echo 200 >/sys/module/lrng_events/parameters/burst
  is_status "LRNG fully seeded" true
}
check "FIPS mode: fully seeded" within 30 fully
equal "FIPS mode: the hash" SHA-512 "$(hash_in_use)"
not_permitted "FIPS mode: no hash of 256 bits" "not permitted" modprobe lrng_kcapi_drng drng= hash=sha256-generic
# The sources have to instantiate it, and may need a moment for that.
comes() {
  fully
  modprobe lrng_kcapi_drng hash=sha512-generic
}
check "FIPS mode: the example comes" within 30 comes
equal "FIPS mode: it is fully seeded" true "$(status 'LRNG fully seeded')"
check "FIPS mode: it serves" timeout 20 dd if=/dev/lrng of=/dev/null bs=4096 count=4
# Without a seed for the default a parameter is refused. A module can't be kept waiting: it goes, and the LRNG starts anew.
credit() {
  echo "$1" >"$parameters/irq_entropy"
  echo "$1" >"$parameters/sched_entropy"
  echo "$2" >"$parameters/jent_entropy"
  echo "$2" >"$parameters/cpu_entropy"
}
credit 4294967295 0
not_permitted "FIPS mode: no way to the default without entropy" "temporarily unavailable" \
  sh -c "echo ChaCha20 >$parameters/drng"
equal "FIPS mode: it stays" drbg_nopr_hmac_sha512 "$(status 'DRNG name')"
check "FIPS mode: the module goes all the same" rmmod lrng_kcapi_drng
equal "FIPS mode: the generator is" "$default" "$(status 'DRNG name')"
equal "FIPS mode: without a seed" false "$(status 'LRNG fully seeded')"
refuse "FIPS mode: nobody is served" timeout 2 dd if=/dev/lrng of=/dev/null bs=32 count=1
credit 4294967294 4294967294
check "FIPS mode: fully seeded again" within 60 fully
check "FIPS mode: and serves" timeout 20 dd if=/dev/lrng of=/dev/null bs=4096 count=4
unload
rmmod lrng_events
