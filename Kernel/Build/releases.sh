# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Where kernels are: those that Scripts/kernels.sh got, those that Tests/Kernel/debug-kernel.sh built, those of this
# system. Sourced, from the root of the project.

# The releases that the tests use, one a line.
all_releases() {
  [[ ! -s .build/kernel/releases ]] || cat .build/kernel/releases
}

# Where kernels of our own are kept, beyond `make clean`.
kernel_cache() {
  printf '%s\n' "${LRNG_KERNEL_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/lrng/kernels}"
}

# first_of FILE FOLDER...: the first folder that has the file.
first_of() {
  local file=$1 folder
  shift
  for folder in "$@"; do
    [[ ! -r $folder/$file ]] || { printf '%s\n' "$folder" && return 0; }
  done
  return 1
}

# headers_of RELEASE: the folder that modules are built with.
headers_of() {
  first_of Makefile "$PWD/.build/kernel/packages/$1/usr/src/linux-headers-$1" "$(kernel_cache)/$1/build" \
    "/lib/modules/$1/build" "/usr/src/linux-headers-$1" && return 0
  # shellcheck disable=SC2016
  printf 'error: no headers of kernel %s: install linux-headers-%s, or run `make deps`\n' "$1" "$1" >&2
  return 69
}

# image_of RELEASE: the file that a virtual machine boots.
image_of() {
  local image
  for image in "$PWD/.build/kernel/packages/$1/boot/vmlinuz-$1" "$(kernel_cache)/$1/vmlinuz" "/boot/vmlinuz-$1"; do
    [[ ! -r $image ]] || { printf '%s\n' "$image" && return 0; }
  done
  # shellcheck disable=SC2016
  printf 'error: no image of kernel %s: run `make deps`\n' "$1" >&2
  return 69
}

# modules_of RELEASE: the folder with the modules that came with the kernel; none is no error.
modules_of() {
  first_of . "$PWD/.build/kernel/packages/$1/lib/modules/$1" "$(kernel_cache)/$1/lib/modules/$1" "/lib/modules/$1" || true
}
