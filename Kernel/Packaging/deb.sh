#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Makes the Debian package of the kernel modules, lrng-dkms: their source as Kernel/Build/source.sh has it, for DKMS, and
# what loads them, puts them into the initramfs and says so when they are missing. Prints the name of the package's file.
#
# Usage: deb.sh [FOLDER]     Default: .build/deb. LRNG_VERSION is another version than that of the program.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

source Packaging/package.sh
folder=${1:-.build/deb}
source=$(Kernel/Build/source.sh)
files=Kernel/Packaging
root=$work/root

mkdir -p "$root/usr/src" "$root/DEBIAN"
cp -r "$source" "$root/usr/src/lrng-$version"
put "$root" 644 $files/dkms.conf "usr/src/lrng-$version/dkms.conf"
put "$root" 755 $files/lrng-dkms usr/sbin/lrng-dkms
# After DKMS' own hook, and before the one that makes the initramfs.
put "$root" 755 $files/image-hook etc/kernel/postinst.d/dkms-lrng
put "$root" 755 $files/headers-hook etc/kernel/header_postinst.d/dkms-lrng
put "$root" 755 $files/initramfs-hook usr/share/initramfs-tools/hooks/lrng
put "$root" 644 $files/initramfs.conf etc/initramfs-tools/conf.d/lrng
put "$root" 644 $files/modprobe.conf etc/modprobe.d/lrng.conf
put "$root" 644 $files/modules-load.conf usr/lib/modules-load.d/lrng.conf
put "$root" 755 $files/motd etc/update-motd.d/95-lrng
put "$root" 644 $files/lrng-check.service usr/lib/systemd/system/lrng-check.service
mkdir -p "$root/usr/lib/systemd/system/multi-user.target.wants"
ln -s ../lrng-check.service "$root/usr/lib/systemd/system/multi-user.target.wants/"
put "$root" 644 $files/debian/copyright usr/share/doc/lrng-dkms/copyright
put "$root" 644 Documentation/kernel-module.md usr/share/doc/lrng-dkms/kernel-module.md

seal "$root" $files/debian "$folder"
