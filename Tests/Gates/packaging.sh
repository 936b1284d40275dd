#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The Debian package of the kernel modules, in a Debian of its own: installed, upgraded, purged, with kernels that are
# updated meanwhile, for which it builds or does not; and that Debian booted, in a virtual machine.
#
# --soak boots the second kernel with its modules, too, and the first with Secure Boot, lockdown and in FIPS mode.

# Mounts and processes are gone with it.
if ((EUID == 0)) && [[ -z ${LRNG_PACKAGING_INSIDE-} ]] && unshare --mount --pid --fork true 2>/dev/null; then
  exec env LRNG_PACKAGING_INSIDE=yes unshare --mount --pid --fork --kill-child "$0" "$@"
fi
source "$(dirname "$0")/common.sh"
source Kernel/Build/releases.sh
PATH=$PATH:/usr/sbin:/sbin

soak=
[[ ${1-} != --soak ]] || soak=yes

if ! command -v dpkg-deb >/dev/null || [[ $(uname -m) != x86_64 ]]; then
  skip 'the Debian package' 'it is made on Debian, for x86-64'
  finish
fi
version=9.0 next=9.1
check 'the package can be made' env LRNG_VERSION=$version Kernel/Packaging/deb.sh "$scratch"
check 'it can be made again' env LRNG_VERSION=$version Kernel/Packaging/deb.sh "$scratch/again"
check 'the same contents make the same package' cmp "$scratch/lrng-dkms_${version}_amd64.deb" \
  "$scratch/again/lrng-dkms_${version}_amd64.deb"
check 'a package of another version can be made' env LRNG_VERSION=$next Kernel/Packaging/deb.sh "$scratch"
((failures == 0)) || finish

if [[ -z ${LRNG_PACKAGING_INSIDE-} ]]; then
  skip 'the package in a Debian' 'only root can mount here, or nobody can'
  finish
fi
status=0
base=$(Tests/Kernel/debian/root.sh 2>"$scratch/reason") || status=$?
if ((status == 69)); then
  skip 'the package in a Debian' "$(tail -n 1 "$scratch/reason")"
  finish
elif ((status != 0)); then
  not_ok 'there is a Debian for it'
  explain <"$scratch/reason"
  finish
fi
mapfile -t releases < <(all_releases)
first=${releases[0]} second=${releases[1]}

# What is done to the Debian is in layers above it, which vanish, or else in a copy.
debian=$scratch/debian
mkdir "$scratch"/{debian,upper,work}
trap 'umount --recursive "$debian" 2>/dev/null || umount --lazy "$debian"; rm -rf --one-file-system "$scratch"' EXIT
if ! mount -t overlay overlay -o "lowerdir=$base,upperdir=$scratch/upper,workdir=$scratch/work" "$debian" 2>/dev/null; then
  mount --bind "$debian" "$debian"
  cp -a "$base/." "$debian/"
fi
mount -t proc proc "$debian/proc"
cp "$scratch"/*.deb "$debian/opt/"

inside() {
  chroot "$debian" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp DEBIAN_FRONTEND=noninteractive "$@"
}
# said TEXT: the last command that ran by `run` said that.
run() { inside "$@" >"$scratch/output" 2>&1; }
said() {
  grep -qF "$1" "$scratch/output" || { cat "$scratch/output" && return 1; }
}
status_of() { inside dkms status -m lrng -k "$1" 2>/dev/null; }
is_installed() {
  status_of "$1"
  [[ $(status_of "$1") == "lrng/$2, $1, x86_64: installed" ]] &&
    inside modinfo -k "$1" lrng && inside modinfo -k "$1" lrng_takeover
}
# Whether its initramfs has both modules, and loads the first; or none.
in_initramfs() {
  inside lsinitramfs "/boot/initrd.img-$1" >"$scratch/list"
  grep '/updates/dkms/lrng' "$scratch/list" | sed 's,.*/,,' | sort | diff - <(printf 'lrng.ko\nlrng_takeover.ko\n') &&
    inside sh -c "unmkinitramfs /boot/initrd.img-$1 /tmp/initramfs && grep -rx lrng /tmp/initramfs/conf/modules
      status=\$?; rm -r /tmp/initramfs; exit \$status"
}
not_in_initramfs() {
  inside lsinitramfs "/boot/initrd.img-$1" >"$scratch/list"
  [[ -s $scratch/list ]] && ! grep '/lrng.*\.ko' "$scratch/list"
}
package_manager_is_content() { [[ -z $(inside dpkg --audit) ]]; }

# boot [OPTION] RELEASE SCRIPT [PARAMETER...]: in the background, the Debian as it is now; two at a time.
boots=()
boot() {
  local name=boot-${#boots[@]} pid
  while (($(jobs -rp | wc -l) >= 2)); do sleep 1; done
  Tests/Kernel/debian/boot.sh --ready "$scratch/$name.ready" --folder "$debian" "$@" >"$scratch/$name" 2>&1 &
  pid=$!
  boots+=("$pid")
  while [[ ! -e $scratch/$name.ready ]] && kill -0 $pid 2>/dev/null; do sleep 0.1; done
}

check 'apt-get installs it in a fresh Debian' run apt-get install -y "/opt/lrng-dkms_${version}_amd64.deb"
check 'DKMS has both modules installed for the kernel that is there' is_installed "$first" $version
check 'they are signed with the key of DKMS' test "$(inside modinfo -k "$first" -F signer lrng)" = 'DKMS module signing key'
check 'the initramfs has both, and loads lrng' in_initramfs "$first"
boot "$first" installed
if [[ -n $soak ]]; then
  boot --secure-boot "$first" refused
  boot --enrolled "$debian/var/lib/dkms/mok.pub" "$first" enrolled lockdown=confidentiality fips=1
  boot "$first" unsigned fips=1
fi

printf '# mine\n' >>"$debian/etc/modprobe.d/lrng.conf"
check 'apt-get upgrades it' run apt-get install -y "/opt/lrng-dkms_${next}_amd64.deb"
check 'DKMS has the new version installed' is_installed "$first" $next
check 'and nothing of the old one' test -z "$(inside dkms status -m lrng -v $version)$(ls -d "$debian"/usr/src/lrng-$version 2>/dev/null)"
check 'what an administrator has configured is still there' grep -qx '# mine' "$debian/etc/modprobe.d/lrng.conf"
check 'the initramfs has both modules after the upgrade' in_initramfs "$first"

# An update to a kernel for which it does not build: here the source is what is wrong.
header=$debian/usr/src/lrng-$next/include/lrng.h
cp "$header" "$scratch/header"
printf '#error made for the test\n' >>"$header"
check 'an update to a kernel for which it does not build succeeds' \
  run apt-get install -y "linux-image-$second" "linux-headers-$second"
check 'it says loudly that this kernel will have its own /dev/random' said "* lrng: NO MODULE for kernel $second: DKMS failed"
check 'it shows the error' said 'made for the test'
check 'so does the making of the initramfs' said "W: lrng: no module for kernel $second"
check 'the package manager is content' package_manager_is_content
check 'that kernel has an initramfs, without the modules' not_in_initramfs "$second"
check 'the other kernel still has them' is_installed "$first" $next
boot "$second" missing

cp "$scratch/header" "$header"
check 'mended, lrng-dkms builds it for the new kernel' run lrng-dkms build
check 'DKMS has both modules installed for the new kernel' is_installed "$second" $next
check 'the initramfs of the new kernel has both, and loads lrng' in_initramfs "$second"
[[ -z $soak ]] || boot "$second" installed

# Kernels that can't have it, as their packages' scripts run the hooks.
mkdir -p "$debian"/lib/modules/{5.10.0-old,6.99.0-bare}/build/include "$debian/lib/modules/6.99.1-headless"
printf 'CONFIG_LIVEPATCH=y\nCONFIG_KPROBES=y\nCONFIG_KALLSYMS_ALL=y\n' >"$debian/lib/modules/5.10.0-old/build/.config"
printf 'CONFIG_KPROBES=y\nCONFIG_KALLSYMS_ALL=y\n' >"$debian/lib/modules/6.99.0-bare/build/.config"
hooks() {
  run env DPKG_MAINTSCRIPT_NAME=postinst sh -c "/etc/kernel/postinst.d/dkms $1 && /etc/kernel/postinst.d/dkms-lrng $1"
}
for release in 5.10.0-old 6.99.0-bare; do
  check "the hooks let a kernel pass that can't have it ($release)" hooks $release
  check "and say so ($release)" said "* lrng: NO MODULE for kernel $release: it is"
done
check 'the hooks let a kernel pass that has no headers' hooks 6.99.1-headless
check 'and say so' said '* lrng: NO MODULE for kernel 6.99.1-headless: its headers are missing'
rm -r "$debian"/lib/modules/{5.10.0-old,6.99.0-bare,6.99.1-headless}

check 'apt-get purges it' run apt-get purge -y lrng-dkms
check 'DKMS knows nothing of it' test -z "$(inside dkms status)"
for release in "$first" "$second"; do check "no initramfs has it ($release)" not_in_initramfs "$release"; done
rm "$debian"/opt/*.deb
inside find / -xdev -name '*lrng*' -not -path '/proc/*' >"$scratch/left"
verdict 'no file of it is left' "$scratch/left"
check 'nor its configuration in the package manager' test -z "$(inside dpkg-query -W lrng-dkms 2>/dev/null)"

for ((index = 0; index < ${#boots[@]}; index++)); do
  status=0
  wait "${boots[index]}" || status=$?
  cat "$scratch/boot-$index"
  ((status == 0)) || failures=$((failures + 1))
  ((status == 0)) || grep -q '^not ok' "$scratch/boot-$index" || not_ok "boot $index ended with status $status"
done
finish
