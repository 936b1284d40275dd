#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The Debian packages of what runs in user space, lrng and liblrng-dev, in a Debian of its own: installed, used, upgraded,
# purged.
#
# --soak also boots that Debian, in a virtual machine, with the service under systemd.

source "$(dirname "$0")/common.sh"
source Kernel/Build/releases.sh
PATH=$PATH:/usr/sbin:/sbin
version=9.0 next=9.1

if [[ -z ${LRNG_DEBIAN_PACKAGES-} ]]; then
  if ! command -v dpkg-deb >/dev/null || [[ $(uname -m) != x86_64 ]]; then
    skip 'the Debian packages' 'they are made on Debian, and the test of them is for x86-64'
    finish
  fi
  # The package manager of Swift does not stand a /proc that is not its own, which the test has below.
  check 'the packages can be made' env LRNG_VERSION=$version Packaging/deb.sh "$scratch"
  check 'packages of another version can be made' env LRNG_VERSION=$next Packaging/deb.sh "$scratch"
  ((failures == 0)) || finish
  # Mounts and processes are gone with it.
  if ((EUID != 0)) || ! unshare --mount --pid --fork true 2>/dev/null; then
    skip 'the packages in a Debian' 'only root can mount here, or nobody can'
    finish
  fi
  LRNG_DEBIAN_PACKAGES=$scratch unshare --mount --pid --fork --kill-child "$0" "$@" || failures=$((failures + 1))
  finish
fi
status=0
base=$(Tests/Kernel/debian/root.sh 2>"$scratch/reason") || status=$?
if ((status == 69)); then
  skip 'the packages in a Debian' "$(tail -n 1 "$scratch/reason")"
  finish
elif ((status != 0)); then
  not_ok 'there is a Debian for them'
  explain <"$scratch/reason"
  finish
fi
release=$(all_releases | head -n 1)

# What is done to the Debian is in layers above it, which vanish, or else in a copy.
debian=$scratch/debian
mkdir "$scratch"/{debian,upper,work}
trap 'umount --recursive "$debian" 2>/dev/null || umount --lazy "$debian"; rm -rf --one-file-system "$scratch"' EXIT
if ! mount -t overlay overlay -o "lowerdir=$base,upperdir=$scratch/upper,workdir=$scratch/work" "$debian" 2>/dev/null; then
  mount --bind "$debian" "$debian"
  cp -a "$base/." "$debian/"
fi
mount -t proc proc "$debian/proc"
for device in null zero random urandom; do
  [[ -c $debian/dev/$device ]] || { touch "$debian/dev/$device" && mount --bind "/dev/$device" "$debian/dev/$device"; }
done
cp "$LRNG_DEBIAN_PACKAGES"/*.deb "$debian/opt/"

inside() {
  chroot "$debian" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp DEBIAN_FRONTEND=noninteractive "$@"
}
run() { inside "$@" >"$scratch/output" 2>&1; }
# prints PATTERN COMMAND...: whether a line of its output is like that.
prints() {
  local pattern=$1
  shift
  inside "$@" >"$scratch/output" 2>&1 || { cat "$scratch/output" && return 1; }
  grep -qE "$pattern" "$scratch/output" || { cat "$scratch/output" && return 1; }
}
package_manager_is_content() { [[ -z $(inside dpkg --audit) ]]; }

check 'apt-get installs them in a fresh Debian' \
  inside apt-get install -y "/opt/lrng_${version}_amd64.deb" "/opt/liblrng-dev_${version}_amd64.deb"
check 'the package manager is content' package_manager_is_content
check 'the program says its bytes' prints '^[0-9a-f]{64}$' lrng get 32 --format hex
check 'it needs no toolchain: all self tests pass' inside lrng selftest
check 'the manual is there' test -s "$debian/usr/share/man/man1/lrng.1.gz"
check 'the service has a user' prints '^lrng:' getent passwd lrng
units=$(cd "$debian/usr/lib/systemd/system" && printf '/usr/lib/systemd/system/%s ' lrng*.service lrng*.socket)
# shellcheck disable=SC2086
check 'systemd finds nothing to object to in the units' inside systemd-analyze verify --man=no $units

library=/usr/lib/x86_64-linux-gnu
check "OpenSSL's RAND is the provider's" prints '^[0-9a-f]{64}$' \
  openssl rand -provider lrng-provider -provider default -hex 32
cat >"$debian/opt/use.c" <<'C'
#include <lrng.h>
#include <stdio.h>
#include <sys/random.h>
int main(void)
{
	unsigned char a[32] = { 0 }, b[32] = { 0 };
	int zeroes = 0;

	if (lrng_generate(a, sizeof(a)) != LRNG_OK || getrandom(b, sizeof(b), 0) != sizeof(b))
		return 1;
	for (size_t i = 0; i < sizeof(a); i++)
		zeroes += !a[i] + !b[i];
	return zeroes > 16;
}
C
# That Debian has no headers of the C library; this one has.
mkdir "$scratch/include"
cp "$debian/usr/include/lrng.h" "$scratch/include/"
check 'a program in C builds with the header and the library' \
  cc -Wall -Werror -I"$scratch/include" -o "$debian/opt/use" "$debian/opt/use.c" -L"$debian$library" -llrng
check 'it runs' inside /opt/use
check 'it runs with the preloaded library' inside env "LD_PRELOAD=$library/liblrng-getrandom.so" /opt/use

# Without systemd.
chroot "$debian" /usr/bin/lrng serve --socket /run/lrng.test 2>"$scratch/service" &
service=$!
for _ in {1..100}; do
  [[ ! -S $debian/run/lrng.test ]] || break
  sleep 0.1
done
check 'the service serves' inside lrng status --check --socket /run/lrng.test
kill -TERM $service
check 'the service ends in peace' wait $service
check 'its socket is gone' test ! -e "$debian/run/lrng.test"

boot=
if [[ ${1-} == --soak ]]; then
  # QEMU 7.2 makes something else of the library's VAES code than processors and QEMU 10 do; a self test finds that.
  Tests/Kernel/debian/boot.sh --processor max,-vaes --ready "$scratch/ready" --folder "$debian" "$release" service >"$scratch/boot" 2>&1 &
  boot=$!
  while [[ ! -e $scratch/ready ]] && kill -0 $boot 2>/dev/null; do sleep 0.1; done
fi

printf '{ "drng": "CTR_DRBG" }\n' >"$debian/etc/lrng/service.json"
check 'apt-get upgrades them' \
  inside apt-get install -y -o Dpkg::Options::=--force-confold "/opt/lrng_${next}_amd64.deb" "/opt/liblrng-dev_${next}_amd64.deb"
check 'what an administrator has configured is still there' grep -q CTR_DRBG "$debian/etc/lrng/service.json"
check 'the upgraded program runs' inside lrng get 32 --format hex
check 'apt-get purges them' inside apt-get purge -y lrng liblrng-dev
check 'the package manager knows nothing of them' test -z "$(inside dpkg-query -W lrng liblrng-dev 2>/dev/null)"
rm -f "$debian"/opt/*.deb "$debian"/opt/use*
find "$debian" -xdev -name '*lrng*' -not -path "$debian/proc/*" >"$scratch/left"
verdict 'no file of them is left' "$scratch/left"

if [[ -n $boot ]]; then
  status=0
  wait $boot || status=$?
  cat "$scratch/boot"
  ((status == 0)) || failures=$((failures + 1))
  ((status == 0)) || grep -q '^not ok' "$scratch/boot" || not_ok "the boot ended with status $status"
fi
finish
