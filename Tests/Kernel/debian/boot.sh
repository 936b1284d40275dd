#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Boots a Debian that is in a folder, from a disk made of it, with its kernel and its initramfs, and runs one of the scripts
# beside this one there as soon as it is up. Prints what that prints, with "on RELEASE" put into lines of results. The
# folder stays as it is.
#
# Usage: boot.sh --folder FOLDER [OPTION...] RELEASE SCRIPT [KERNEL PARAMETER...]
#
#   --ready FILE           comes into being when the folder is not needed any more
#   --processor M          another model than max,-cx16,-vaes (see Tests/Kernel/vm.sh): Swift's runtime wants cx16
#   --secure-boot          with Secure Boot, by shim and GRUB
#   --enrolled FILE        and with the certificate in the file enrolled
#
# The kernel's log goes to .build/kernel/logs/debian-SCRIPT-RELEASE.log.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
PATH=$PATH:/usr/sbin:/sbin

folder='' ready=/dev/null secure='' certificate='' processor=max,-cx16,-vaes
while [[ ${1-} == --* ]]; do
  case $1 in
  --folder) folder=$2 ;;
  --ready) ready=$2 ;;
  --processor) processor=$2 ;;
  --secure-boot) secure=yes ;;
  --enrolled) secure=yes certificate=$2 ;;
  esac
  [[ $1 == --secure-boot ]] || shift
  shift
done
[[ -n $folder && ${1-} =~ ^([0-9]+\.[0-9]+) && $# -ge 2 ]] || {
  printf 'usage: boot.sh --folder FOLDER [OPTION...] RELEASE SCRIPT [PARAMETER...]\n' >&2
  exit 64
}
where=${BASH_REMATCH[1]} release=$1 script=$2
shift 2
log=.build/kernel/logs/debian-$script-$release.log
mkdir -p .build/kernel/logs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What it takes to run and to purge a package, not to build one.
tree=$work/tree
mkdir "$tree"
tar -C "$folder" -c --exclude='./usr/src/linux*' --exclude='./usr/lib/gcc' --exclude='./usr/share/doc/*' \
  --exclude='./usr/share/locale' --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' \
  --exclude='./proc/*' . | tar -C "$tree" -x
cp Tests/Kernel/guest/lib.sh "Tests/Kernel/debian/$script.sh" "$tree/opt/"
cat >"$tree/opt/run" <<RUN
#!/bin/sh
exec >/dev/ttyS1 2>&1
cd /opt
usleep() { sleep 0.1; }
echo ==BEGIN
( . ./lib.sh; . ./$script.sh; echo "==DONE \$failures" )
sync
poweroff -f
RUN
chmod 755 "$tree/opt/run"
# Nothing waits for it, and it for all that the system starts.
printf '[Unit]\nAfter=multi-user.target\n[Service]\nType=simple\nExecStart=/opt/run\n' \
  >"$tree/etc/systemd/system/test.service"
cp "$folder/boot/vmlinuz-$release" "$work/kernel"
cp "$folder/boot/initrd.img-$release" "$work/initrd"
mke2fs -q -t ext4 -L debian -d "$tree" "$work/disk" 1500M >/dev/null
rm -rf "$tree"
parameters="console=ttyS0 root=LABEL=debian rw panic=-1 oops=panic systemd.wants=test.service systemd.show_status=1 $*"
if [[ -n $secure ]]; then
  source Tests/Kernel/debian/firmware.sh
  secure_boot "$work" "$work/kernel" "$work/initrd" "$certificate" "$parameters"
else
  machine=(-kernel "$work/kernel" -initrd "$work/initrd" -append "$parameters")
fi
: >"$ready"

status=0
timeout --foreground --kill-after=5 600 qemu-system-x86_64 -nodefaults -no-user-config -no-reboot -display none \
  -accel tcg -cpu "$processor" -smp 2 -m 1024 "${machine[@]}" \
  -drive "file=$work/disk,format=raw,if=virtio,cache=unsafe" -serial "file:$log" \
  -chardev stdio,id=results,signal=off -serial chardev:results \
  </dev/null 2>"$work/qemu" | tr -d '\r' | tee "$work/output" | awk -v where="$where" -v script="$script" '
    /^==BEGIN/ { running = 1; next }
    /^==DONE/ { running = 0; next }
    !running { next }
    /^(ok|not ok|skip) - / { sub(/ - /, " - " script " on " where ": ") }
    { print; fflush() }' || status=${PIPESTATUS[0]}

failures=0
fail() {
  printf 'not ok - %s on %s: %s, see %s\n' "$script" "$where" "$1" "$log"
  failures=$((failures + 1))
}
if ! grep -q '^==DONE ' "$work/output"; then
  fail "it ended early ($status)"
  { cat "$work/qemu" && tail -n 20 "$log"; } | tr -d '\r' | sed 's/^/#   /'
fi
grep -q '^==DONE 0$' "$work/output" || failures=$((failures + 1))
tr -d '\r' <"$log" | grep -E 'Kernel panic|Oops|BUG:|WARNING: CPU|Call Trace|soft lockup' >"$work/faults" || true
if [[ -s $work/faults ]]; then
  fail 'the kernel logged a fault'
  head -n 20 "$work/faults" | sed 's/^/#   /'
fi
exit $((failures > 0))
