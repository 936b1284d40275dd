#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The kernel modules in a virtual machine, on each stock kernel that `make deps` got: each line below is one boot. What runs
# there is in Tests/Kernel/guest, and Tests/Kernel/vm.sh says what emulation can't show. What keeps a processor of the host
# busy is in kernel-load.sh.
#
# --soak adds what takes long: torture in many rounds, and all of it on the kernel with KASAN, UBSAN, lockdep and kmemleak.

source "$(dirname "$0")/common.sh"
source Tests/Gates/machines.sh

soak=
[[ ${1-} != --soak ]] || soak=yes

# variant NAME OPTION=VALUE...: modules with other options than Kernel/config has.
variant() {
  local file=.build/kernel/$1 name=$1 option edits=()
  shift
  for option in "$@"; do edits+=(-e "s/^CONFIG_LRNG_${option%%=*}=.*/CONFIG_LRNG_$option/"); done
  mkdir -p .build/kernel
  sed "${edits[@]}" Kernel/config >"$scratch/$name"
  cmp -s "$scratch/$name" "$file" || cp "$scratch/$name" "$file"
  LRNG_CONFIG="$PWD/$file" Kernel/Build/modules.sh
}

check 'the modules build' Kernel/Build/modules.sh
check 'the modules build with failing noise' variant injection TESTING_INJECTION=y
check 'the modules build with other options' \
  variant options COLLECTION_SIZE=256 NUMA=n RAW_JIFFIES_ENTROPY=n HWRAND_IF=n KCAPI_IF=n
check 'the test programs and modules build' Tests/Kernel/build.sh
# Not where nothing has changed: SwiftPM would look at Package.resolved, which `sanitizers` may be using for another trait.
if [[ ! -x .build/release/lrng || -n $(find Package.swift Sources -newer .build/release/lrng -print -quit) ]]; then
  check 'lrng builds' swift build -c release --product lrng
fi
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
  # All requests of processes are served by the generators of nodes, and oversampling takes effect.
  boot "$release" --timeout 600 --log "fips-$release" --append fips=1 takeover,syscalls,devices,unseeded
  boot "$release" --timeout 600 --log "external-$release" --modules "$mechanisms" external
  boot "$release" --timeout 300 --log "options-$release" --variant options --processors 4 --nodes 2 options
}

# The memory is counted exactly where the kernel keeps account of who has it.
account='slub_debug=U,kmalloc-*'
inside() { boot "$1" --timeout 900 --log "consumer-$1" --append "$account" consumer; }

# A takeover that is refused is a line of the livepatch core, too.
refused='livepatch: (pre-patch callback failed|failed to enable patch)'

modes() { boot "$1" --timeout 900 --log "modes-$1" --allow "$refused" modes,rates,loss; }

seeding() {
  local release=$1
  boot "$release" --timeout 600 --log "matrix-$release" matrix
  boot "$release" --timeout 600 --log "inject-$release" --variant injection --allow "$refused" inject,selftest
  boot "$release" --timeout 120 --log "panic-$release" --variant injection \
    --expect-panic 'permanent SP800-90B health test failure of entropy source IRQ' panic
}

# What testers and scripts read: raw data, hashes, status, the log.
observing() {
  local release=$1
  boot "$release" --timeout 300 --log "raw-$release" raw
}

# QEMU 7.2 makes something else of the program's VAES code than processors and QEMU 10 do. Swift needs cx16, with which QEMU 7.2
# crashes every fourth boot of 6.12: there `observing` alone has to do.
recording() {
  boot "$1" --timeout 300 --log "record-$1" --processor max,-vaes --modules virtio_pci,virtio-rng \
    --device virtio-rng-pci --program "$scratch/bin/lrng" record
}

# The longest ones first.
jobs=()
for task in interfaces modes seeding inside observing; do
  for release in "${releases[@]}"; do jobs+=("$task $release"); done
done
jobs+=("recording ${releases[0]}")
run_jobs $((2 * $(nproc))) "${jobs[@]}"

if [[ -n $soak ]]; then
  for release in "${releases[@]}"; do
    boot "$release" --timeout 3600 --log "soak-$release" --processors 16 --nodes 8 --memory 2048 torture 20
  done
  check 'the debug kernel is there' Tests/Kernel/debug-kernel.sh
  debug=$(Tests/Kernel/debug-kernel.sh --if-built | tail -n 1 || true)
  if [[ -n $debug ]]; then
    check 'the modules build for the debug kernel' Kernel/Build/modules.sh "$debug"
    check 'the test modules build for the debug kernel' Tests/Kernel/build.sh "$debug"
    for script in takeover,syscalls,devices,sysctl,atomic,unseeded matrix modes,rates external handback torture contention; do
      boot "$debug" --timeout 3600 --log "$script-debug" --processors 4 --nodes 2 "$script"
    done
    boot "$debug" --timeout 3600 --log consumer-debug --processors 4 --nodes 2 --append "$account" consumer
  fi
fi
finish
