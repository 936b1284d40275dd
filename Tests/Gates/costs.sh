#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# What a request costs, in counts, which say the same on a busy machine and on an idle one:
#
#   - a request allocates nothing, on whichever thread, once the thread has made its first ones;
#   - it takes no more instructions than costs.txt grants, by portable code and by the vector code that valgrind knows.
#
# Usage: costs.sh [--update]     --update writes what is measured now into costs.txt, with 2 % for other compilers.
source "$(dirname "$0")/common.sh"

ceilings=Tests/Gates/costs.txt
update=
case ${1-} in
"") ;;
--update) update=yes ;;
*)
  printf 'usage: %s [--update]\n' "$0" >&2
  exit 64
  ;;
esac

check "the requests build" swift build -c release --product costs
((failures == 0)) || finish

# valgrind cannot read all debugging information.
"$(tool llvm-strip)" --strip-debug -o "$scratch/costs" .build/release/costs

allocations() {
  local thread request count none=() lines=0
  while read -r thread request count; do
    lines=$((lines + 1))
    case $request in
    nothing) ;;
    array)
      if ((count >= 1024)); then
        ok "a request that allocates is found out ($thread thread, $count allocations)"
      else
        not_ok "a request that allocates is found out ($thread thread, $count allocations)"
      fi
      ;;
    *)
      if ((count == 0)); then
        none+=("$request")
      else
        not_ok "no allocation in 1024 requests: $request ($thread thread: $count)"
      fi
      ;;
    esac
    if [[ $request == nothing ]]; then
      ok "no allocation in 1024 requests ($thread thread): ${none[*]}"
      none=()
    fi
  done < <("$scratch/costs" allocations)
  ((lines > 30)) || not_ok "the requests were made on two threads ($lines lines)"
}

# instructions FEATURES: a line "FEATURES REQUEST INSTRUCTIONS" for each kind of request.
instructions() {
  local request number part=0 total
  rm -f "$scratch"/out*
  # The marks begin and end every second part of what callgrind writes.
  env -i LRNG_CPU_FEATURES="$1" "$(command -v valgrind)" --tool=callgrind --callgrind-out-file="$scratch/out" \
    --dump-before=costs_begin --dump-before=costs_end --log-file="$scratch/report" \
    "$scratch/costs" requests >"$scratch/printed" || return
  while read -r request number; do
    part=$((part + 2))
    total=$(sed -n 's/^totals: //p' "$scratch/out.$part")
    printf '%s %s %d\n' "$1" "$request" $((total / number))
  done <"$scratch/printed"
}

# judge FEATURES REQUEST INSTRUCTIONS
judge() {
  local ceiling name="$2 takes at most"
  ceiling=$(awk -v features="$1" -v request="$2" '$1 == features && $2 == request { print $3 }' "$ceilings")
  if [[ $2 == nothing ]]; then
    if (($3 > 0 && $3 < 50)); then
      ok "only requests are counted ($1: $3 instructions without)"
    else
      not_ok "only requests are counted ($1: $3 instructions without)"
    fi
  elif [[ -z $ceiling ]]; then
    not_ok "$name what $ceilings grants ($1: $3, nothing granted; $0 --update)"
  elif (($3 > ceiling)); then
    not_ok "$name $ceiling instructions ($1: $3)"
  else
    ok "$name $ceiling instructions ($1: $3)"
    (($3 * 4 > ceiling * 3)) || printf '#   much less than granted: %s --update\n' "$0"
  fi
}

allocations

if [[ $(uname -m) != x86_64 ]]; then
  skip "the instructions of requests" "they are listed for x86-64"
  finish
fi
if ! command -v valgrind >/dev/null; then
  skip "the instructions of requests" "valgrind is not installed (make deps)"
  finish
fi

worlds=(none)
if grep -qw avx2 /proc/cpuinfo && grep -qw aes /proc/cpuinfo && grep -qw bmi2 /proc/cpuinfo; then
  worlds+=("aes,avx2,bmi2")
else
  skip "the instructions of vector code" "this processor has no AES, AVX2 or BMI2"
fi
: >"$scratch/counts"
for features in "${worlds[@]}"; do
  if ! instructions "$features" >>"$scratch/counts"; then
    not_ok "the requests run under callgrind ($features)"
    explain <"$scratch/report"
  fi
done

if [[ -n $update ]]; then
  {
    sed '/^[^#]/,$d' "$ceilings"
    awk '$2 != "array" && $2 != "nothing" { printf "%s %s %d\n", $1, $2, $3 + int($3 / 50) + 5 }' "$scratch/counts"
  } >"$scratch/list"
  cp "$scratch/list" "$ceilings"
  printf '# %s rewritten\n' "$ceilings"
fi

while read -r features request count; do
  [[ $request == array ]] || judge "$features" "$request" "$count"
done <"$scratch/counts"

# A request that is listed and no longer made would pass for ever.
awk 'FNR == NR { made[$1 " " $2]; worlds[$1]; next }
  !/^#/ && NF && $1 in worlds && !($1 " " $2 in made) { print $1, $2 }' "$scratch/counts" "$ceilings" >"$scratch/stale"
verdict "every request that is listed is made" "$scratch/stale"

finish
