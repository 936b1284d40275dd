#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# What a kernel demands of LRNGCore, read off the compiler and the object code of an Embedded Swift build:
#
#   - nothing allocates (the compiler's own proof, -no-allocations);
#   - nothing but memset, memcpy and memmove is asked of the outside;
#   - no global is initialised on first use: Embedded Swift does that with a spin loop, and an interrupt that spins
#     on what the interrupted code has begun never ends;
#   - no trap that nobody has looked at. A trap (ud2) is a panic in a kernel. embedded-traps.txt lists every function
#     that holds some, with how many, under a heading that says why no input reaches them.
#
# The generic half of the core exists as object code only for a host, so the one in EmbeddedHost is compiled with it.
#
# Usage: embedded.sh [--update]     --update rewrites embedded-traps.txt; new entries go under "Not reviewed yet".
source "$(dirname "$0")/common.sh"

triple=x86_64-unknown-none-elf
reviewed=Tests/Gates/embedded-traps.txt
objections=$scratch/objections
proof=(-Xfrontend -no-allocations)

swiftpm_flags=()
for flag in "${embedded_flags[@]}" "${proof[@]}"; do
  case $flag in
  -parse-as-library | -Xcc | -ffreestanding) ;;
  *) swiftpm_flags+=(-Xswiftc "$flag") ;;
  esac
done
check "the package builds LRNGCore as Embedded Swift" \
  swift build -c release --triple "$triple" --target LRNGCore --scratch-path .build-embedded \
  "${swiftpm_flags[@]}" -Xcc -ffreestanding

check "LRNGCore allocates nothing, whatever its host" compile_core "$triple" "$scratch/core.o" "${proof[@]}" -c
[[ -f $scratch/core.o ]] || finish
check "LRNGCore links without what it does not use" link_core "$scratch/core.o" "$scratch/linked.o"
[[ -f $scratch/linked.o ]] || finish

"$(tool llvm-nm)" --undefined-only --format=just-symbols "$scratch/linked.o" |
  grep -vxE 'memset|memcpy|memmove|host_.*' | swift demangle --compact >"$objections" || true
verdict "LRNGCore needs nothing but memset, memcpy and memmove" "$objections"

# The optimised SIL shows it before swift_once is inlined. Hashing picks its seed so; link_core drops that.
check "the optimised SIL of LRNGCore can be had" compile_core "$triple" "$scratch/core.sil" "${proof[@]}" -emit-sil
awk '
  /^sil / { for (i = 2; i < NF; i++) if ($i ~ /^@/ && $(i + 1) == ":") { name = substr($i, 2); break } }
  /builtin "once"/ { print name }
' "$scratch/core.sil" | swift demangle --compact | grep -v 'Swift\.Hasher' | sort -u >"$objections" || true
verdict "no global of LRNGCore is initialised on first use (swift_once)" "$objections"

traps_in "$scratch/linked.o" >"$scratch/traps"
[[ ${1-} != --update ]] || update_traps "$reviewed" "$scratch/traps"
verdict_on_traps "every trap in LRNGCore is a reviewed one" "$reviewed" "$scratch/traps"

finish
