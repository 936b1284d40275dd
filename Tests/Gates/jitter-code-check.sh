#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# What the Jitter RNG measures is done: read off the object code of optimised builds, for the host and for the kernel.
#
#   - each memory walk is a loop with a load and a store for each access, and makes all of its accesses;
#   - the hash loop runs the Keccak permutation in a loop;
#   - the measured work stands between the two time stamps that time it, and nothing else does.
#
# Every function is looked at in all its forms: specialised for a clock of one instruction, and generic.
#
# That the checks can fail is seen on work of the same kind whose result nobody uses (JitterCode/Twin.swift): compiled
# with the accesses of CMemory it stays, with plain ones it goes.
source "$(dirname "$0")/common.sh"

if [[ $(uname -m) != x86_64 ]]; then
  skip "the emitted measurement is what the source says" "only x86-64 code is understood"
  finish
fi

here=Tests/Gates/JitterCode
objdump=$(tool llvm-objdump)
objections=$scratch/objections
traits=()
while IFS= read -r trait; do traits+=("-D$trait"); done < <(package_traits)
mapfile -t sources < <(find Sources/LRNGCore -name '*.swift' | sort)

# One instruction reads the clock, in the host and in the kernel.
mkdir -p "$scratch/plain"
printf 'static inline __attribute__((always_inline)) unsigned long long probe_stamp(void) { %s }\n' \
  'return __builtin_ia32_rdtsc();' >"$scratch/stamp.h"
stamp_module() { printf 'module ProbeStamp {\n  header "%s"\n}\n' "$scratch/stamp.h"; }
{ c_module_map; stamp_module; } >"$scratch/module.modulemap"

# The negative twin's CMemory: the same functions without what makes the compiler respect them.
sed -e 's/volatile uint8_t/uint8_t/g' -e '/lrng_compiler_barrier/,/^}/s/__asm__[^;]*;/(void)memory;/' \
  Sources/CMemory/include/CMemory.h >"$scratch/plain/CMemory.h"
{
  printf 'module CMemory {\n  umbrella "%s"\n  export *\n}\n' "$scratch/plain"
  stamp_module
} >"$scratch/plain.modulemap"

# compile OBJECT MODULE_MAP host|kernel SOURCE...
compile() {
  local object=$1 map=$2 build=$3 flags=(-wmo -parse-as-library)
  shift 3
  if [[ $build == kernel ]]; then flags=(-target x86_64-unknown-none-elf "${embedded_flags[@]}"); fi
  swiftc "${flags[@]}" -O -swift-version 6 -module-name LRNGCore "${traits[@]}" -Xcc "-fmodule-map-file=$map" \
    -module-cache-path "$scratch/modules" -c -o "$object" "$@"
}

# facts OBJECT: what the functions of the object are made of, one line each:
#
#   NAME events=...  loads=N stores=N trips=N permutes=0|1
#
# events: S a time stamp (rdtsc, or the call through a register that is a generic clock), R W H K the call of a walk at
#         random, a walk in steps, the hash loop, the permutation; in the order of addresses.
# loads, stores: byte accesses to memory in the loop, 3 where it was unrolled by three; trips: 1 if the loop makes 128 or
# 384 accesses, which its counter tells. permutes: whether a loop of the function reaches a function with at least 25 rotations of 64 bits.
facts() {
  "$objdump" --disassemble --reloc --no-show-raw-insn "$1" | awk '
    function number(hex,   i, n) {
      n = 0
      for (i = 1; i <= length(hex); i++) n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
      return n
    }
    function take_call(target) {
      sub(/[-+]0x[0-9a-f]+$/, "", target)
      calls[name] = calls[name] " " target
      call_at[name, count[name]] = target
      letter = ""
      if (target ~ /walkAtRandom/) letter = "R"
      else if (target ~ /walkInSteps/) letter = "W"
      else if (target ~ /runHashLoop/) letter = "H"
      else if (target ~ /Keccak.*permute/) letter = "K"
      events[name] = events[name] letter
    }
    /^[0-9a-f]+ <.*>:$/ {
      name = substr($2, 2, length($2) - 3)
      names[++functions] = name
      next
    }
    / R_X86_64_/ { if (pending) { pending = 0; take_call($3) } next }
    /^ *[0-9a-f]+:/ {
      if (pending) { pending = 0; take_call(pending_target) }
      at = number(substr($1, 1, length($1) - 1))
      n = ++count[name]
      address[name, n] = at
      text = $0
      sub(/^ *[0-9a-f]+:[ \t]*/, "", text)
      line[name, n] = text
      operation = $2
      if (operation == "rdtsc") events[name] = events[name] "S"
      if (operation ~ /^call/ && $3 ~ /^\*/) events[name] = events[name] "S"
      else if (operation ~ /^call/ || (operation == "jmp" && text ~ /<[^+]*>$/)) {
        pending = 1
        pending_target = $NF
        gsub(/[<>]/, "", pending_target)
      } else if (operation ~ /^j/ && $3 ~ /^0x/) {
        target = number(substr($3, 3))
        if (target <= at) {
          backs[name]++
          from[name, backs[name]] = target
          to[name, backs[name]] = n
        }
      }
      if (operation ~ /^(rol|ror|rorx)q$/) rotations[name]++
      if (match(text, /\$0x[0-9a-f]+/)) constant[name, number(substr(text, RSTART + 3, RLENGTH - 3))] = 1
      else if (match(text, /\$[0-9]+/)) constant[name, substr(text, RSTART + 1, RLENGTH - 1)] = 1
    }
    function reaches(f, depth,   list, m, i) {
      if (rotations[f] >= 25) return 1
      if (depth == 0) return 0
      m = split(calls[f], list, " ")
      for (i = 1; i <= m; i++) if (list[i] != f && reaches(list[i], depth - 1)) return 1
      return 0
    }
    END {
      for (k = 1; k <= functions; k++) {
        name = names[k]
        best_loads = best_stores = permutes = 0
        for (b = 1; b <= backs[name]; b++) {
          loads = stores = 0
          for (n = 1; n <= to[name, b]; n++) {
            if (address[name, n] < from[name, b]) continue
            text = line[name, n]
            if (text ~ /^(incb|addb)[ \t].*\(/) { loads++; stores++ }
            if (text ~ /^(movzbl|movb)[ \t][^%]*\([^)]*\), %/) loads++
            if (text ~ /^movb[ \t]+%[a-z0-9]+, .*\(/) stores++
            if ((name, n) in call_at && reaches(call_at[name, n], 4)) permutes = 1
          }
          if (loads + stores > best_loads + best_stores) { best_loads = loads; best_stores = stores }
        }
        if (rotations[name] >= 25) permutes = 1
        trips = 0
        if (best_loads > 0)
          for (total = 128; total <= 384; total += 256)
            if ((name, total) in constant || (name, total / best_loads) in constant) trips = 1
        printf "%s events=%s loads=%d stores=%d trips=%d permutes=%d\n",
          name, events[name], best_loads, best_stores, trips, permutes
      }
    }'
}

# expect PATTERN CONDITION FACTS: objects where no function has that name or one of them does not meet the condition,
# an awk expression over events, loads, stores, trips and permutes.
expect() {
  awk -v pattern="$1" '
    function value(key,   i) { for (i = 2; i <= NF; i++) if (index($i, key "=") == 1) return substr($i, length(key) + 2) }
    $1 ~ pattern {
      found++
      events = value("events"); loads = value("loads") + 0; stores = value("stores") + 0
      trips = value("trips") + 0; permutes = value("permutes") + 0
      if (!('"$2"')) print
    }
    END { if (!found) print "no function " pattern }
  ' "$3" | swift demangle --compact
}

walks='loads >= 1 && loads == stores && trips'

for build in host kernel; do
  check "the measurement compiles for the $build" \
    compile "$scratch/$build.o" "$scratch/module.modulemap" "$build" "${sources[@]}" "$here/Probe.swift"
  [[ -f $scratch/$build.o ]] || continue
  facts "$scratch/$build.o" >"$scratch/facts"

  expect 'JitterMemoryAccess.*walk(AtRandom|InSteps)' "$walks" "$scratch/facts" >"$objections"
  verdict "$build: a memory walk loads and stores at each of its accesses" "$objections"
  expect 'JitterSampleV11runHashLoop' 'permutes' "$scratch/facts" >"$objections"
  verdict "$build: the hash loop permutes in its loop" "$objections"
  {
    expect 'JitterNoiseSource.*10walkMemory' 'events == "RS"' "$scratch/facts"
    expect 'JitterNoiseSource.*10timeMemory' 'events == "SWS"' "$scratch/facts"
    expect 'JitterNoiseSource.*12timeHashLoop' 'events == "SHS"' "$scratch/facts"
    expect 'JitterRNGV7measure' 'events == "H"' "$scratch/facts"
  } >"$objections"
  verdict "$build: the time stamps stand around the measured work" "$objections"

  # The twin with CMemory's accesses, to see that it has what its plain double lacks.
  for kind in kept plain; do
    map=$scratch/module.modulemap
    if [[ $kind == plain ]]; then map=$scratch/plain.modulemap; fi
    check "the $kind twin compiles for the $build" compile "$scratch/$kind.o" "$map" "$build" "$here/Twin.swift"
    facts "$scratch/$kind.o" >"$scratch/$kind.facts"
  done
  expect 'twinWalk' "$walks" "$scratch/kept.facts" >"$objections"
  verdict "$build: an unused walk with CMemory's accesses stays" "$objections"
  expect 'twinWalk' "!($walks)" "$scratch/plain.facts" >"$objections"
  verdict "$build: the same walk with plain accesses goes, and the check sees it" "$objections"
  "$objdump" --disassemble --no-show-raw-insn "$scratch/kept.o" "$scratch/plain.o" |
    awk '/file format/ { file++ } /twinHash.*>:$/ { inside = 1 } /^$/ { inside = 0 } inside && /[ \t]imulq/ { n[file]++ }
      END { if (!n[1]) print "with the barrier the work went, too"; if (n[2]) print "without the barrier the work stayed" }' \
      >"$objections"
  verdict "$build: an unused hash stays before the barrier and goes without it" "$objections"
done

# What is shipped for the host, where it has been built.
if [[ -d .build/release/LRNGCore.build ]]; then
  : >"$scratch/facts"
  for object in .build/release/LRNGCore.build/*.o; do facts "$object" >>"$scratch/facts"; done
  expect 'JitterMemoryAccess.*walk(AtRandom|InSteps)' "$walks" "$scratch/facts" >"$objections"
  expect 'JitterNoiseSource.*10timeMemory' 'events == "SWS"' "$scratch/facts" >>"$objections"
  expect 'JitterNoiseSource.*12timeHashLoop' 'events == "SHS"' "$scratch/facts" >>"$objections"
  verdict "the release build has the same measurement" "$objections"
else
  skip "the release build has the same measurement" "there is no release build"
fi

finish
