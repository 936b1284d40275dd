#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Boots a stock kernel in an emulated machine with the modules in it, runs a script there, and prints what that prints.
# Fails when the script does, when the machine does not come to an end, or when the kernel's log holds a fault.
#
# What emulation can't show: costs in time, and most of the races of real caches. With --icount the machine counts
# instructions exactly, has one processor, and no Jitter RNG works there, because its clock is too regular.
#
# Usage: vm.sh [OPTION...] SCRIPT [ARGUMENT...]     SCRIPT is one of Tests/Kernel/guest, or "shell" for a terminal.
#   --release R      a kernel that `make deps` got (default: the first)
#   --variant V      modules built with another file of options (default: Kernel/config)
#   --processors N, --nodes N, --memory MIB, --timeout SECONDS
#   --append TEXT    for the kernel's command line
#   --icount         exact counting of instructions, one processor
#   --processor M    another model than max,-cx16
#   --log NAME       name of the log below .build/kernel/logs
#   --modules LIST   modules of the kernel itself to take along, separated by commas
#   --device ARGS    a device for qemu
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source Kernel/Build/releases.sh

# -cx16: with it on, QEMU 7.2 crashed every fourth boot of Linux 6.12.
release= variant= processors=2 nodes=1 memory=512 timeout=120 append= icount= model=max,-cx16 log= modules= devices=()
while [[ ${1-} == --* ]]; do
  case $1 in
  --release) release=$2 ;;
  --variant) variant=-$2 ;;
  --processors) processors=$2 ;;
  --nodes) nodes=$2 ;;
  --memory) memory=$2 ;;
  --timeout) timeout=$2 ;;
  --append) append=$2 ;;
  --icount) icount=yes && set -- "$1" "" "${@:2}" ;;
  --processor) model=$2 ;;
  --log) log=$2 ;;
  --modules) modules=$2 ;;
  --device) devices+=(-device "$2") ;;
  *)
    printf 'vm.sh: unknown option %s\n' "$1" >&2
    exit 64
    ;;
  esac
  shift 2
done
script=${1:?vm.sh: which script?}
shift
[[ -n $release ]] || release=$(all_releases | head -n 1)
image=$(image_of "$release")
built=.build/kernel/$release$variant
[[ -n $log ]] || log=$script-$release
mkdir -p .build/kernel/logs
log=.build/kernel/logs/$log.log

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The machine's only disk: busybox, the modules, the test programs, the script.
root=$work/root
mkdir -p "$root"/{bin,sbin,proc,sys,dev,tmp,etc,root,"lib/modules/$release/extra"}
busybox=$(command -v busybox)
cp "$busybox" "$root/bin/busybox"
for applet in $("$busybox" --list | grep -vx busybox); do ln -sf /bin/busybox "$root/bin/$applet"; done
for applet in modprobe insmod rmmod; do ln -sf /bin/busybox "$root/sbin/$applet"; done
cp "$built"/*.ko "$root/lib/modules/$release/extra/" 2>/dev/null || true
cp .build/kernel/guest/"$release"/*.ko "$root/lib/modules/$release/extra/" 2>/dev/null || true
own=$(modules_of "$release")
for module in ${modules//,/ }; do
  found=$(find "$own" -name "$module.ko*" -print -quit)
  [[ -n $found ]] || { printf 'vm.sh: %s has no module %s\n' "$release" "$module" >&2 && exit 69; }
  cp "$found" "$root/lib/modules/$release/"
  ! compgen -G "$root/lib/modules/$release/$module.ko.xz" >/dev/null || xz -d "$root/lib/modules/$release/$module.ko.xz"
done
cp "$own"/modules.{builtin,order,builtin.modinfo} "$root/lib/modules/$release/" 2>/dev/null || true
depmod=$(command -v depmod || printf /sbin/depmod)
"$depmod" -b "$root" "$release" 2>/dev/null || true
find .build/kernel/guest -maxdepth 1 -type f -exec cp {} "$root/bin/" \; 2>/dev/null || true
cp Tests/Kernel/guest/*.sh "$root/root/"
printf '%q ' "$@" >"$root/root/arguments"
cat >"$root/init" <<'INIT'
#!/bin/sh
export PATH=/bin:/sbin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t debugfs debug /sys/kernel/debug
mount -t tracefs trace /sys/kernel/tracing 2>/dev/null
mount -t tmpfs tmp /tmp
echo /sbin/modprobe >/proc/sys/kernel/modprobe
ip link set lo up 2>/dev/null
script=$(sed -n 's/.*lrng_script=\([^ ]*\).*/\1/p' /proc/cmdline)
cd /root
if [ "$script" = shell ]; then
  . ./shell.sh
else
  echo "==BEGIN=="
  eval "set -- $(cat arguments)"
  ( . ./lib.sh; . "./$script.sh"; conclude )
  echo "==END $?=="
fi
poweroff -f
INIT
chmod 755 "$root/init"
(cd "$root" && find . | cpio -o -H newc 2>/dev/null | gzip -1) >"$work/initrd"

arguments=(
  -nodefaults -no-user-config -cpu "$model" -m "$memory" -no-reboot -display none
  -kernel "$image" -initrd "$work/initrd" "${devices[@]}"
)
if [[ -n $icount ]]; then
  arguments+=(-accel tcg,thread=single -icount shift=0,sleep=off -smp 1)
else
  arguments+=(-accel tcg -smp "$processors")
fi
if ((nodes > 1)); then
  for ((node = 0; node < nodes; node++)); do
    arguments+=(
      -object "memory-backend-ram,id=memory$node,size=$((memory / nodes))M"
      -numa "node,nodeid=$node,memdev=memory$node,cpus=$((processors / nodes * node))-$((processors / nodes * (node + 1) - 1))"
    )
  done
fi
line="console=ttyS0 panic=-1 oops=panic lrng_script=$script"
if [[ $script == shell ]]; then
  exec qemu-system-x86_64 "${arguments[@]}" -serial mon:stdio -append "$line quiet $append"
fi

status=0
timeout --foreground "$timeout" qemu-system-x86_64 "${arguments[@]}" -serial "file:$log" -append "$line loglevel=7 $append" \
  </dev/null >"$work/qemu" 2>&1 || status=$?
tr -d '\r' <"$log" >"$work/log"
sed -n '/^==BEGIN==$/,/^==END /p' "$work/log" | sed '/^==BEGIN==$/d; /^==END /d; /^\[ *[0-9]*\.[0-9]*\]/d'

# A fault of the kernel, whatever the script says.
grep -nE 'Kernel panic|Oops|BUG:|WARNING:|INFO: (task|possible|rcu)|KASAN|UBSAN|unreferenced object|general protection|soft lockup|Call Trace|livepatch: .*(failed|error)' \
  "$work/log" | grep -vE "${LRNG_EXPECTED_FAULT:-^$}" | head -n 20 >"$work/faults" || true
ended=$(sed -n 's/^==END \([0-9]*\)==$/\1/p' "$work/log" | tail -n 1)
if ((status == 124)); then
  printf 'not ok - %s on %s: the machine did not come to an end in %s s, see %s\n' "$script" "$release" "$timeout" "$log"
  tail -n 5 "$work/log" | sed 's/^/#   /'
  exit 1
fi
if [[ -z $ended ]]; then
  printf 'not ok - %s on %s: the machine stopped early, see %s\n' "$script" "$release" "$log"
  { cat "$work/qemu"; tail -n 30 "$work/log"; } | sed 's/^/#   /'
  exit 1
fi
if [[ -s $work/faults ]]; then
  printf 'not ok - %s on %s: the kernel logged a fault, see %s\n' "$script" "$release" "$log"
  sed 's/^/#   /' "$work/faults"
  exit 1
fi
exit "$ended"
