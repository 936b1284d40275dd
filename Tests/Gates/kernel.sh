#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The kernel modules in a virtual machine, on each stock kernel that `make deps` got: each line below is one boot. What runs
# there is in Tests/Kernel/guest, and Tests/Kernel/vm.sh says what emulation can't show.
#
# --soak adds what takes long: torture in many rounds, and all of it on the kernel with KASAN, UBSAN, lockdep and kmemleak.

source "$(dirname "$0")/common.sh"
source Kernel/Build/releases.sh

soak=
[[ ${1-} != --soak ]] || soak=yes

if [[ $(uname -m) != x86_64 ]]; then
  skip 'the kernel modules' 'they are for x86-64'
  finish
fi
if [[ -z $(all_releases) ]]; then
  skip 'the kernel modules' 'no stock kernel is here: run `make deps`'
  finish
fi

# boot RELEASE OPTION... SCRIPTS: its lines are ours. Whether it failed it says by "not ok" as well as by its status.
boot() {
  local release=$1 status=0
  shift
  Tests/Kernel/vm.sh --release "$release" "$@" || status=$?
  case $status in
  0) ;;
  1) failures=$((failures + 1)) ;;
  # It was not even started.
  *) not_ok "$release: a machine for $*" ;;
  esac
}

# The variant whose noise can be made to fail.
injection=.build/kernel/injection
mkdir -p .build/kernel
sed 's/^CONFIG_LRNG_TESTING_INJECTION=.*/CONFIG_LRNG_TESTING_INJECTION=y/' Kernel/config >"$scratch/injection"
cmp -s "$scratch/injection" "$injection" || cp "$scratch/injection" "$injection"

check 'the modules build' Kernel/Build/modules.sh
check 'the modules build with failing noise' env LRNG_CONFIG="$PWD/$injection" Kernel/Build/modules.sh
check 'the test programs and modules build' Tests/Kernel/build.sh
check 'lrng builds' swift build -c release --product lrng
((failures == 0)) || finish
# The debugging data are more than half of it.
mkdir "$scratch/bin"
strip -o "$scratch/bin/lrng" .build/release/lrng

# What the example of mechanisms from elsewhere asks the crypto API for. Some kernels have them built in.
mechanisms=drbg,jitterentropy_rng,ctr,sha256_generic,sha512_generic,sha3_generic

# What each kernel has to stand. The machines wait most of the time, so that several of them share a processor well.
interfaces() {
  local release=$1
  boot "$release" --timeout 600 --log "interfaces-$release" takeover,syscalls,devices,vdso,sysctl,atomic,unseeded,suspend
  boot "$release" --timeout 600 --log "external-$release" --modules "$mechanisms" external
}

seeding() {
  local release=$1
  boot "$release" --timeout 600 --log "matrix-$release" matrix
  # The takeover that is refused is a line of the livepatch core, too.
  boot "$release" --timeout 600 --log "inject-$release" --variant injection \
    --allow 'livepatch: (pre-patch callback failed|failed to enable patch)' inject,selftest
  boot "$release" --timeout 120 --log "panic-$release" --variant injection \
    --expect-panic 'permanent SP800-90B health test failure of entropy source IRQ' panic
}

mapfile -t releases < <(all_releases)

# The program is the same everywhere, and so are the files. QEMU 7.2 makes something else of the program's VAES code than
# processors and QEMU 10 do; Swift needs cx16.
recording() {
  [[ $1 == "${releases[0]}" ]] || return 0
  boot "$1" --timeout 300 --log "record-$1" --processor max,-vaes --modules virtio_pci,virtio-rng \
    --device virtio-rng-pci --program "$scratch/bin/lrng" record
}

# on_each TASK...: runs them for all kernels at once, and prints their lines one after the other.
on_each() {
  local task release status
  local -A running=()
  for task in "$@"; do
    for release in "${releases[@]}"; do
      # What failed before is no failure of this one.
      # shellcheck disable=SC2030,SC2031
      (
        failures=0
        "$task" "$release"
        finish
      ) >"$scratch/$task-$release" 2>&1 &
      running[$task-$release]=$!
    done
  done
  for task in "$@"; do
    for release in "${releases[@]}"; do
      status=0
      wait "${running[$task-$release]}" || status=$?
      cat "$scratch/$task-$release"
      # shellcheck disable=SC2031
      ((status == 0)) || failures=$((failures + 1))
      ((status == 0)) || grep -q '^not ok' "$scratch/$task-$release" || not_ok "$release: ended with status $status"
    done
  done
}

# The programs of this one give their processor away after each request, without which a livepatch of 6.4 and newer, which
# interrupts all processors thousands of times, would wait for each of them as long as QEMU lets one go on: 0.1 s.
torture() {
  boot "$1" --timeout 900 --log "torture-$1" --processors 4 --nodes 2 torture 1
  boot "$1" --timeout 1500 --log "torture-16-$1" --processors 16 --nodes 8 --memory 2048 torture 1
}
on_each torture interfaces seeding recording

# This has 5 s for something, and so a processor of the host for itself. Since 6.4 a livepatch rewrites thousands of places in
# the kernel and stops all other processors three times for each, which is nothing but here, where they take turns.
hand_back() {
  local release=$1 major minor processors=4
  IFS=.- read -r major minor _ <<<"$release"
  ((major < 6 || (major == 6 && minor < 4))) || processors=1
  boot "$release" --timeout 400 --log "handback-$release" --processors "$processors" --modules virtio_rng \
    --device virtio-rng-pci handback
}
on_each hand_back

if [[ -n $soak ]]; then
  for release in "${releases[@]}"; do
    boot "$release" --timeout 3600 --log "soak-$release" --processors 16 --nodes 8 --memory 2048 torture 20
  done
  check 'the debug kernel is there' Tests/Kernel/debug-kernel.sh
  debug=$(Tests/Kernel/debug-kernel.sh --if-built | tail -n 1 || true)
  if [[ -n $debug ]]; then
    check 'the modules build for the debug kernel' Kernel/Build/modules.sh "$debug"
    check 'the test modules build for the debug kernel' Tests/Kernel/build.sh "$debug"
    for script in takeover,syscalls,devices,sysctl,atomic,unseeded matrix external handback torture contention; do
      boot "$debug" --timeout 3600 --log "$script-debug" --processors 4 --nodes 2 "$script"
    done
  fi
fi
finish
