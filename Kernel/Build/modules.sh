#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Builds the modules for kernels: .build/kernel/RELEASE/*.ko.
#
# The Swift object is the same for all of them and compiled once; each kernel then has it annotated by its own objtool
# (stack unwinding, retpolines, return thunks) and links it with the C half, which Kbuild compiles.
#
# Usage: modules.sh [RELEASE...]     Default: all that `make deps` got. LRNG_CONFIG names another file of options.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source Kernel/Build/releases.sh

root=$PWD
config=$(realpath "${LRNG_CONFIG:-Kernel/config}")
variant=
[[ $config == "$root/Kernel/config" ]] || variant=-$(basename "$config")
core=$root/.build/kernel/core$variant/lrng_core.o

# Whether something below the given places is newer than the file.
is_older() {
  local file=$1
  shift
  [[ ! -e $file || -n $(find "$@" -newer "$file" -print -quit) ]]
}

mkdir -p "$(dirname "$core")"
if is_older "$core" Sources/LRNGCore Sources/CMemory Kernel/Host Kernel/Build/core.sh Kernel/Glue/lrng_bridge.h "$config"; then
  printf 'kernel: compiling the Swift half\n'
  Kernel/Build/core.sh "$core" "$config"
fi

# annotate HEADERS OBJECT: what Kbuild does to objects that it compiled itself. Where it leaves that to the end of the
# link (IBT, LTO), the object is treated along with the rest of the module.
annotate() {
  local headers=$1 object=$2 flags=()
  has() { grep -qx "CONFIG_$1=y" "$headers/.config"; }
  if has X86_KERNEL_IBT || has LTO_CLANG; then return 0; fi
  ! has HAVE_JUMP_LABEL_HACK || flags+=(--hacks=jump_label)
  ! has UNWINDER_ORC || flags+=(--orc)
  ! has RETPOLINE || flags+=(--retpoline)
  ! has RETHUNK || flags+=(--rethunk)
  ! has SLS || flags+=(--sls)
  ! has HAVE_STATIC_CALL_INLINE || flags+=(--static-call)
  ! has HAVE_UACCESS_VALIDATION || flags+=(--uaccess)
  "$headers/tools/objtool/objtool" "${flags[@]}" --module "$object"
}

build() {
  local release=$1 headers target tree
  headers=$(headers_of "$release")
  target=.build/kernel/$release$variant
  tree=$root/$target/tree
  if ! is_older "$target/lrng.ko" "$core" Kernel Sources/CAccelerated "$config"; then return 0; fi
  printf 'kernel: building for %s\n' "$release"
  mkdir -p "$tree"
  cp -ru --preserve=timestamps Kernel/. "$tree/"
  cp -u --preserve=timestamps "$config" "$tree/config"
  mkdir -p "$target/Sources"
  cp -ru --preserve=timestamps Sources/CAccelerated "$target/Sources/"
  if is_older "$tree/lrng_core.o" "$core"; then
    cp "$core" "$tree/lrng_core.o"
    annotate "$headers" "$tree/lrng_core.o"
    # Kbuild asks how the object was made.
    printf 'savedcmd_%s := swiftc\ncmd_%s := swiftc\n' "$tree/lrng_core.o" "$tree/lrng_core.o" >"$tree/.lrng_core.o.cmd"
  fi
  make -s -C "$headers" M="$tree" LRNG_RELEASE="$release" KBUILD_MODPOST_WARN= modules >"$root/$target/log" 2>&1 || {
    grep -vE 'BTF|^make' "$root/$target/log" >&2 || true
    return 1
  }
  grep -E 'warning|WARNING' "$root/$target/log" | grep -v 'BTF' >&2 || true
  cp "$tree"/lrng*.ko "$target/"
}

wanted=("$@")
((${#wanted[@]} > 0)) || mapfile -t wanted < <(all_releases)
((${#wanted[@]} > 0)) || {
  printf 'error: no kernel to build for: run `make deps`, or install linux-headers and say KERNEL=release\n' >&2
  exit 69
}
for release in "${wanted[@]}"; do build "$release"; done
