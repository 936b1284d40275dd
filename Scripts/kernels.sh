#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Gets the stock kernels that the modules are built for and tested with: Debian's cloud kernels, the one of the release
# and the one of its backports. Nothing is installed and no source is added to the system: a private set of package lists
# finds the packages (see debian.sh), which are unpacked into .build/kernel/packages/RELEASE.
#
# .build/kernel/releases then has the releases, one a line. What is there already is not fetched again.
set -euo pipefail
cd "$(dirname "$0")/.."

PATH=$PATH:/usr/sbin:/sbin
kernels=.build/kernel
releases=$kernels/releases

complete() {
  local release
  [[ -s $releases && $(wc -l <"$releases") -ge 2 ]] || return 1
  while IFS= read -r release; do
    [[ -e $kernels/packages/$release/boot/vmlinuz-$release ]] || return 1
    [[ -e $kernels/packages/$release/usr/src/linux-headers-$release/Makefile ]] || return 1
    # Kernels that an earlier version of this script unpacked have no list of dependencies.
    [[ -e $kernels/packages/$release/lib/modules/$release/modules.dep ]] ||
      depmod -b "$kernels/packages/$release" "$release" || return 1
  done <"$releases"
}
! complete || exit 0
# The modules are for x86-64 alone.
[[ $(uname -m) == x86_64 ]] || exit 0

give_up() {
  printf 'error: %s\n' "$1" >&2
  printf 'The kernel tests need Debian packages of stock kernels (linux-image-cloud-amd64, linux-headers-cloud-amd64).\n' >&2
  printf 'Check that apt-get works and that the mirror has bookworm-backports, then run `make deps` again.\n' >&2
  exit 69
}

source Scripts/debian.sh
printf 'kernels: apt-get update (private lists)\n'
debian_update
# Another run may have got them meanwhile.
! complete || exit 0

# unpack RELEASE VERSION: image and headers, with the parts that headers share and the programs they are built with.
unpack() {
  local release=$1 version=$2 target=$kernels/packages/$1 packages
  [[ ! -e $target/.complete ]] || return 0
  rm -rf "$target"
  mapfile -t packages < <(
    printf 'linux-image-%s\nlinux-headers-%s\n' "$release" "$release"
    debian_depends "linux-headers-$release=$version" | grep -E '^linux-(headers|kbuild)-'
  )
  printf 'kernels: fetching %s\n' "$release"
  debian_unpack "$target" "${packages[@]/%/=$version}"
  # Debian's headers name each other by absolute paths.
  sed -i "s,/usr/src/,$PWD/$target/usr/src/,g" "$target/usr/src/linux-headers-$release/Makefile"
  # Who depends on whom, for those who look for a module: depmod is otherwise run by the package when it is installed.
  depmod -b "$target" "$release" || give_up "depmod does not like the modules of $release"
  touch "$target/.complete"
}

found=()
for suite in "$debian_suite-security|$debian_suite/main" "$debian_suite-backports"; do
  version=$(debian_version linux-headers-cloud-amd64 "$suite")
  [[ -n $version ]] || give_up "no package linux-headers-cloud-amd64 in $suite"
  release=$(debian_depends "linux-headers-cloud-amd64=$version" | sed -n 's/^linux-headers-//p' | head -n 1)
  [[ -n $release ]] || give_up "the package linux-headers-cloud-amd64 $version names no release"
  unpack "$release" "$version"
  found+=("$release")
done
printf '%s\n' "${found[@]}" >"$releases"
