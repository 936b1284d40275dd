# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# /proc/sys/kernel/random before, during and after a takeover.

sysctls=/proc/sys/kernel/random
uuid='^[0-9a-f]\{8\}-[0-9a-f]\{4\}-4[0-9a-f]\{3\}-[89ab][0-9a-f]\{3\}-[0-9a-f]\{12\}$'

value() { cat "$sysctls/$1"; }


set_to() { echo "$2" >"$sysctls/$1"; }

# What the stock kernel had, for the comparison at the end.
for file in poolsize write_wakeup_threshold urandom_min_reseed_secs boot_id; do
  value $file >/tmp/stock-$file
done
load
check "the LRNG takes over" within 30 taken_over

equal "poolsize is what the auxiliary pool holds" 256 "$(value poolsize)"
equal "write_wakeup_threshold is all of it" 256 "$(value write_wakeup_threshold)"
equal "urandom_min_reseed_secs is the LRNG's" 600 "$(value urandom_min_reseed_secs)"
check "entropy_avail is at most that" test "$(value entropy_avail)" -le 256
refuse "a threshold of 300 bits" set_to write_wakeup_threshold 300
refuse "a negative threshold" set_to write_wakeup_threshold -1
equal "leave it as it was" 256 "$(value write_wakeup_threshold)"
check "a threshold of 100 bits" set_to write_wakeup_threshold 100
equal "is there" 100 "$(value write_wakeup_threshold)"
check "a threshold of 0" set_to write_wakeup_threshold 0
check "the threshold of the whole pool" set_to write_wakeup_threshold 256
refuse "a negative time between reseeds" set_to urandom_min_reseed_secs -1
check "a time between reseeds" set_to urandom_min_reseed_secs 123
is_time() { [ "$(cat "$parameters"/reseed_seconds)" = 123 ]; }
check "reaches the LRNG" within 20 is_time
for file in poolsize entropy_avail boot_id uuid; do
  refuse "$file can't be written" set_to $file 1
done

# The files follow the hash.
echo SHA-512 >"$parameters/hash"
equal "a hash of 512 bits" SHA-512 "$(cat "$parameters"/hash)"
is_pool() { [ "$(value poolsize)" = "$1" ] && [ "$(value write_wakeup_threshold)" = "$1" ]; }
check "makes a pool of 512 bits and asks for that" within 20 is_pool 512
check "a threshold of 300 bits then" set_to write_wakeup_threshold 300
equal "is there, too" 300 "$(value write_wakeup_threshold)"
refuse "a threshold of 513 bits" set_to write_wakeup_threshold 513
echo SHA-256 >"$parameters/hash"
check "back with the hash" within 20 is_pool 256
refuse "a threshold of 300 bits" set_to write_wakeup_threshold 300

equal "boot_id stays" "$(cat /tmp/stock-boot_id)" "$(value boot_id)"
value uuid >/tmp/uuid-1
value uuid >/tmp/uuid-2
check "uuid is a UUID" grep -q "$uuid" /tmp/uuid-1
refuse "each is another one" cmp -s /tmp/uuid-1 /tmp/uuid-2

unload
for file in poolsize write_wakeup_threshold urandom_min_reseed_secs boot_id; do
  equal "$file is as before" "$(cat /tmp/stock-$file)" "$(value $file)"
done
check "the kernel's threshold takes any number again" set_to write_wakeup_threshold 300
