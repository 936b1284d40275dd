#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Gets the stock kernels that the modules are built for and tested with: Debian's cloud kernels, the one of the release
# and the one of its backports. Nothing is installed and no source is added to the system: a private set of package lists
# below .build/kernel/apt finds the packages, which are unpacked into .build/kernel/packages/RELEASE.
#
# .build/kernel/releases then has the releases, one a line. What is there already is not fetched again.
set -euo pipefail
cd "$(dirname "$0")/.."

kernels=.build/kernel
releases=$kernels/releases
apt=$PWD/$kernels/apt

complete() {
  local release
  [[ -s $releases && $(wc -l <"$releases") -ge 2 ]] || return 1
  while IFS= read -r release; do
    [[ -e $kernels/packages/$release/boot/vmlinuz-$release ]] || return 1
    [[ -e $kernels/packages/$release/usr/src/linux-headers-$release/Makefile ]] || return 1
  done <"$releases"
}
! complete || exit 0

give_up() {
  printf 'error: %s\n' "$1" >&2
  printf 'The kernel tests need Debian packages of stock kernels (linux-image-cloud-amd64, linux-headers-cloud-amd64).\n' >&2
  printf 'Check that apt-get works and that the mirror has bookworm-backports, then run `make deps` again.\n' >&2
  exit 69
}

command -v apt-get >/dev/null || give_up 'this system has no apt-get'
command -v dpkg >/dev/null || give_up 'this system has no dpkg'

# The mirrors that this system uses, or Debian's own on a system of another kind.
suite=bookworm
mapfile -t system < <(
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 2>/dev/null | sort -u || true
)
mirror= security=
for line in "${system[@]}"; do
  read -r uri codename component <<<"$line"
  [[ $component == main ]] || continue
  case $codename in
  "$suite") mirror=${mirror:-$uri} ;;
  "$suite-security") security=${security:-$uri} ;;
  esac
done
mirror=${mirror:-http://deb.debian.org/debian/}
security=${security:-http://deb.debian.org/debian-security/}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[[ -e $keyring ]] || give_up "$keyring is missing (package debian-archive-keyring)"

mkdir -p "$apt"/{lists/partial,cache/archives/partial,etc}
cat >"$apt/etc/sources.list" <<LIST
deb [signed-by=$keyring arch=amd64] $mirror $suite main
deb [signed-by=$keyring arch=amd64] $security $suite-security main
deb [signed-by=$keyring arch=amd64] $mirror $suite-backports main
LIST
options=(
  -o "Dir::Etc::SourceList=$apt/etc/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$apt/lists"
  -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 -o APT::Architecture=amd64
)
printf 'kernels: apt-get update (private lists)\n'
apt-get "${options[@]}" update -qq >"$apt/log" 2>&1 || give_up "apt-get update failed, see $apt/log"

# The release that the newest package of a suite stands for.
version_of() {
  apt-cache "${options[@]}" madison linux-headers-cloud-amd64 |
    awk -F'|' -v wanted="$1" '$3 ~ wanted { gsub(/ /, "", $2); print $2; exit }'
}
release_of() {
  apt-cache "${options[@]}" show "linux-headers-cloud-amd64=$1" |
    sed -n 's/^Depends: linux-headers-\([^ ,]*\).*/\1/p' | head -n 1
}

unpack() {
  local release=$1 version=$2 target=$kernels/packages/$1 packages package
  [[ ! -e $target/.complete ]] || return 0
  rm -rf "$target"
  mkdir -p "$target/archives"
  mapfile -t packages < <(
    printf '%s\n' "linux-image-$release=$version" "linux-headers-$release=$version"
    apt-cache "${options[@]}" show "linux-headers-$release=$version" | sed -n 's/^Depends: //p' | head -n 1 |
      tr ',' '\n' | sed -n "s/^ *\(linux-headers-[^ ]*\|linux-kbuild-[^ ]*\).*/\1=$version/p"
  )
  printf 'kernels: fetching %s\n' "$release"
  for package in "${packages[@]}"; do
    (cd "$target/archives" && apt-get "${options[@]}" download -qq "$package" >>"$apt/log" 2>&1) ||
      give_up "cannot get ${package%%=*}, see $apt/log"
  done
  for package in "$target"/archives/*.deb; do dpkg -x "$package" "$target" || give_up "cannot unpack $package"; done
  rm -rf "$target/archives"
  # Debian's headers name each other by absolute paths.
  sed -i "s,/usr/src/,$PWD/$target/usr/src/,g" "$target/usr/src/linux-headers-$release/Makefile"
  touch "$target/.complete"
}

found=()
for wanted in "$suite-security|$suite/main" "$suite-backports"; do
  version=$(version_of "$wanted")
  [[ -n $version ]] || give_up "no package linux-headers-cloud-amd64 in $wanted"
  release=$(release_of "$version")
  [[ -n $release ]] || give_up "the package linux-headers-cloud-amd64 $version names no release"
  unpack "$release" "$version"
  found+=("$release")
done
printf '%s\n' "${found[@]}" >"$releases"
