#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The vector code in Sources/CAccelerated, as compilers make it: for the library, and with the kernel's flags. (That it
# computes the right thing is among the package tests.)
#
#   - nothing secret is left in registers and on the stack;
#   - no secret decides a branch or an address;
#   - it takes no more instructions than it did, within a few percent between compilers.
#
# Three probes must be found out: the functions without the broom at their end, and a table that the secret indexes.
source "$(dirname "$0")/common.sh"

if [[ $(uname -m) != x86_64 ]] || ! grep -qw avx2 /proc/cpuinfo; then
  skip "the vector code of x86-64" "this processor has no AVX2"
  finish
fi

# What the kernel's build says about code, but for what does not run in user space (-mcmodel=kernel, thunks elsewhere).
kernel_flags=(
  -ffreestanding -fno-strict-aliasing -fshort-wchar -fno-common -mno-sse -mno-mmx -mno-sse2 -mno-3dnow -mno-avx -mno-80387
  -mno-red-zone -fno-delete-null-pointer-checks -fno-asynchronous-unwind-tables -ftrivial-auto-var-init=zero
  -fstack-protector-strong -fno-omit-frame-pointer
)

# Instructions of a probe with all it calls, at most. Scalar code takes 1200 for each block of ChaCha20, 3400 for each of
# the eight of SHA-256.
limits=(chacha20_1 500 chacha20_2 500 chacha20_4 930 chacha20_8 1640 chacha20_16 3200 chacha20_64 12500 sha256x8_2 7300)

# compile COMPILER WORLD: the probes into $scratch/probes.
compile() {
  local compiler=$1 flags=(-std=gnu11 -O2 -Wall -Wextra -Werror)
  [[ $2 == library ]] || flags+=("${kernel_flags[@]}")
  "$compiler" "${flags[@]}" -c -o "$scratch/probes.o" Tests/Gates/vectors/main.c &&
    "$compiler" -no-pie -Wl,-z,now -o "$scratch/probes" "$scratch/probes.o"
}

# judge NAME: reads "PROBE OUTCOME (DETAILS)" lines from $scratch/outcomes.
judge() {
  local probe outcome details expected lines=0
  while read -r probe outcome details; do
    lines=$((lines + 1))
    case $probe in
    bare_* | table) expected=leaks ;;
    *) expected=clean ;;
    esac
    if [[ $outcome == "$expected" ]]; then
      ok "$1: $probe $expected"
    else
      not_ok "$1: $probe $expected"
      explain <<<"$outcome $details"
    fi
  done <"$scratch/outcomes"
  ((lines > 10)) || not_ok "$1: the probes ran"
}

# instructions PROBE
instructions() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="probe_$1" "$scratch/probes" "$1" 2>&1 |
    sed -n 's/.*Collected : *\([0-9]*\).*/\1/p'
}

# count WORLD: each probe in `limits` stays below its limit.
count() {
  local index taken
  for ((index = 0; index < ${#limits[@]}; index += 2)); do
    taken=$(instructions "${limits[index]}")
    if [[ -n $taken ]] && ((taken > 100 && taken <= limits[index + 1])); then
      ok "$1: ${limits[index]} takes at most ${limits[index + 1]} instructions ($taken)"
    else
      not_ok "$1: ${limits[index]} takes at most ${limits[index + 1]} instructions (${taken:-none counted})"
    fi
  done
}

compilers=("$(tool clang)")
if command -v gcc >/dev/null; then
  compilers+=(gcc)
else
  skip "the vector code by GCC" "gcc is not installed (make deps)"
fi

for compiler in "${compilers[@]}"; do
  for world in library kernel; do
    name="${compiler##*/}, $world"
    if ! compile "$compiler" "$world" 2>"$scratch/errors"; then
      not_ok "$name: the probes compile"
      explain <"$scratch/errors"
      continue
    fi
    "$scratch/probes" leftovers >"$scratch/outcomes" || true
    judge "$name, nothing is left behind"
    if ! command -v valgrind >/dev/null; then
      skip "$name: branches, addresses and instructions" "valgrind is not installed (make deps)"
      continue
    fi
    valgrind -q --error-limit=no --log-file="$scratch/report" "$scratch/probes" secrets >"$scratch/outcomes" || true
    judge "$name, no branch and no address is made of the secret"
    count "$name"
  done
done

finish
