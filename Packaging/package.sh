# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# What makes Debian packages of folders. To be sourced, in the project's folder. It sets `version`, of the program or of
# LRNG_VERSION, and `work`, a folder that vanishes.

command -v dpkg-deb >/dev/null || {
  printf 'error: no dpkg-deb: Debian packages are made on Debian or Ubuntu\n' >&2
  exit 69
}
version=${LRNG_VERSION:-$(sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/lrng/LRNGCommand.swift)}
[[ $version =~ ^[0-9][0-9A-Za-z.+~]*$ ]] || {
  printf 'error: not a version: %s\n' "$version" >&2
  exit 64
}
# The same contents make the same package.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
umask 022
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# put ROOT MODE FILE PATH: into a package, with the version in it.
put() {
  mkdir -p "$1/$(dirname "$4")"
  sed "s/@VERSION@/$version/g" "$3" >"$1/$4"
  chmod "$2" "$1/$4"
}

# seal ROOT DEBIAN FOLDER [DEPENDENCIES]: makes the package whose files are in ROOT, with what the folder DEBIAN has of
# control, postinst, prerm and postrm, in FOLDER. Prints its name.
seal() {
  local root=$1 debian=$2 folder=$3 dependencies=${4-} script name architecture package size
  size=$(du -sk --apparent-size "$root" | cut -f 1)
  put "$root" 644 "$debian/control" DEBIAN/control
  architecture=$(dpkg --print-architecture)
  sed -i "s/@SIZE@/$size/; s/@DEPENDS@/$dependencies/; s/@ARCHITECTURE@/$architecture/" "$root/DEBIAN/control"
  for script in postinst prerm postrm; do
    [[ ! -e $debian/$script ]] || put "$root" 755 "$debian/$script" "DEBIAN/$script"
  done
  if [[ -d $root/etc ]]; then
    (cd "$root" && find etc -type f | LC_ALL=C sort | sed 's,^,/,') >"$root/DEBIAN/conffiles"
    chmod 644 "$root/DEBIAN/conffiles"
  fi
  (cd "$root" && find . -path ./DEBIAN -prune -o -type f -print | sed 's,^\./,,' | LC_ALL=C sort | xargs -d '\n' md5sum) \
    >"$root/DEBIAN/md5sums"
  chmod 644 "$root/DEBIAN/md5sums"
  find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  mkdir -p "$folder"
  name=$(sed -n 's/^Package: //p' "$root/DEBIAN/control")
  package=$folder/${name}_${version}_$architecture.deb
  dpkg-deb --root-owner-group -Zxz --build "$root" "$package" >/dev/null
  printf '%s\n' "$package"
}
