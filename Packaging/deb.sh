#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Makes the Debian packages of what runs in user space: lrng, with the program, the service and the libraries, and liblrng-dev,
# with what a C compiler needs. It takes what `make install` installs. Prints the names of the packages' files.
#
# Usage: deb.sh [FOLDER]     Default: .build/deb. LRNG_VERSION is another version than that of the program.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

source Packaging/package.sh
folder=${1:-.build/deb}
library=/usr/lib/$(gcc -print-multiarch 2>/dev/null || dpkg-architecture -q DEB_HOST_MULTIARCH)

program=$work/lrng development=$work/liblrng-dev
make --no-print-directory install DESTDIR="$program" PREFIX=/usr LIBDIR="$library" SYSCONFDIR=/etc >&2
for file in "$library/liblrng.so" "$library/pkgconfig/lrng.pc" /usr/include/lrng.h; do
  mkdir -p "$development$(dirname "$file")"
  mv "$program$file" "$development$file"
done
rmdir "$program$library/pkgconfig" "$program/usr/include"
gzip -9n "$program"/usr/share/man/man*/*

# What it is linked with is in these packages. The C library must have all versions of symbols that are asked for.
mapfile -t linked < <(find "$program" -type f \( -path '*/bin/*' -o -name '*.so' -o -name '*.so.[0-9]*' \))
symbols=$(objdump -T "${linked[@]}" | grep -oE 'GLIBC_2\.[0-9]+' | sort -uV | tail -n 1)
needed=$(objdump -p "${linked[@]}" | awk '$1 == "NEEDED" { print $2 }' | sort -u)
depends="libc6 (>= ${symbols#GLIBC_})"
while IFS= read -r name; do
  case $name in
  libc.so.* | libm.so.* | libpthread.so.* | libdl.so.* | librt.so.* | ld-linux-*) ;;
  libstdc++.so.6) depends+=', libstdc++6 (>= 12)' ;;
  libgcc_s.so.1) depends+=', libgcc-s1 (>= 4.2)' ;;
  *)
    printf 'error: linked with %s, whose package nobody knows\n' "$name" >&2
    exit 70
    ;;
  esac
done <<<"$needed"

for package in lrng liblrng-dev; do
  put "$work/$package" 644 Packaging/debian/copyright "usr/share/doc/$package/copyright"
done
put "$program" 644 README.md usr/share/doc/lrng/README.md
seal "$program" Packaging/debian/lrng "$folder" "$depends"
seal "$development" Packaging/debian/liblrng-dev "$folder"
