#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The release program as a service, with real clients: service/clients.py, with faults of the system: service/faults.py, and
# with QEMU, whose rng-egd feeds the virtio-rng of a guest.
source "$(dirname "$0")/common.sh"
source Kernel/Build/releases.sh

check "lrng builds" swift build -c release --product lrng
((failures == 0)) || finish
program=$PWD/.build/release/lrng

# No folder of compiled scripts in the tree.
export PYTHONDONTWRITEBYTECODE=1
if command -v python3 >/dev/null; then
  # Another user comes as a client, too.
  chmod 755 "$scratch"
  mkdir "$scratch/clients"
  timeout 240 python3 Tests/Gates/service/clients.py "$program" "$scratch/clients" || failures=$((failures + 1))
  ((failures == 0)) || tail -n 20 "$scratch/clients/log" | explain

  check "the faults build" "$(tool clang)" -shared -fPIC -O1 -Wall -Werror -o "$scratch/faults.so" Tests/Gates/service/faults.c
  mkdir "$scratch/faults"
  if ! timeout 120 python3 Tests/Gates/service/faults.py "$program" "$scratch/faults" "$scratch/faults.so"; then
    failures=$((failures + 1))
    tail -n 20 "$scratch/faults/log" | explain
  fi
else
  skip "clients of the service" "python3 is not installed (make deps)"
fi

name="QEMU's rng-egd: a guest's /dev/hwrng has bytes of this service"
release=$(all_releases | head -n 1)
if [[ $(uname -m) != x86_64 || -z $release ]] || ! command -v qemu-system-x86_64 >/dev/null; then
  skip "$name" "no kernel or no qemu (make deps)"
  finish
fi
"$program" serve --egd-socket "$scratch/egd" --socket "$scratch/native" 2>"$scratch/log" &
service=$!
trap 'kill "$service" 2>/dev/null; rm -rf "$scratch"' EXIT
for _ in {1..100}; do
  [[ ! -S $scratch/native ]] || break
  sleep 0.1
done
Tests/Kernel/vm.sh --release "$release" --log service-egd --modules virtio_pci,virtio-rng --timeout 90 \
  --qemu "-chardev socket,path=$scratch/egd,id=egd -object rng-egd,chardev=egd,id=rng" \
  --device virtio-rng-pci,rng=rng hwrng | tee "$scratch/guest" || failures=$((failures + 1))
served=$("$program" status --socket "$scratch/native" --metrics | sed -n 's/^lrng_served_bytes_total{quality="normal"} //p')
# The guest reads 4096 bytes; its kernel takes some for itself.
if ((${served:-0} >= 4096)); then
  ok "$name ($served bytes)"
else
  not_ok "$name (${served:-0} bytes)"
  explain <"$scratch/log"
fi
finish
