#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# LRNGCore compiles for the processors that a kernel host may meet, with nothing underneath, and asks for nothing but
# the memory functions and the arithmetic helpers that every compiler for that processor brings.
#
# -no-allocations, the compiler's proof, holds for 64 bits only: where UInt64 is wider than Int, each conversion drags
# in the unused conformances of UInt64.Words, which allocate. So the 32-bit objects prove it by linking: what the
# functions of the core can reach contains no allocation.
source "$(dirname "$0")/common.sh"

for triple in aarch64-none-none-elf riscv64-none-none-eabi armv7-none-none-eabi i686-unknown-none-elf; do
  case $triple in
  armv7* | i686*) allocation_proof=() ;;
  *) allocation_proof=(-Xfrontend -no-allocations) ;;
  esac
  object=$scratch/$triple.o
  check "LRNGCore compiles for $triple" compile_core "$triple" "$object" "${allocation_proof[@]}" -c
  [[ -f $object ]] || continue
  check "LRNGCore links for $triple" link_core "$object" "$scratch/linked.o"
  "$(tool llvm-nm)" --undefined-only --format=just-symbols "$scratch/linked.o" |
    grep -vxE 'mem(set|cpy|move|cmp)|__aeabi_mem(clr|set|cpy|move)[48]?|_GLOBAL_OFFSET_TABLE_|host_.*' |
    grep -vxE '__u?(div|mod)di3|__aeabi_u?ldivmod|__aeabi_u?idiv(mod)?' >"$scratch/objections" || true
  # The compiler makes memcmp of an == of many fields. Its time depends on the data, so no secret may get there.
  "$(tool llvm-objdump)" --disassemble --reloc --no-show-raw-insn "$scratch/linked.o" |
    awk '/^[0-9a-f]+ <.*>:$/ { name = substr($2, 2, length($2) - 3) } /memcmp/ { print "memcmp in " name }' |
    swift demangle --compact | grep -v '__derived_struct_equals' >>"$scratch/objections" || true
  verdict "LRNGCore for $triple needs only memory functions and division" "$scratch/objections"
done

check "the vector code for NEON compiles for aarch64" "$(tool clang)" --target=aarch64-none-elf -ffreestanding -O2 \
  -std=gnu11 -Wall -Werror -c -o "$scratch/neon.o" Sources/CAccelerated/chacha20_neon.c
if [[ $(uname -m) == x86_64 ]] && grep -qw avx2 /proc/cpuinfo; then
  check "the comparison of NEON with AVX2 compiles" "$(tool clang)" -O2 -std=gnu11 -Wall -Wno-psabi -Werror \
    -o "$scratch/neon" Tests/Gates/vectors/neon.c
  check "the code for NEON computes what that for AVX2 does" "$scratch/neon"
else
  skip "the code for NEON computes what that for AVX2 does" "this processor has no AVX2"
fi

finish
