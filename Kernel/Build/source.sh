#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Makes a folder that has all it takes to build the modules for any kernel from 5.18 on, with its headers and gcc alone: the
# C half, the Swift half as an object, and Kbuild files. What is newer in the project is brought up to date in it.
#
#     .build/kernel/source[-VARIANT]      VARIANT is the name of a file of options that LRNG_CONFIG gave
#
# Prints the folder. Usage: source.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

config=${LRNG_CONFIG:-Kernel/config}
variant=
[[ $(realpath "$config") == "$PWD/Kernel/config" ]] || variant=-$(basename "$config")
core=$PWD/.build/kernel/core$variant/lrng_core.o
source=$PWD/.build/kernel/source$variant

mkdir -p "$PWD/.build/kernel"
exec 9>"$PWD/.build/kernel/source.lock"
flock 9

if [[ ! -e $core || -n $(find Sources/LRNGCore Sources/CMemory Kernel/Host Kernel/Build/core.sh Kernel/Build/core.lds \
  Kernel/Glue/lrng_bridge.h "$config" -newer "$core" -print -quit) ]]; then
  printf 'kernel: compiling the Swift half\n' >&2
  mkdir -p "$(dirname "$core")"
  Kernel/Build/core.sh "$core" "$config"
fi

# A copy with the times of the originals, so that nothing is compiled twice, and without what is gone from the project.
new=$source.new
rm -rf "$new"
mkdir -p "$new"
for part in Kernel/*; do
  case $part in
  Kernel/Build | Kernel/Host | Kernel/Packaging | Kernel/config | *.o | *.o_shipped) ;;
  *) cp -r --preserve=timestamps "$part" "$new/" ;;
  esac
done
mkdir "$new/Sources"
cp -r --preserve=timestamps Sources/CAccelerated "$new/Sources/"
cp -r --preserve=timestamps LICENSE LICENSES "$new/"
cp --preserve=timestamps "$core" "$new/lrng_core.o_shipped"
{
  sed '/^$/,$d' "$config"
  printf '#\n# lrng_core.o_shipped was compiled with these: what concerns it cannot be changed here.\n'
  sed -n '/^$/,$p' "$config"
} >"$new/config"
touch -r "$config" "$new/config"
# Somebody else may be reading what is there.
if diff -rq "$new" "$source" >/dev/null 2>&1; then
  rm -rf "$new"
else
  rm -rf "$source"
  mv "$new" "$source"
fi
printf '%s\n' "$source"
