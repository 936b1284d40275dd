# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Generators and hashes are switched, the takeover goes and comes, processors go off and on, the state is looked at, while
# readers on each processor ask for all they can get. First argument: rounds (default 2).

rounds=${1:-2}

load_ready() { grep -q '^ready' /tmp/load; }

load
check "it takes over" within 60 taken_over
nodes=$(find /sys/devices/system/node -maxdepth 1 -name "node[0-9]*" 2>/dev/null | wc -l)
equal "a generator for each of $nodes nodes" "$nodes" "$(status 'Number of DRNG instances')"
load_program=/bin/load
$load_program >/tmp/load 2>&1 &
readers=$!
within 20 load_ready
while :; do cat /proc/lrng_type /proc/sys/kernel/random/* >/dev/null; done &
watcher=$!

switched=0 refused=0
switch() {
  if echo "$2" >"$parameters/$1" 2>/dev/null; then switched=$((switched + 1)); else refused=$((refused + 1)); fi
}
toggled=0
round=0
while [ $round -lt "$rounds" ]; do
  for drng in CTR_DRBG Hash_DRBG HMAC_DRBG ChaCha20; do
    switch drng $drng
    for hash in SHA-512 SHA3-256 SHA3-512 SHA-256; do switch hash $hash; done
  done
  echo 1 >"$parameters/selftest_status"
  # Not the first processor, which can't go.
  for processor in /sys/devices/system/cpu/cpu[1-3]/online; do
    [ -e "$processor" ] || continue
    echo 0 >"$processor"
    echo 1 >"$processor"
  done
  echo never >"$parameters/takeover"
  within 300 handed_back && toggled=$((toggled + 1))
  echo seeded >"$parameters/takeover"
  within 300 taken_over && toggled=$((toggled + 1))
  round=$((round + 1))
done
equal "the takeover went and came each time" $((2 * rounds)) $toggled
if [ $switched -gt $((rounds * 10)) ]; then ok "generators and hashes were switched ($switched times, $refused refused)"; else
  not_ok "generators and hashes were switched: $switched times, $refused refused"
fi
equal "the generator is the first one again" "ChaCha20 DRNG" "$(status 'DRNG name')"
equal "the hash is, too" SHA-256 "$(cat "$parameters"/hash)"
equal "self tests pass" 0 "$(cat "$parameters"/selftest_status)"
equal "still fully seeded" true "$(status 'LRNG fully seeded')"
kill "$watcher"
kill -TERM "$readers"
wait "$readers" || failures=$((failures + 1))
grep -v '^ready' /tmp/load
unload
refuse "all of it is gone" grep -q '\[lrng' /proc/kallsyms
