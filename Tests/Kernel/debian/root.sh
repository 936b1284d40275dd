#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Makes a small Debian in a folder, for tests of packages: what DKMS needs, systemd, the first of the stock kernels with its
# headers, and the packages of the second, which a test can install as an update (`apt-get install`, without a network). It
# is made once and kept beyond `make clean`; a test works on a copy, or on top of it.
#
# Prints the folder. Fails with 69 where it can't be made, and says why.
#
# Usage: root.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
source Kernel/Build/releases.sh
source Scripts/debian.sh
PATH=$PATH:/usr/sbin:/sbin

give_up() {
  printf '%s\n' "$1" >&2
  exit 69
}

((EUID == 0)) || give_up 'only root can make a Debian in a folder'
[[ $(uname -m) == x86_64 ]] || give_up 'the kernels are for x86-64'
mapfile -t releases < <(all_releases)
# shellcheck disable=SC2016
((${#releases[@]} >= 2)) || give_up 'no stock kernels are here: run `make deps`'
command -v debootstrap >/dev/null || give_up 'no debootstrap'

packages=dkms,gcc-12,initramfs-tools,systemd-sysv,dbus,udev,kmod,openssl
cache=$(kernel_cache)
made_of=$(printf '%s\n' "${releases[@]}" | cat - Tests/Kernel/debian/root.sh | md5sum | head -c 8)
folder=${cache%/*}/debian/$debian_suite-$made_of
mkdir -p "${folder%/*}"
exec 9>"${folder%/*}/lock"
flock 9
if [[ -e $folder/.complete ]]; then
  printf '%s\n' "$folder/root"
  exit
fi

printf 'kernels: making a Debian, %s\n' "$debian_suite" >&2
# Those of earlier kernels.
find "${folder%/*}" -mindepth 1 -maxdepth 1 -type d -mtime +7 -exec rm -rf {} +
rm -rf "$folder"
mkdir "$folder"
debian_update
mirror=$(awk '{ print $(NF - 2); exit }' "$debian_folder/etc/sources.list")
debootstrap --variant=minbase --include="$packages" "$debian_suite" "$folder/root" "$mirror" >"$folder/log" 2>&1 ||
  give_up "debootstrap failed, see $folder/log"
cp "$debian_folder/etc/sources.list" "$folder/root/etc/apt/sources.list"
debian_done
cp -L /etc/resolv.conf "$folder/root/etc/resolv.conf"

inside() {
  unshare --mount --pid --fork --mount-proc="$folder/root/proc" chroot "$folder/root" \
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp DEBIAN_FRONTEND=noninteractive \
    ${http_proxy:+http_proxy="$http_proxy"} "$@" >>"$folder/log" 2>&1 || give_up "$* failed, see $folder/log"
}
# An initramfs is quickly made, and has the drivers of an emulated machine.
printf 'COMPRESS=gzip\nMODULES=list\n' >"$folder/root/etc/initramfs-tools/conf.d/test"
printf 'virtio_pci\nvirtio_blk\n' >>"$folder/root/etc/initramfs-tools/modules"
printf 'Binary::apt-get::APT::Keep-Downloaded-Packages "true";\n' >"$folder/root/etc/apt/apt.conf.d/keep"
printf 'APT::Install-Recommends "false";\n' >"$folder/root/etc/apt/apt.conf.d/lean"
inside apt-get update -qq
inside apt-get install -yqq "linux-image-${releases[0]}" "linux-headers-${releases[0]}"
inside apt-get clean
inside apt-get install -yqq --download-only "linux-image-${releases[1]}" "linux-headers-${releases[1]}"
touch "$folder/.complete"
printf '%s\n' "$folder/root"
