#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Makes the Debian package of the kernel modules, lrng-dkms: their source as Kernel/Build/source.sh has it, for DKMS, and
# what loads them, puts them into the initramfs and says so when they are missing. Prints the name of the package's file.
#
# Usage: deb.sh [FOLDER]     Default: .build/deb. LRNG_VERSION is another version than that of the program.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

command -v dpkg-deb >/dev/null || {
  printf 'error: no dpkg-deb: Debian packages are made on Debian or Ubuntu\n' >&2
  exit 69
}
folder=${1:-.build/deb}
version=${LRNG_VERSION:-$(sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/lrng/LRNGCommand.swift)}
[[ $version =~ ^[0-9][0-9A-Za-z.+~]*$ ]] || {
  printf 'error: not a version: %s\n' "$version" >&2
  exit 64
}
source=$(Kernel/Build/source.sh)
files=Kernel/Packaging
# The same contents make the same package.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

# put MODE FILE PATH: into the package, with the version in it.
put() {
  mkdir -p "$root/$(dirname "$3")"
  sed "s/@VERSION@/$version/g" "$2" >"$root/$3"
  chmod "$1" "$root/$3"
}
umask 022
mkdir -p "$root/usr/src" "$root/DEBIAN"
cp -r "$source" "$root/usr/src/lrng-$version"
put 644 $files/dkms.conf "usr/src/lrng-$version/dkms.conf"
put 755 $files/lrng-dkms usr/sbin/lrng-dkms
# After DKMS' own hook, and before the one that makes the initramfs.
put 755 $files/image-hook etc/kernel/postinst.d/dkms-lrng
put 755 $files/headers-hook etc/kernel/header_postinst.d/dkms-lrng
put 755 $files/initramfs-hook usr/share/initramfs-tools/hooks/lrng
put 644 $files/initramfs.conf etc/initramfs-tools/conf.d/lrng
put 644 $files/modprobe.conf etc/modprobe.d/lrng.conf
put 644 $files/modules-load.conf usr/lib/modules-load.d/lrng.conf
put 755 $files/motd etc/update-motd.d/95-lrng
put 644 $files/lrng-check.service usr/lib/systemd/system/lrng-check.service
mkdir -p "$root/usr/lib/systemd/system/multi-user.target.wants"
ln -s ../lrng-check.service "$root/usr/lib/systemd/system/multi-user.target.wants/"
put 644 $files/debian/copyright usr/share/doc/lrng-dkms/copyright
put 644 Documentation/kernel-module.md usr/share/doc/lrng-dkms/kernel-module.md

size=$(du -sk --apparent-size "$root" | cut -f 1)
put 644 $files/debian/control DEBIAN/control
sed -i "s/@SIZE@/$size/" "$root/DEBIAN/control"
for script in postinst prerm postrm; do put 755 "$files/debian/$script" "DEBIAN/$script"; done
(cd "$root" && find etc -type f | sort | sed 's,^,/,') >"$root/DEBIAN/conffiles"
(cd "$root" && find usr etc -type f | sort | xargs md5sum) >"$root/DEBIAN/md5sums"
chmod 644 "$root/DEBIAN/conffiles" "$root/DEBIAN/md5sums"
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

mkdir -p "$folder"
package=$folder/lrng-dkms_${version}_amd64.deb
dpkg-deb --root-owner-group -Zxz --build "$root" "$package" >/dev/null
printf '%s\n' "$package"
