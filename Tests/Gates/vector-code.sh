#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The vector code in Sources/CAccelerated, as compilers make it: for the library, and with the kernel's flags. (That it
# computes the right thing is among the package tests.)
#
#   - nothing secret is left in registers and on the stack;
#   - no secret decides a branch or an address: valgrind follows the data, as far as it knows the instructions, and the
#     processor itself, stopped at each one, shows where it is and what is in its general registers;
#   - it takes no more instructions than it did, within a few percent between compilers.
#
# Some probes must be found out: the functions without the broom at their end, a table that the secret indexes, and a branch.
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
# SHA-256, 4500 for each of SHA-512.
declare -A limits=(
  [chacha20_1]=500 [chacha20_2]=500 [chacha20_4]=930 [chacha20_8]=1640 [chacha20_16]=3200 [chacha20_64]=12500
  [chacha20_avx512_2]=420 [chacha20_avx512_7]=770 [chacha20_avx512_64]=4800
  [aes_four]=290 [aes_ctr_64]=2600 [aes_vaes256_64]=1350 [aes_vaes512_64]=970
  [sha256_4]=760 [sha256x8_2]=7300 [sha512_4]=12200 [sha512_avx512_4]=11200
)

# compile COMPILER WORLD: the probes into $scratch/probes.
compile() {
  local compiler=$1 flags=(-std=gnu11 -O2 -Wall -Wextra -Werror)
  [[ $2 == library ]] || flags+=("${kernel_flags[@]}")
  # What the processor knows is asked by a program, in both worlds.
  "$compiler" "${flags[@]}" -c -o "$scratch/probes.o" Tests/Gates/vectors/main.c &&
    "$compiler" -std=gnu11 -O2 -c -o "$scratch/processor.o" Sources/CAccelerated/processor.c &&
    "$compiler" -no-pie -Wl,-z,now -o "$scratch/probes" "$scratch/probes.o" "$scratch/processor.o"
}

# judge MODE NAME: reads "PROBE OUTCOME (DETAILS)" lines from $scratch/outcomes.
judge() {
  local probe outcome details expected judged=0
  while read -r probe outcome details; do
    [[ $outcome == skipped ]] || judged=$((judged + 1))
    expected=clean
    [[ $probe != table && $probe != branch && $1:$probe != leftovers:bare_* ]] || expected=leaks
    if [[ $outcome == "$expected" ]]; then
      ok "$2: $probe $expected"
    elif [[ $outcome == skipped ]]; then
      # Valgrind is a processor that lacks some.
      [[ $probe == bare_* || $1 == secrets ]] || skip "$2: $probe" "the processor does not know the instructions"
    else
      not_ok "$2: $probe $expected"
      explain <<<"$outcome $details"
    fi
  done <"$scratch/outcomes"
  # There is AVX2 here at least.
  ((judged > 10)) || not_ok "$2: only $judged probes ran"
}

# count NAME: each probe in `limits` stays below its limit; what the steps were is in $scratch/outcomes.
count() {
  local probe outcome details taken
  while read -r probe outcome details; do
    [[ -n ${limits[$probe]-} && $outcome != skipped ]] || continue
    taken=${details//[!0-9]/}
    if ((taken > 100 && taken <= limits[$probe])); then
      ok "$1: $probe takes at most ${limits[$probe]} instructions ($taken)"
    else
      not_ok "$1: $probe takes at most ${limits[$probe]} instructions ($taken)"
    fi
  done <"$scratch/outcomes"
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
    judge leftovers "$name, nothing is left behind"
    "$scratch/probes" steps >"$scratch/outcomes" || true
    judge steps "$name, the same steps and registers for all secrets"
    count "$name"
    if ! command -v valgrind >/dev/null; then
      skip "$name: branches and addresses by valgrind" "valgrind is not installed (make deps)"
      continue
    fi
    valgrind -q --error-limit=no --log-file="$scratch/report" "$scratch/probes" secrets >"$scratch/outcomes" || true
    judge secrets "$name, no branch and no address is made of the secret"
  done
done

finish
