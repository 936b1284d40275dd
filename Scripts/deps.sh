#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Gets what the tests need beyond the Swift toolchain: Debian packages, and only those that are missing.
#
# rng-tools5 is only unpacked, into .build/tools: installing it would start its daemon, and all that is wanted is the
# program `rngtest`. The stock kernels of the kernel tests are unpacked, too: see kernels.sh.
#
# Usage: deps.sh [GROUP]     kernel: what `make kernel` and `make vm` need; debug-kernel: what Tests/Kernel/debug-kernel.sh
#                            needs; bench: what `make bench` measures. Without a group: what the tests need.
set -euo pipefail
cd "$(dirname "$0")/.."

# A command or a file, and the package that has it.
general=(
  "cc gcc"
  "git git"
  "python3 python3"
  "shellcheck shellcheck"
  "valgrind valgrind"
)
# Kernel modules: the compiler of Debian's kernels, and what their objtool is linked with.
build=(
  "make make"
  "gcc-12 gcc-12"
  "/usr/lib/x86_64-linux-gnu/libelf.so.1 libelf1"
  "/usr/include/x86_64-linux-gnu/sys/types.h libc6-dev"
)
# Kernel tests: a machine, and what goes into it.
machine=(
  "qemu-system-x86_64 qemu-system-x86"
  "/bin/busybox busybox-static"
  "cpio cpio"
  "depmod kmod"
  "xz xz-utils"
  "sparse sparse"
)
# Tests of the Debian packages: a Debian in a folder, a disk made of it.
debian=(
  "debootstrap debootstrap"
  "mke2fs e2fsprogs"
  "unshare util-linux"
)
debug_kernel=(
  "bc bc"
  "bison bison"
  "flex flex"
  "/usr/include/gelf.h libelf-dev"
  "/usr/include/openssl/opensslv.h libssl-dev"
)
# What LRNG is measured beside.
bench=(
  "/usr/include/openssl/opensslv.h libssl-dev"
  "/usr/include/sodium.h libsodium-dev"
)
unpacked=()
case ${1-} in
"")
  installed=("${general[@]}" "${build[@]}" "${machine[@]}" "${debian[@]}")
  unpacked=("rngtest rng-tools5")
  ;;
kernel) installed=("${build[@]}" "${machine[@]}") ;;
debug-kernel) installed=("${build[@]}" "${machine[@]}" "${debug_kernel[@]}") ;;
bench) installed=("${bench[@]}") ;;
*)
  printf 'usage: %s [kernel | debug-kernel | bench]\n' "$0" >&2
  exit 64
  ;;
esac
[[ $(uname -m) == x86_64 || ${1-} == bench ]] || installed=("${general[@]}")
tools=.build/tools
# Where Debian keeps programs for administrators, which need not be in the path of others.
PATH=$PATH:/usr/sbin:/sbin

missing() {
  local entry command package
  for entry in "$@"; do
    read -r command package <<<"$entry"
    command -v "$command" >/dev/null || [[ $command == /* && -e $command ]] ||
      [[ -x $tools/usr/bin/$command ]] || printf '%s\n' "$package"
  done
}

# The package lists are fetched at most once, and only when a package is not known or no longer served.
refreshed=
refresh() {
  [[ -z $refreshed ]] || return 0
  refreshed=yes
  printf 'deps: apt-get update\n'
  as_root apt-get update -qq >/dev/null 2>&1 || printf 'deps: apt-get update failed, going on\n' >&2
}

as_root() {
  if ((EUID == 0)); then
    env DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  fi
}

give_up() {
  printf 'error: cannot get the package%s %s.\n' "$([[ $# -gt 1 ]] && printf s)" "$*" >&2
  printf 'As root, run: apt-get update && apt-get install %s\n' "$*" >&2
  printf 'then try again. On a system without apt-get, install the programs of the same names.\n' >&2
  exit 69
}

mapfile -t to_install < <(missing "${installed[@]}")
mapfile -t to_unpack < <(missing "${unpacked[@]}")
((${#to_install[@]} + ${#to_unpack[@]} > 0)) || exit 0

command -v apt-get >/dev/null || give_up "${to_install[@]}" "${to_unpack[@]}"

if ((${#to_install[@]} > 0)); then
  ((EUID == 0)) || command -v sudo >/dev/null || give_up "${to_install[@]}"
  printf 'deps: installing %s\n' "${to_install[*]}"
  install=(apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "${to_install[@]}")
  as_root "${install[@]}" >/dev/null 2>&1 || { refresh && as_root "${install[@]}" >/dev/null; } ||
    give_up "${to_install[@]}"
fi

for package in "${to_unpack[@]}"; do
  printf 'deps: unpacking %s into %s\n' "$package" "$tools"
  mkdir -p "$tools/archives"
  fetch() (cd "$tools/archives" && apt-get download -qq "$package" >/dev/null 2>&1)
  fetch || { refresh && fetch; } || give_up "$package"
  dpkg -x "$tools/archives/$package"_*.deb "$tools" || give_up "$package"
done

mapfile -t still_missing < <(missing "${installed[@]}" "${unpacked[@]}")
((${#still_missing[@]} == 0)) || give_up "${still_missing[@]}"
