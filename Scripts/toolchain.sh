#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Says whether this machine has the Swift toolchain that the project needs, and what to do if it has not.
set -euo pipefail

needed_major=6 needed_minor=3

fail() {
  printf 'error: %s\n' "$1" >&2
  printf 'Install Swift %s.%s or newer (https://www.swift.org/install/linux/) and put its usr/bin in PATH.\n' \
    "$needed_major" "$needed_minor" >&2
  exit 69
}

command -v swift >/dev/null || fail "no Swift toolchain: 'swift' is not in PATH"
banner=$(swift --version 2>/dev/null) || fail "'swift --version' does not run"
version=$(sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' <<<"$banner" | head -n 1)
[[ $version =~ ^([0-9]+)\.([0-9]+) ]] || fail "cannot tell the version of '$(command -v swift)'"
major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
if ((major < needed_major || (major == needed_major && minor < needed_minor))); then
  fail "Swift $version is too old"
fi
