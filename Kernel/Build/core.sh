#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Compiles the Swift half of lrng.ko: LRNGCore and Kernel/Host as one module of Embedded Swift, to one object that fits
# every x86-64 kernel.
#
#     *.swift ── swiftc ──► LLVM IR ── return thunks ──► clang ──► object ── ld.lld, objcopy ──► lrng_core.o
#
#   - swiftc takes the kernel's flags for code (no red zone, no vector registers, retpolines, ENDBR), but not the one for
#     return thunks: the attribute goes into the IR, and clang makes `jmp __x86_return_thunk` of each return;
#   - the linker drops what no entry point reaches, among it the runtime for classes and arrays, and joins the sections of
#     functions: see core.lds;
#   - what is left is local but for the entry points, and has no section that modpost does not know.
#
# Usage: core.sh OUTPUT [CONFIG]
#        core.sh --check CONFIG      only looks whether it would compile
#
# LRNG_KASAN, the place of the shadow memory of a kernel with KASAN, makes an object whose memory accesses are checked.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
output=$1
config=${2:-$root/Kernel/config}
if [[ $output == --check ]]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
else
  work=$(dirname "$output")/core
  mkdir -p "$work"
fi

toolchain=$(dirname "$(readlink -f "$(command -v swiftc)")")
tool() { if [[ -x $toolchain/$1 ]]; then printf '%s\n' "$toolchain/$1"; else command -v "$1"; fi; }

# A trait of the package for each option of the configuration.
traits=()
trait() { ! grep -qx "$1=y" "$config" || traits+=("-D$2"); }
trait CONFIG_LRNG_IRQ InterruptSource
trait CONFIG_LRNG_SCHED SchedulerSource
trait CONFIG_LRNG_JENT JitterSource
trait CONFIG_LRNG_CPU CPUSource
trait CONFIG_LRNG_KERNEL_RNG KernelSource
trait CONFIG_LRNG_OVERSAMPLE_ENTROPY_SOURCES Oversampling
trait CONFIG_LRNG_AIS2031_NTG1_SEEDING_STRATEGY NTG1
trait CONFIG_LRNG_HEALTH_TESTS HealthTests
trait CONFIG_LRNG_SELFTEST SelfTests
trait CONFIG_LRNG_SWITCH Switching
trait CONFIG_LRNG_NUMA NUMA
trait CONFIG_LRNG_TESTING_INJECTION Injection
# Glue/vector.c says when special instructions may be used.
traits+=(-DHostInstructions)

printf 'module CMemory {\n  umbrella "%s"\n  export *\n}\nmodule CAccelerated {\n  umbrella "%s"\n  export *\n}\nmodule Glue {\n  header "%s"\n  export *\n}\n' \
  "$root/Sources/CMemory/include" "$root/Sources/CAccelerated/include" "$root/Kernel/Glue/lrng_bridge.h" \
  >"$work/module.modulemap"

c_flags=(
  -ffreestanding -DLRNG_INSTRUCTIONS_BY_HOST -mno-red-zone -mno-sse -mno-sse2 -mno-mmx -mno-avx -fno-omit-frame-pointer -mcmodel=kernel -fno-pic
  -Wno-nullability-completeness -fno-jump-tables -mretpoline -mretpoline-external-thunk -fcf-protection=branch
)
flags=()
for flag in "${c_flags[@]}"; do flags+=(-Xcc "$flag"); done
mapfile -t sources < <(find "$root/Sources/LRNGCore" "$root/Kernel/Host" -name '*.swift' | LC_ALL=C sort)

# Flags of Swift, and what becomes of its sources.
compile() {
  swiftc -target x86_64-unknown-none-elf -enable-experimental-feature Embedded -wmo -parse-as-library -O \
    -Xfrontend -no-allocations -Xfrontend -disable-stack-protector -Xfrontend -function-sections -Xfrontend -disable-llvm-merge-functions-pass \
    -swift-version 6 -strict-memory-safety -warnings-as-errors -module-name LRNGCore "${traits[@]}" \
    -Xcc "-fmodule-map-file=$work/module.modulemap" -module-cache-path "$work/modules" "${flags[@]}" "$@" "${sources[@]}"
}
if [[ $output == --check ]]; then
  compile -typecheck
  exit 0
fi
compile -emit-ir -o "$work/core.ll"
# Sixteen bytes before each function are the kernel's, which counts calls there on processors that mispredict returns
# (call depth tracking, since 6.2).
#
# Swift's own calling convention returns errors in a register that C preserves; objtool takes that for a broken stack, and
# gives no unwinding data for the function. As C's convention it is one more pointer in the arguments. Frame pointers cost
# four instructions a call, and kernels that unwind reliably don't need them.
sed -i -E -e 's/^(attributes #[0-9]* = \{)/\1 fn_ret_thunk_extern "patchable-function-prefix"="16"/' \
  -e 's/ (swiftcc|swifterror|swiftself)\b//g' -e 's/"frame-pointer"="all"/"frame-pointer"="none"/' "$work/core.ll"
# For a kernel that checks memory accesses (KASAN), the object does so as well. The triple is one that clang knows this for.
target=x86_64-unknown-none-elf
checks=()
if [[ -n ${LRNG_KASAN-} ]]; then
  sed -i -E 's/^(attributes #[0-9]* = \{)/\1 sanitize_address/' "$work/core.ll"
  target=x86_64-unknown-linux-gnu
  checks=(
    -fsanitize=kernel-address -mllvm "-asan-mapping-offset=$LRNG_KASAN" -mllvm -asan-stack=1 -mllvm -asan-globals=0
    -mllvm -asan-constructor-kind=none -mllvm -asan-instrumentation-with-call-threshold=10000
  )
fi
"$(tool clang)" --target="$target" "${checks[@]}" -x ir -c -O2 -mcmodel=kernel -fno-pic -ffunction-sections \
  -Xclang -fno-split-cold-code -Wno-override-module "$work/core.ll" -o "$work/core.o"

# The entry points: what the border declares and Swift defines.
"$(tool llvm-nm)" --defined-only --extern-only --format=just-symbols "$work/core.o" |
  grep -E '^lrng_(host|child|jitter|generator|processor|expand)' | LC_ALL=C sort >"$work/entries"
roots=()
while IFS= read -r entry; do
  roots+=("-u$entry")
  grep -qw "$entry" "$root/Kernel/Glue/lrng_bridge.h" || {
    printf 'error: %s is not declared in lrng_bridge.h\n' "$entry" >&2
    exit 1
  }
done <"$work/entries"
"$(tool ld.lld)" -r --gc-sections -T "$root/Kernel/Build/core.lds" "${roots[@]}" -o "$work/linked.o" "$work/core.o"
"$(tool llvm-objcopy)" --remove-section .swift1_autolink_entries --remove-section .swift_modhash \
  --remove-section .note.gnu.property --remove-section .comment --remove-section .linker-options \
  --remove-section .llvm_addrsig --discard-locals --keep-global-symbols "$work/entries" "$work/linked.o" "$output"
