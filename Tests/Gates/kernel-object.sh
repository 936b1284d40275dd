#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# What a kernel demands of the modules, read off the objects:
#
#   - the Swift half asks for nothing but its bridge to C, memory functions and the kernel's thunks; it has no variable and
#     no global name but its entry points, no vector instruction, no return and no call through a pointer that thunks do not
#     guard, no address that only fits some place in memory;
#   - no trap that nobody has looked at: kernel-traps.txt, in the way of embedded.sh;
#   - no entry point needs more stack than kernel-stack.txt gives it: what runs in an interrupt gets little;
#   - both halves compile for all stock kernels that `make deps` got without a word from the compiler, modpost, objtool and
#     sparse, each instruction of Swift can be unwound there, and each return is known to be patched;
#   - what `make kernel-source` makes builds without Swift and without the project; nothing is built twice;
#   - what Kernel/config can leave out can be left out, one by one and all of it.
#
# Usage: kernel-object.sh [--update]     --update rewrites kernel-traps.txt; new entries go under "Not reviewed yet".
source "$(dirname "$0")/common.sh"
source Kernel/Build/releases.sh

objections=$scratch/objections
bridge=Kernel/Glue/lrng_bridge.h
# Primitives that C chooses.
chosen=$scratch/chosen
sed -n '/^extern unsigned int lrng_processor/p; /^#ifdef LRNG_INSTRUCTIONS_BY_HOST/,/^#else/p' \
  Sources/CAccelerated/include/CAccelerated.h >"$chosen"
object=.build/kernel/core/lrng_core.o

check "the Swift half compiles" Kernel/Build/source.sh
[[ -f $object ]] || finish
source=$PWD/.build/kernel/source
disassembly=$scratch/disassembly
"$(tool llvm-objdump)" --disassemble --reloc --no-show-raw-insn "$object" >"$disassembly"

"$(tool llvm-nm)" --undefined-only --format=just-symbols "$object" | while IFS= read -r symbol; do
  case $symbol in
  memset | memcpy | memmove | __x86_return_thunk | __x86_indirect_thunk_*) ;;
  lrng_glue_*) grep -qE "\b$symbol\(" "$bridge" || printf '%s is not in the bridge\n' "$symbol" ;;
  # What Glue/vector.c defines.
  lrng_*) grep -qE "\b${symbol}[(;]" "$chosen" || printf '%s\n' "$symbol" ;;
  *) printf '%s\n' "$symbol" ;;
  esac
done >"$objections"
verdict "Swift needs its bridge, three memory functions and thunks, nothing else" "$objections"

"$(tool llvm-nm)" --defined-only --extern-only --format=just-symbols "$object" | while IFS= read -r symbol; do
  grep -qE "\b$symbol\(" "$bridge" || printf '%s\n' "$symbol"
done >"$objections"
verdict "Swift defines no global name but those of its bridge" "$objections"

# What the bridge promises: everything before the heading of what C does.
sed '/what C does for Swift/,$d' "$bridge" | grep -oE '\blrng_(host|child|jitter|generator|processor|expand)[a-z0-9_]*\(' |
  tr -d '(' | sort -u >"$scratch/promised"
"$(tool llvm-nm)" --defined-only --extern-only --format=just-symbols "$object" | sort >"$scratch/defined"
comm -23 "$scratch/promised" "$scratch/defined" >"$objections"
verdict "Swift defines all of its side of the bridge" "$objections"

"$(tool llvm-objdump)" --section-headers "$object" | awk '$3 ~ /^[0-9a-f]+$/ && $3 !~ /^0*$/ && /DATA|BSS/ && !/ \.rodata/' \
  >"$objections" || true
verdict "Swift has no variable of its own" "$objections"

grep -E '[[:space:]](ret[qlw]?|iret|call[q]?[[:space:]]+\*|jmp[q]?[[:space:]]+\*)|%[xyz]mm|%st\b|[[:space:]]v?(addsd|addss|fld|fst)' "$disassembly" \
  >"$objections" || true
verdict "no naked return or indirect branch, no vector and no floating point in Swift" "$objections"

# 32S is how the kernel's code model reaches its own constants: modules are in the top 2 GiB.
grep -oE 'R_X86_64_[A-Z0-9]+' "$disassembly" | grep -vxE 'R_X86_64_(PC32|PLT32|32S)' | sort | uniq -c >"$objections" || true
verdict "Swift's code has no relocation but those of the kernel's code model" "$objections"

awk 'FNR == NR { entry[$1]; next }
  /^[0-9a-f]+ <.*>:$/ { name = substr($2, 2, length($2) - 3); if (name in entry) wanted = name; next }
  wanted != "" && NF { if ($2 != "endbr64") print wanted; wanted = "" }' "$scratch/defined" "$disassembly" >"$objections"
verdict "each entry point begins with ENDBR" "$objections"

traps_in "$object" >"$scratch/traps"
[[ ${1-} != --update ]] || update_traps Tests/Gates/kernel-traps.txt "$scratch/traps"
verdict_on_traps "every trap in the Swift half is a reviewed one" Tests/Gates/kernel-traps.txt "$scratch/traps"

# The list has "BYTES ENTRY" lines, one "BYTES *" for all others, and the reviewed "indirect", "recursive", "dynamic" ones.
python3 Tests/Gates/stack-depth.py <"$disassembly" | swift demangle --compact --simplified | sort -u >"$scratch/stack"
awk '
  FNR == NR { if (/^[0-9]/) bound[$2] = $1; else if (!/^#/ && NF) known[$0]; next }
  /^[0-9]/ { limit = ($2 in bound) ? bound[$2] : bound["*"]
    if ($1 > limit) printf "%d bytes, %d allowed: %s\n", $1, limit, $2; next }
  !($0 in known)
' Tests/Gates/kernel-stack.txt "$scratch/stack" >"$objections"
verdict "no entry point of Swift needs more stack than it may" "$objections"
sort -rn "$scratch/stack" | awk 'NR == 1 { printf "# deepest: %d bytes, %s\n", $1, $2 }'

# One option less each, as far as the compiler looks at types.
: >"$objections"
while IFS= read -r option; do
  sed "s/^$option=y$/$option=n/" Kernel/config >"$scratch/without"
  Kernel/Build/core.sh --check "$scratch/without" >"$scratch/log" 2>&1 || {
    printf 'without %s:\n' "$option"
    grep -E 'error|warning' "$scratch/log" | sort -u | head -n 5
  } >>"$objections"
done < <(sed -n 's/^trait \(CONFIG_[A-Z0-9_]*\) .*/\1/p' Kernel/Build/core.sh)
verdict "each option of the Swift half can be left out" "$objections"

mapfile -t releases < <(all_releases)
if ((${#releases[@]} == 0)); then
  skip "the modules compile for stock kernels without a warning" "there are none (make deps)"
  finish
fi
export SRCARCH=x86
for release in "${releases[@]}"; do
  headers=$(headers_of "$release")
  built=.build/kernel/$release
  # Warnings go to standard error, which is empty when all is well.
  Kernel/Build/modules.sh --fresh "$release" 2>"$objections" >"$scratch/log" || printf 'the build failed\n' >>"$objections"
  verdict "the modules compile for $release without a warning" "$objections"
  [[ -f $built/lrng.ko ]] || continue

  "$headers/tools/objtool/objtool" --dump=orc "$built/lrng.ko" >"$scratch/orc" 2>&1 || true
  "$(tool llvm-objdump)" --disassemble --section .text --no-show-raw-insn "$built/lrng.ko" >"$scratch/text"
  python3 Tests/Gates/unwinding.py "$scratch/orc" "$scratch/text" >"$objections"
  verdict "each instruction of Swift can be unwound on $release" "$objections"

  "$(tool llvm-objdump)" --disassemble --reloc --no-show-raw-insn "$built/lrng.ko" >"$scratch/text"
  {
    grep -nE '[[:space:]]ret[ql]?$' "$scratch/text" || true
    # Four bytes for each place that is patched.
    returns=$(grep -c 'R_X86_64_P.*__x86_return_thunk' "$scratch/text" || true)
    sites=$("$(tool llvm-objdump)" --section-headers "$built/lrng.ko" | awk '$2 == ".return_sites" { print $3 }')
    ((returns > 0 && 16#${sites:-0} / 4 >= returns)) || printf '%s returns, %s of them known\n' "$returns" "$((16#${sites:-0} / 4))"
  } >"$objections"
  verdict "each return of the module is a thunk that $release knows of" "$objections"

  before=$(stat -c %y "$built/lrng.ko")
  Kernel/Build/modules.sh "$release" >"$scratch/log" 2>&1 || true
  cp "$scratch/log" "$objections"
  [[ $(stat -c %y "$built/lrng.ko") == "$before" ]] || printf 'lrng.ko is another\n' >>"$objections"
  verdict "nothing is built again for $release" "$objections"

  if command -v sparse >/dev/null; then
    rm -rf "$scratch/sparse"
    cp -r "$source" "$scratch/sparse"
    make -s -C "$headers" M="$scratch/sparse" C=2 modules 2>&1 |
      grep -E "$scratch/sparse/|^(Glue|Takeover|Examples|include)/" | grep -E 'warning|error' >"$objections" || true
    verdict "sparse finds nothing in the C half on $release" "$objections"
  else
    skip "sparse finds nothing in the C half on $release" "sparse is not installed (make deps)"
  fi
done

cp -r "$source" "$scratch/alone"
check "the source folder builds with headers and gcc alone" \
  env -i PATH=/usr/bin:/bin make -C "$scratch/alone" KERNEL_DIR="$(headers_of "${releases[0]}")" LRNG_CONFIG=config
[[ -f $scratch/alone/lrng.ko && -f $scratch/alone/lrng_takeover.ko ]] || not_ok "it makes both modules"

# A file of options by another name makes modules of another name.
sed 's/=y$/=n/' Kernel/config >"$scratch/least"
LRNG_CONFIG=$scratch/least Kernel/Build/modules.sh --fresh "${releases[0]}" 2>&1 |
  grep -v '^kernel: ' >"$objections" || true
[[ -f .build/kernel/${releases[0]}-least/lrng.ko ]] || printf 'there is no module\n' >>"$objections"
verdict "the modules compile for ${releases[0]} with every option left out" "$objections"
rm -rf .build/kernel/{core,source,"${releases[0]}"}-least

finish
