#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Boots a kernel in an emulated machine that has the modules in it, runs scripts there, and prints what they print, with
# "on RELEASE" put into lines of results. Fails when a script does, when the machine does not come to an end, or when the
# kernel's log has a fault in it (taint and signature lines are none).
#
# The machine has two serial lines: the kernel's log with a copy of everything goes to .build/kernel/logs/NAME.log, and
# what the scripts print comes out here, so that a message of the kernel never lands in the middle of a result.
#
# What emulation (TCG) can't show:
#   - time: nothing costs what it costs on a processor, and the cycle counter follows the host's clock, scheduler and
#     all, so that noise measured here says nothing about hardware;
#   - weak ordering and most races: caches are coherent and the host runs a processor for long stretches; what is found
#     is real, what is not found proves little;
#   - RDSEED, AVX-512 and SHA-NI, which its processors lack, and VAES, which they get wrong; NUMA is a matter of tables, all
#     memory is equally near.
# With --icount the machine counts instructions exactly (one instruction, one nanosecond), has one processor, and no Jitter
# RNG works, because its clock is too regular.
#
# Usage: vm.sh [OPTION...] SCRIPT[,SCRIPT...] [ARGUMENT...]
#
# A SCRIPT is one of Tests/Kernel/guest, without ".sh"; several run one after the other in one boot, with the same
# arguments. "shell" alone gives a terminal.
#
#   --release R        a kernel (default: the first that `make deps` got)
#   --variant V        modules built with another file of options (default: Kernel/config)
#   --processors N, --nodes N, --memory MIB, --timeout SECONDS
#   --append TEXT      for the kernel's command line
#   --icount           exact counting of instructions, one processor
#   --processor M      another model than max,-cx16,-vaes
#   --log NAME         name of the log below .build/kernel/logs (default: SCRIPT-RELEASE)
#   --modules LIST     modules of the kernel itself to take along, separated by commas; what they are linked with comes,
#                      too, but not what they ask for by name (drbg: sha512_generic, ctr, jitterentropy_rng)
#   --file F[=PATH]    a file to take along, to PATH there (default: a module to the other modules, the rest to /bin)
#   --program F        a program to take along to /bin, with the libraries that it is linked with
#   --device ARGS      a device for qemu
#   --qemu ARGS        anything else for qemu
#   --allow REGEX      faults in the log that are part of the test
#   --expect-panic RE  the kernel has to panic, with a message that matches
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source Kernel/Build/releases.sh
PATH=$PATH:/usr/sbin:/sbin

usage() {
  printf 'vm.sh: %s\n' "$1" >&2
  exit 64
}

release='' variant='' processors=2 nodes=1 memory='' timeout='' append='' icount='' log='' modules='' allow='^$' panic='' model=''
files=() programs=() extra=()
while [[ ${1-} == --* ]]; do
  if [[ $1 == --icount ]]; then
    icount=yes
    shift
    continue
  fi
  (($# >= 2)) || usage "$1 needs a value"
  case $1 in
  --release) release=$2 ;;
  --variant) variant=-$2 ;;
  --processors) processors=$2 ;;
  --nodes) nodes=$2 ;;
  --memory) memory=$2 ;;
  --timeout) timeout=$2 ;;
  --append) append=$2 ;;
  --processor) model=$2 ;;
  --log) log=$2 ;;
  --modules) modules=$2 ;;
  --file) files+=("$2") ;;
  --program) programs+=("$2") ;;
  --device) extra+=(-device "$2") ;;
  --qemu)
    read -r -a words <<<"$2"
    extra+=("${words[@]}")
    ;;
  --allow) allow=$2 ;;
  --expect-panic) panic=$2 ;;
  *) usage "unknown option $1" ;;
  esac
  shift 2
done
(($# > 0)) || usage 'which script?'
scripts=${1//,/ }
script=${1//,/+}
shift
for name in $scripts; do
  [[ -e Tests/Kernel/guest/$name.sh ]] || usage "there is no Tests/Kernel/guest/$name.sh"
done
[[ -n $release ]] || release=$(all_releases | head -n 1)
[[ -n $release ]] || usage 'no kernel: run `make deps`'
image=$(image_of "$release")
built=.build/kernel/$release$variant
log=.build/kernel/logs/${log:-$script-$release$variant}.log
# -cx16: with it on, QEMU 7.2 crashed every fourth boot of Linux 6.12.
# -vaes: QEMU 7.2 makes something else of it on 256 bits than processors and QEMU 10 do; the self test finds that.
# -la57: while Linux 6.1 looks for its processor's features, it forgets for a moment that it has five levels of page tables;
#        KASAN calls an interrupt's accesses wild then, and says nothing more afterwards.
# KASAN's memory: a byte for eight, and what was freed is kept for a while.
case $release in
*-lrng-debug) model=${model:-max,-cx16,-vaes,-la57} memory=${memory:-2048} timeout=${timeout:-600} ;;
*) model=${model:-max,-cx16,-vaes} memory=${memory:-512} timeout=${timeout:-180} ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p .build/kernel/logs

# take FILE PATH: puts a file into the machine; modules are unpacked, which busybox could not.
root=$work/root
take() {
  mkdir -p "$root/$(dirname "$2")"
  case $1 in
  *.ko.xz) xz -dc "$1" >"$root/${2%.xz}" ;;
  *.ko.zst) zstd -qdc "$1" >"$root/${2%.zst}" ;;
  *) cp "$1" "$root/$2" ;;
  esac
}

# The machine's only disk: busybox, the modules, the test programs, the scripts.
here=lib/modules/$release
mkdir -p "$root"/{bin,sbin,proc,sys,dev,tmp,etc,root,"$here/extra"}
busybox=$(command -v busybox) || usage 'no busybox: run `make deps`'
if ldd "$busybox" >/dev/null 2>&1; then usage "$busybox needs libraries: install busybox-static"; fi
cp "$busybox" "$root/bin/busybox"
for file in "$built"/*.ko .build/kernel/guest/"$release"/*.ko; do
  [[ ! -e $file ]] || take "$file" "$here/extra/$(basename "$file")"
done
for file in .build/kernel/guest/*; do
  [[ ! -f $file ]] || take "$file" "bin/$(basename "$file")"
done
for file in "${files[@]}"; do
  case $file in
  *=*) take "${file%%=*}" "${file#*=}" ;;
  *.ko) take "$file" "$here/extra/$(basename "$file")" ;;
  *) take "$file" "bin/$(basename "$file")" ;;
  esac
done
for program in "${programs[@]}"; do
  take "$program" "bin/$(basename "$program")"
  # "NAME => PATH (ADDRESS)", and the path alone of the dynamic linker.
  while read -r library; do
    take "$library" "${library#/}"
  done < <(ldd "$program" | sed -n 's/^.*[[:space:]]\(\/[^ ]*\) (0x.*/\1/p')
done
own=$(modules_of "$release")
for module in ${modules//,/ }; do
  modprobe --dirname "${own%/lib/modules/*}" --set-version "$release" --show-depends "$module" >"$work/needed" 2>&1 || {
    printf 'vm.sh: %s has no module %s\n' "$release" "$module" >&2
    sed 's/^/#   /' "$work/needed" >&2
    exit 69
  }
  while read -r kind file _; do
    [[ $kind != insmod ]] || take "$file" "$here/${file#*"$here/"}"
  done <"$work/needed"
done
for file in "$own"/modules.{builtin,builtin.modinfo,order}; do
  [[ ! -e $file ]] || cp "$file" "$root/$here/"
done
depmod -b "$root" "$release"
cp Tests/Kernel/guest/*.sh "$root/root/"
printf '%q ' "$@" >"$root/root/arguments"
printf '%s\n' "$scripts" >"$root/root/scripts"

# Each script has a shell of its own. It has come to its end when it says "==DONE", and has succeeded when nothing failed.
cat >"$root/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/sbin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts pts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tmpfs tmp /tmp
mount -t debugfs debug /sys/kernel/debug
mount -t tracefs trace /sys/kernel/tracing
ln -s /proc/self/fd /dev/fd
ln -s /bin/modprobe /bin/insmod /bin/rmmod /bin/depmod /sbin/
echo /sbin/modprobe >/proc/sys/kernel/modprobe
ip link set lo up
cd /root
read -r scripts <scripts
eval "set -- $(cat arguments)"
if [ "$scripts" = shell ]; then
  . ./shell.sh
  poweroff -f
fi
stty -F /dev/ttyS1 raw -echo
for script in $scripts; do
  (
    echo "==BEGIN $script"
    ( . ./lib.sh; . "./$script.sh"; echo "==DONE $script $failures" ) </dev/null 2>&1
    echo "==END $script"
  ) | tee /dev/ttyS1
done
# What nobody points at any more is in the kernel's log then. Twice, because an object counts when it is 5 s old.
leaks=/sys/kernel/debug/kmemleak
if [ -e $leaks ]; then
  sleep 6
  echo scan >$leaks
  echo scan >$leaks
  cat $leaks
fi
poweroff -f
INIT
chmod 755 "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/initrd"

# Before 8.1, an emulated processor may keep a breakpoint of a kernel that patches itself while another translates the same
# code: an oops, or a processor that spins for ever. With one thread for all processors it can't.
threads=multi
version=$(qemu-system-x86_64 --version | sed -n '1s/.* version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
read -r major minor <<<"$version"
((major > 8 || (major == 8 && minor >= 1))) && [[ -z $icount ]] || threads=single

arguments=(
  -nodefaults -no-user-config -no-reboot -display none -accel "tcg,thread=$threads" -cpu "$model" -m "$memory"
  -kernel "$image" -initrd "$work/initrd" "${extra[@]}"
)
if [[ -n $icount ]]; then
  arguments+=(-icount "shift=0,sleep=off" -smp 1)
else
  # A node is a socket: the kernel warns of sockets that span nodes.
  arguments+=(-smp "$processors,sockets=$nodes")
fi
if ((nodes > 1)); then
  ((processors % nodes == 0 && memory % nodes == 0)) || usage "cannot share $processors processors and $memory MiB equally"
  each=$((processors / nodes))
  for ((node = 0; node < nodes; node++)); do
    arguments+=(
      -object "memory-backend-ram,id=memory$node,size=$((memory / nodes))M"
      -numa "node,nodeid=$node,memdev=memory$node,cpus=$((each * node))-$((each * (node + 1) - 1))"
    )
  done
fi
# Stalls of the host are not stalls of the kernel.
line="console=ttyS0 printk.time=1 panic=-1 oops=panic rcupdate.rcu_cpu_stall_timeout=120 watchdog_thresh=60"
if [[ $scripts == shell ]]; then
  [[ ! -t 0 ]] || line+=" terminal=$(stty size | tr ' ' ,)"
  qemu-system-x86_64 "${arguments[@]}" -serial mon:stdio -append "$line quiet $append"
  exit
fi

# Only what scripts print between their marks, as it comes. Results say where.
[[ $release =~ ^[0-9]+\.[0-9]+ ]]
where=${BASH_REMATCH[0]}
[[ $release != *-lrng-debug ]] || where+=" (debug)"
show() {
  awk -v where="$where" '
    /^==BEGIN / { script = $2; next }
    /^==(DONE|END) / { next }
    /^(ok|not ok|skip) - / && script != "" { sub(/ - /, " - " script " on " where ": ") }
    { print; fflush() }'
}
status=0
timeout --foreground --kill-after=5 "$timeout" qemu-system-x86_64 "${arguments[@]}" -serial "file:$log" \
  -chardev stdio,id=results,signal=off -serial chardev:results -append "$line loglevel=7 $append" \
  </dev/null 2>"$work/qemu" | tr -d '\r' | tee "$work/output" | show || status=${PIPESTATUS[0]}

failures=0
fail() {
  printf 'not ok - %s on %s: %s, see %s\n' "$script" "$where" "$1" "$log"
  failures=$((failures + 1))
}
tr -d '\r' <"$log" >"$work/log"

# A fault of the kernel, whatever the scripts say. Only lines of the kernel count, which have a time.
grep -nE '\[ *[0-9]+\.[0-9]{6}\]' "$work/log" >"$work/kernel" || fail 'the kernel logged nothing'
grep -E 'Kernel panic|Oops|BUG:|WARNING:|INFO: (task|possible|rcu|trying|NMI)|KASAN|UBSAN|ODEBUG|kmemleak: [0-9]+ new|general protection|soft lockup|hard LOCKUP|Call Trace|refcount_t|list_(add|del) corruption|scheduling while atomic|double fault|livepatch: .*(failed|error|invalid)' "$work/kernel" |
  grep -vE -e "$allow" ${panic:+-e "Kernel panic|Call Trace|WARNING: .*panic"} | head -n 20 >"$work/faults" || true

if [[ -n $panic ]]; then
  grep -qE "Kernel panic - not syncing: .*($panic)" "$work/log" || fail 'no panic of the kernel, which was to come'
  ((failures > 0)) || printf 'ok - %s on %s: the kernel panics as it has to (%s)\n' "$script" "$where" "$panic"
elif ((status == 124 || status == 137)); then
  fail "the machine did not come to an end in $timeout s"
  tail -n 10 "$work/log" | sed 's/^/#   /'
else
  for name in $scripts; do
    if ! grep -q "^==DONE $name " "$work/output"; then
      fail "$name ended early"
      { cat "$work/qemu" && tail -n 30 "$work/log"; } | sed 's/^/#   /'
    elif ! grep -q "^==DONE $name 0$" "$work/output"; then
      failures=$((failures + 1))
    fi
  done
fi
if [[ -s $work/faults ]]; then
  fail 'the kernel logged a fault'
  sed 's/^/#   /' "$work/faults"
fi
exit $((failures > 0))
