#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Builds the kernel that finds faults: Debian's source of Linux 6.1 with KASAN, UBSAN, lockdep, lock statistics and
# kmemleak, see debug.config. It takes minutes and is done once: the result is kept outside the project, in LRNG_KERNEL_CACHE
# (default: ~/.cache/lrng/kernels), until debug.config changes.
#
# The Swift half of the modules has its memory accesses checked there, too (see modules.sh), and its locks are the glue's,
# so that lockdep knows them; UBSAN sees the C half alone.
#
# The last line of the output is the release, which `make kernel KERNEL=` and vm.sh understand. It wants 2 GiB of memory.
#
# Usage: debug-kernel.sh [--if-built]     --if-built fails with status 69 instead of building.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source Kernel/Build/releases.sh

config=Tests/Kernel/debug.config
cache=$(kernel_cache)
# Names the release that was built with these options.
built=$cache/debug-$(sha256sum <"$config" | cut -c1-16)

give_up() {
  printf 'error: %s\n' "$1" >&2
  printf 'The kernel for tests with KASAN and lockdep is built from the Debian package linux-source-6.1.\n' >&2
  exit 69
}

if [[ -s $built ]] && [[ -e $cache/$(<"$built")/vmlinuz ]]; then
  cat "$built"
  exit 0
fi
[[ ${1-} != --if-built ]] || exit 69

Scripts/deps.sh debug-kernel >&2
source Scripts/debian.sh

mkdir -p "$cache"
work=$cache/building
exec 9>"$cache/lock"
flock -n 9 || { printf 'debug-kernel: waiting for another build\n' >&2 && flock 9; }
if [[ -s $built ]]; then
  cat "$built"
  exit 0
fi

printf 'debug-kernel: fetching the source\n' >&2
rm -rf "$work"
mkdir -p "$work/source"
debian_update
version=$(debian_version linux-source-6.1 "$debian_suite-security|$debian_suite/main")
[[ -n $version ]] || give_up 'no package linux-source-6.1'
debian_unpack "$work/package" "linux-source-6.1=$version"
debian_done
tar -C "$work/source" --strip-components=1 -xf "$work"/package/usr/src/linux-source-6.1.tar.xz
rm -rf "$work/package"
# The compiler of Debian's kernels, also for modules later.
sed -i 's/^CC\(\t*\)= $(CROSS_COMPILE)gcc$/CC\1= gcc-12/' "$work/source/Makefile"

# Kbuild's steps, quiet unless they fail.
kbuild() {
  nice make -s -C "$work/source" -j"$(nproc)" "$@" >"$work/log" 2>&1 || {
    tail -n 40 "$work/log" >&2
    give_up "the debug kernel does not build (make $*), see $work/log"
  }
}
printf 'debug-kernel: building Linux %s, which takes some minutes\n' "$version" >&2
kbuild tinyconfig
cp "$config" "$work/source/lrng.config"
(cd "$work/source" && scripts/kconfig/merge_config.sh -m .config lrng.config) >"$work/log" 2>&1 ||
  give_up "the options do not merge, see $work/log"
kbuild olddefconfig
# An option that Kconfig dropped would be a test that no longer tests.
while IFS= read -r option; do
  grep -qxF "$option" "$work/source/.config" || give_up "the kernel has no option $option"
done < <(grep -E '^CONFIG_' "$config")
kbuild bzImage modules
release=$(make -s -C "$work/source" kernelrelease)

# What is kept: the image, the modules, and what modules are built with, which is a tenth of the tree.
target=$cache/$release
rm -rf "$target"
mkdir -p "$target"
cp "$work/source/arch/x86/boot/bzImage" "$target/vmlinuz"
kbuild INSTALL_MOD_PATH="$target" INSTALL_MOD_STRIP=1 modules_install
rm -f "$target/lib/modules/$release"/{build,source}
cp "$work/source/System.map" "$target/"
mkdir "$target/build"
(cd "$work/source" && cp -r --parents Makefile Kbuild .config Module.symvers scripts include arch/x86/Makefile* \
  arch/x86/include arch/x86/Kbuild tools/objtool/objtool "$target/build/")
find "$target/build" -name '*.o' -delete
rm -rf "$work"
printf '%s\n' "$release" >"$built"
printf '%s\n' "$release"
