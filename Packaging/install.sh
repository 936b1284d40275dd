#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Installs, or removes, what was built: the program, its manual and completions, the libraries for C, LD_PRELOAD and OpenSSL,
# the service's units, users and folders, and its configuration, which stays when it was changed. `make install` calls it.
#
# Usage: install.sh install|uninstall BUILD     BUILD is the folder with the program and the libraries. The environment says
#        where things go, as the Makefile has it: DESTDIR, PREFIX, BINDIR, LIBDIR, INCLUDEDIR, MANDIR, SYSCONFDIR, UNITDIR, …
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${DESTDIR=}" "${PREFIX:?}" "${BINDIR:?}" "${LIBDIR:?}" "${INCLUDEDIR:?}" "${MANDIR:?}" "${SYSCONFDIR:?}" "${UNITDIR:?}" "${SYSUSERSDIR:?}"
: "${TMPFILESDIR:?}" "${MODULESDIR:?}" "${BASHCOMPDIR:?}" "${ZSHCOMPDIR:?}" "${FISHCOMPDIR:?}"
action=$1 build=$2
version=$(sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/lrng/LRNGCommand.swift)

# place MODE FILE PATH [OPTION]: installs a file, or removes it.
place() {
  if [[ $action == uninstall ]]; then
    rm -f "$DESTDIR$3"
  else
    install -D -m "$1" "${@:4}" "$2" "$DESTDIR$3"
  fi
}

# filled MODE FILE PATH: the same, with the places in it that were chosen.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
filled() {
  sed -e "s,/usr/bin/lrng,$BINDIR/lrng,g" -e "s,/etc/lrng/,$SYSCONFDIR/lrng/,g" -e "s,@VERSION@,$version,g" \
    -e "s,@PREFIX@,$PREFIX,g" -e "s,@LIBDIR@,$LIBDIR,g" -e "s,@INCLUDEDIR@,$INCLUDEDIR,g" "$2" >"$scratch/file"
  place "$1" "$scratch/file" "$3"
}

completion() {
  [[ $action == uninstall ]] || "$build/lrng" --generate-completion-script "$1" >"$scratch/completion"
  place 644 "$scratch/completion" "$2"
}

place 755 "$build/lrng" "$BINDIR/lrng" -s
for page in Documentation/man/*.[1-8]; do
  place 644 "$page" "$MANDIR/man${page##*.}/$(basename "$page")"
done
completion bash "$BASHCOMPDIR/lrng"
completion zsh "$ZSHCOMPDIR/_lrng"
completion fish "$FISHCOMPDIR/lrng.fish"

for unit in Packaging/*.service Packaging/*.socket; do filled 644 "$unit" "$UNITDIR/$(basename "$unit")"; done
filled 644 Packaging/lrng.sysusers "$SYSUSERSDIR/lrng.conf"
filled 644 Packaging/lrng.tmpfiles "$TMPFILESDIR/lrng.conf"
configuration=$SYSCONFDIR/lrng/service.json
if [[ $action == uninstall ]]; then
  if cmp -s Packaging/service.json "$DESTDIR$configuration"; then rm -f "$DESTDIR$configuration"; fi
elif [[ -e $DESTDIR$configuration ]] && ! cmp -s Packaging/service.json "$DESTDIR$configuration"; then
  printf 'install: %s was changed and stays\n' "$DESTDIR$configuration" >&2
else
  place 644 Packaging/service.json "$configuration"
fi

place 644 "$build/liblrng-getrandom.so" "$LIBDIR/liblrng-getrandom.so" -s
place 644 "$build/liblrng-provider.so" "$MODULESDIR/lrng-provider.so" -s
place 644 "$build/liblrng-c.so" "$LIBDIR/liblrng.so.0" -s
if [[ $action == uninstall ]]; then
  rm -f "$DESTDIR$LIBDIR/liblrng.so"
  rmdir --ignore-fail-on-non-empty "$DESTDIR$SYSCONFDIR/lrng" 2>/dev/null || true
else
  ln -sf liblrng.so.0 "$DESTDIR$LIBDIR/liblrng.so"
fi
place 644 Sources/CLRNG/include/lrng.h "$INCLUDEDIR/lrng.h"
filled 644 Sources/LRNGForC/lrng.pc.in "$LIBDIR/pkgconfig/lrng.pc"
