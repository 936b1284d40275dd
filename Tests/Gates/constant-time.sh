#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# No secret decides a branch or an address in the optimised code, watched by valgrind in two ways:
#
#   - every instruction and every address of memory is the same, whatever the secret (all bits 0, all bits 1, random);
#   - a secret that counts as uninitialised never reaches a conditional jump or an address.
#
# The first sees what the processor did for some secrets, the second follows the data and stands for all secrets on the
# way that was taken. The probes in timing/ run compiled for Linux, with implementations for the processor that valgrind is
# (AVX2 and AES-NI; vector-code sees the others) and with the portable ones, and for Embedded Swift as a kernel module has
# it. Two of them must be found out, by both: a table that the secret indexes, and a comparison that ends at the first
# difference.
#
# What neither sees: instructions whose time depends on their operands. The core has no division of a secret.
source "$(dirname "$0")/common.sh"

if ! command -v valgrind >/dev/null; then
  skip "no secret decides a branch or an address" "valgrind is not installed (make deps)"
  finish
fi

probes=Tests/Gates/timing
core=(
  Sources/LRNGCore/Primitives/*.swift
  Sources/LRNGCore/Generation/{DRBG,DRBGMechanism,HashDRBG,HMACDRBG,CTRDRBG,BlockCipherDerivation}.swift
  Sources/LRNGCore/Generation/{ChaCha20DRNG,DRNG}.swift
)

# watch TOOL SECRET OPTION...: runs the probes under valgrind, without what changes addresses between runs: environment,
# arguments, a layout at random. What they print goes to $scratch/printed, what valgrind says to standard output.
watch() {
  local tool=$1
  cp "$2" "$scratch/secret"
  shift 2
  env -i "LRNG_CPU_FEATURES=$features" setarch --addr-no-randomize "$(command -v valgrind)" --tool="$tool" "$@" --log-fd=3 \
    "$scratch/probes" "$scratch/secret" 3>&1 >"$scratch/printed"
}

# trace SECRET FOLDER: the trace of each probe into a file FOLDER/NUMBER.
trace() {
  mkdir -p "$2"
  watch lackey "$1" --trace-mem=yes | awk -v folder="$2" -v begin="I  $(address trace_begin)" -v end="I  $(address trace_end)" '
    substr($0, 1, 3) == "I  " {
      at = substr($0, 1, index($0, ",") - 1)
      if (at == begin) file = folder "/" ++number
      if (at == end && file != "") { close(file); file = "" }
    }
    file != "" { print > file }
  '
}

# address SYMBOL: as lackey prints it.
address() {
  local address
  address=$("$(tool llvm-nm)" "$scratch/probes" | awk -v name="$1" '$3 == name { print $1 }')
  printf '%08x' "0x$address"
}

# difference FILE FILE: where two traces part, and in which function.
difference() {
  local line instruction
  line=$(cmp "$1" "$2" 2>/dev/null | sed -n 's/.*line \([0-9]*\)$/\1/p')
  [[ -n $line ]] || line=$(($(wc -l <"$1") < $(wc -l <"$2") ? $(wc -l <"$1") : $(wc -l <"$2")))
  printf 'of %d and %d lines, they part at line %d: "%s", "%s"\n' "$(wc -l <"$1")" "$(wc -l <"$2")" "$line" \
    "$(sed -n "${line}p" "$1")" "$(sed -n "${line}p" "$2")"
  instruction=$(head -n "$line" "$1" | awk '/^I/ { last = $2 } END { sub(/,.*/, "", last); print last }')
  "$(tool llvm-nm)" --numeric-sort "$scratch/probes" | swift demangle --simplified |
    awk -v at="$(printf '%016x' "0x$instruction")" '
      $2 ~ /[tTwW]/ && $1 "" <= at "" { name = $0 } END { sub(/^[^ ]* . /, "", name); print "in " name }'
}

# The outcome that is wanted of a probe, and the sentence that it proves.
is_control() { [[ $1 == table || $1 == early_exit ]]; }

# judge WORLD: the probes, linked as $scratch/probes.
judge() {
  local world=$1 secret name errors written number=0 secrets=("$scratch"/secret-*)
  local -A objections=()
  rm -rf "$scratch"/trace-*
  trace "${secrets[0]}" "$scratch/trace-first"
  while read -r name errors written; do names+=("$name"); done <"$scratch/printed"
  for secret in "${secrets[@]:1}"; do
    rm -rf "$scratch/trace-other"
    trace "$secret" "$scratch/trace-other"
    number=0
    for name in "${names[@]}"; do
      number=$((number + 1))
      cmp -s "$scratch/trace-first/$number" "$scratch/trace-other/$number" || [[ -n ${objections[$name]-} ]] ||
        objections[$name]=$(difference "$scratch/trace-first/$number" "$scratch/trace-other/$number" 2>&1)
    done
  done
  number=0
  for name in "${names[@]}"; do
    number=$((number + 1))
    if is_control "$name"; then
      if [[ -n ${objections[$name]-} ]]; then
        ok "the trace gives away $name ($world)"
      else
        not_ok "the trace gives away $name ($world)"
      fi
    elif [[ -z ${objections[$name]-} && -s $scratch/trace-first/$number ]]; then
      ok "one trace for all secrets: $name ($world, $(grep -c '^I' "$scratch/trace-first/$number") instructions)"
    else
      not_ok "one trace for all secrets: $name ($world)"
      explain <<<"${objections[$name]-there is no trace}"
    fi
  done
  ((number > 2)) || not_ok "the probes ran under lackey ($world)"
}

# judge_data WORLD: the same with a secret that counts as uninitialised.
judge_data() {
  local world=$1 name errors written number=0
  watch memcheck "$scratch/secret-random-1" -q --error-limit=no >"$scratch/report" || true
  while read -r name errors written; do
    number=$((number + 1))
    if is_control "$name"; then
      if ((errors > 0)); then
        ok "the data give away $name ($world)"
      else
        not_ok "the data give away $name ($world)"
      fi
    elif ((errors == 0)) && [[ $written == output ]]; then
      ok "no branch and no address is made of the secret: $name ($world)"
    else
      not_ok "no branch and no address is made of the secret: $name ($world: $errors, $written)"
      sed 's/^==[0-9]*== *//' "$scratch/report" | awk -v RS= -v ORS='\n\n' -v name="probe_$name" '$0 ~ name' | explain
    fi
  done <"$scratch/printed"
  ((number > 2)) || not_ok "the probes ran under memcheck ($world)"
}

head -c 512 /dev/zero >"$scratch/secret-0"
tr '\0' '\377' <"$scratch/secret-0" >"$scratch/secret-1"
for number in 1 2 3; do head -c 512 /dev/urandom >"$scratch/secret-random-$number"; done

check "the driver compiles" \
  "$(tool clang)" -std=gnu11 -Wall -Wextra -Werror -O1 -fno-pie -c -o "$scratch/main.o" "$probes/main.c"
((failures == 0)) || finish

check "the vector code compiles" compile_accelerated "$scratch"

for world in Linux Embedded; do
  if [[ $world == Embedded && $(uname -m) != x86_64 ]]; then
    skip "no secret decides a branch or an address (Embedded)" "the probes are compiled for x86_64"
    continue
  fi
  check "the probes compile ($world)" compile_probes "$world" "$scratch/probes.o" "${core[@]}" "$probes/Probes.swift"
  if [[ $world == Linux ]]; then
    link=(swiftc -static-executable "$scratch"/accelerated-*.o)
  else
    link=("$(tool clang)" -static -no-pie)
  fi
  check "the probes link ($world)" "${link[@]}" -o "$scratch/probes" "$scratch/main.o" "$scratch/probes.o"
  ((failures == 0)) || finish
  for features in none aes,avx2,bmi2; do
    [[ $world == Linux || $features == none ]] || continue
    names=()
    name=$world
    [[ $features == none ]] || name+=", AVX2 and AES-NI"
    judge "$name"
    judge_data "$name"
  done
done

finish
