#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Secrets are gone when the optimised code is done with them.
#
# The probes in wiping/ handle a secret and return; main.c runs each on a stack of its own and scans what is left. They
# run compiled for Linux, with the implementations of this processor and with the portable ones, and for Embedded Swift as
# a kernel module has it (the same instructions run here). Two probes must be found out, which shows that the scan sees
# and that the optimiser does drop a wipe without a barrier.
source "$(dirname "$0")/common.sh"

probes=Tests/Gates/wiping
parts=(
  Sources/LRNGCore/Primitives/*.swift
  Sources/LRNGCore/Generation/{DRBG,DRBGMechanism,HashDRBG,HMACDRBG,CTRDRBG,BlockCipherDerivation}.swift
  Sources/LRNGCore/Conditioning/{AuxiliaryPool,ConditionedEntropy,EntropyRate,HashPool}.swift
  Sources/LRNGCore/Conditioning/{EventAccounting,EventHarvest,EventPool}.swift
  Sources/LRNGCore/Noise/{CollectionSize,TimerResolution,UnusedEvents}.swift
)

mapfile -t whole < <(find Sources/LRNGCore -name '*.swift' | sort)

# judge WORLD: reads what the probes printed, one "NAME clean|leaks (...)" a line.
judge() {
  local world=$1 name outcome details expected
  [[ -s $scratch/outcomes ]] || not_ok "the probes ran ($world)"
  while read -r name outcome details; do
    case $name in
    not_wiped) expected=leaks what="the scan sees a secret that nobody wipes" ;;
    kept_seed) expected=leaks what="the scan sees a seed that nobody wipes" ;;
    plain_memset) expected=leaks what="a memset without a barrier is dropped" ;;
    *) expected=clean what="nothing is left behind: $name" ;;
    esac
    if [[ $outcome == "$expected" ]]; then
      ok "$what ($world)"
    else
      not_ok "$what ($world)"
      explain <<<"$outcome $details"
    fi
  done <"$scratch/outcomes"
}

# link WORLD LINKER...: links the probes with main.c. The dynamic linker must not bind a function on its first call, for it
# saves the registers then, and whatever is in them, on the stack.
link() {
  local world=$1
  shift
  check "the probes link ($world)" "$@" -o "$scratch/probes" "$scratch/main.o" "$scratch/probes.o"
}

# run WORLD [FEATURES]: runs them, with these of the processor's features alone.
run() {
  local world=$1
  if LRNG_CPU_FEATURES=${2-aes,avx2,avx512,bmi2,neon,sha,vaes} "$scratch/probes" >"$scratch/outcomes" 2>"$scratch/errors"; then
    judge "$world"
  else
    not_ok "the probes run ($world)"
    explain <"$scratch/errors"
  fi
}

check "the vector code compiles" compile_accelerated "$scratch"

# probe SET SOURCE...: compiles, links and runs a set of probes with the part of the core that they need.
probe() {
  local define=$1
  shift
  check "the scanner compiles ($define)" "$(tool clang)" -std=gnu11 -Wall -Wextra -Werror -O1 "-D$define" -c \
    -o "$scratch/main.o" "$probes/main.c"
  check "the probes compile (Linux, $define)" compile_probes Linux "$scratch/probes.o" "$@"
  ((failures == 0)) || finish
  link Linux swiftc -Xlinker -z -Xlinker now "$scratch"/accelerated-*.o
  run Linux
  run "Linux, AVX2 and AES-NI" aes,avx2,bmi2
  run "Linux, portable" none

  if [[ $(uname -m) == x86_64 ]]; then
    check "the probes compile (Embedded, $define)" compile_probes Embedded "$scratch/probes.o" "$@"
    ((failures == 0)) || finish
    link Embedded "$(tool clang)" -no-pie -Wl,-z,now
    run Embedded
  else
    skip "nothing is left behind (Embedded, $define)" "the probes are compiled for x86_64"
  fi
}

probe PRIMITIVES "${parts[@]}" "$probes/Probes.swift"
probe GENERATORS "${whole[@]}" "$probes/GeneratorProbes.swift"

finish
