# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# `make vm`: a terminal on a machine whose /dev/random is this LRNG.
. ./lib.sh
size=$(sed -n 's/.*terminal=\([1-9][0-9]*\),\([1-9][0-9]*\).*/rows \1 cols \2/p' /proc/cmdline)
# shellcheck disable=SC2086
[ -z "$size" ] || stty $size
load "$@"
echo "Waiting for the LRNG to be seeded and to take over…"
if within 30 taken_over; then
  cat /proc/lrng_type
  echo
  echo "/dev/random, /dev/urandom and getrandom(2) of Linux $(uname -r) are the LRNG's now. Leave by exit or Ctrl-D."
else
  cat /proc/lrng_type
  echo
  echo "It has not taken over within 30 s: dmesg may say why. Leave by exit or Ctrl-D."
fi
export PS1='lrng # '
setsid cttyhack sh
