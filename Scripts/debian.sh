# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Debian's packages without touching the system's: a private set of package lists below .build/kernel/apt, from the mirrors
# that the system uses, with bookworm-backports beside them. Sourced, from the root of the project, by scripts that say
# in `give_up` what they wanted.

debian_suite=bookworm
debian_folder=$PWD/.build/kernel/apt
debian_options=(
  -o "Dir::Etc::SourceList=$debian_folder/etc/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
  -o "Dir::State::Lists=$debian_folder/lists" -o "Dir::Cache=$debian_folder/cache"
  -o APT::Sandbox::User= -o APT::Architecture=amd64 -o APT::Default-Release=
)

# debian_update: gets the lists, and keeps others from them until debian_done or the end.
debian_update() {
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg lines line uri codename component mirror='' security=''
  command -v apt-get >/dev/null || give_up 'this system has no apt-get'
  command -v dpkg >/dev/null || give_up 'this system has no dpkg'
  [[ -e $keyring ]] || give_up "$keyring is missing (package debian-archive-keyring)"
  mkdir -p "$debian_folder"/{lists/partial,cache/archives/partial,etc}
  exec 8>"$debian_folder/lock"
  flock 8
  # The mirrors that this system uses, or Debian's own on a system of another kind.
  mapfile -t lines < <(
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 2>/dev/null | sort -u || true
  )
  for line in "${lines[@]}"; do
    read -r uri codename component <<<"$line"
    [[ $component == main ]] || continue
    case $codename in
    "$debian_suite") mirror=${mirror:-$uri} ;;
    "$debian_suite-security") security=${security:-$uri} ;;
    esac
  done
  mirror=${mirror:-http://deb.debian.org/debian/}
  security=${security:-http://deb.debian.org/debian-security/}
  cat >"$debian_folder/etc/sources.list" <<LIST
deb [signed-by=$keyring arch=amd64] $mirror $debian_suite main
deb [signed-by=$keyring arch=amd64] $security $debian_suite-security main
deb [signed-by=$keyring arch=amd64] $mirror $debian_suite-backports main
LIST
  apt-get "${debian_options[@]}" update -qq >"$debian_folder/log" 2>&1 ||
    give_up "apt-get update failed, see $debian_folder/log"
}

debian_done() { exec 8>&-; }

# debian_version PACKAGE SUITE: the newest version of the package in a suite whose name matches the expression.
debian_version() {
  apt-cache "${debian_options[@]}" madison "$1" |
    awk -F'|' -v wanted="$2" '$3 ~ wanted { gsub(/ /, "", $2); print $2 }' | sort -rV | head -n 1
}

# debian_depends PACKAGE=VERSION: what the package depends on, one name a line.
debian_depends() {
  apt-cache "${debian_options[@]}" show "$1" | sed -n 's/^Depends: //p' | head -n 1 |
    tr ',' '\n' | sed 's/^ *\([^ ]*\).*/\1/'
}

# debian_unpack FOLDER PACKAGE=VERSION...: unpacks packages into a folder.
debian_unpack() {
  local folder=$1 package
  shift
  mkdir -p "$folder/archives"
  for package in "$@"; do
    (cd "$folder/archives" && apt-get "${debian_options[@]}" download -qq "$package" >>"$debian_folder/log" 2>&1) ||
      give_up "cannot get ${package%%=*}, see $debian_folder/log"
  done
  for package in "$folder"/archives/*.deb; do dpkg -x "$package" "$folder" || give_up "cannot unpack $package"; done
  rm -rf "$folder/archives"
}
