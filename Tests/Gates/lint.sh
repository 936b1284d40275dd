#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# How the tree must read: formatted, licensed, free of this or that machine, no crash spelled out, files of a size that
# can be read.
source "$(dirname "$0")/common.sh"

objections=$scratch/objections

mapfile -t all < <(project_files | grep -v '/Vectors/' | sort -u)
mapfile -t swift_files < <(printf '%s\n' "${all[@]}" | grep '\.swift$')
mapfile -t c_files < <(printf '%s\n' "${all[@]}" | grep -E '\.(c|h|S)$' || true)
mapfile -t scripts < <(
  for file in "${all[@]}"; do
    read -r first <"$file" 2>/dev/null || true
    [[ ${first-} == '#!'*bash || ${first-} == '#!/bin/sh' || ${first-} == '# shellcheck shell='* ]] && printf '%s\n' "$file"
  done || true
)

check "swift format lint --strict finds nothing" \
  swift format lint --strict --parallel "${swift_files[@]}"

# The tools line must come first in a package manifest, a #! in a script.
for file in "${swift_files[@]}" "${c_files[@]}" "${scripts[@]}"; do
  head -n 3 "$file" | grep -q 'SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only' || printf '%s\n' "$file"
done >"$objections"
verdict "every source file names its licence" "$objections"

grep -InE '(^|[^A-Za-z0-9_.$}])/(work|root|home)/' -- "${all[@]}" >"$objections" || true
verdict "no file names a folder of somebody's machine" "$objections"

# A crash on purpose needs a reason that this list does not know; say it in a typed error instead.
mapfile -t shipped < <(printf '%s\n' "${swift_files[@]}" | grep '^Sources/')
grep -nE '\b(fatalError\(|try!|as!)' "${shipped[@]}" | grep -vE '^[^:]*:[0-9]+: *//' >"$objections" || true
verdict "no fatalError, try! or as! in Sources" "$objections"

# Files that are long for a reason, which the list gives.
mapfile -t long_on_purpose < <(sed 's/[[:space:]]*#.*//; /^$/d' Tests/Gates/long-files.txt)
for file in "${swift_files[@]}" "${c_files[@]}"; do
  lines=$(wc -l <"$file")
  if ((lines > 600)) && ! printf '%s\n' "${long_on_purpose[@]}" | grep -qxF "$file"; then
    printf '%s: %s lines\n' "$file" "$lines"
  fi
done >"$objections"
verdict "no file over 600 lines, but for those in Tests/Gates/long-files.txt" "$objections"

# The program, whose version all packages take, and the library for C, which does not link it.
{
  sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/lrng/LRNGCommand.swift
  sed -n 's/.*lrng_version().* constant("\(.*\)").*/\1/p' Sources/LRNGForC/Interface.swift
} >"$scratch/versions"
if (($(wc -l <"$scratch/versions") == 2 && $(sort -u "$scratch/versions" | wc -l) == 1)); then : >"$objections"; else
  cp "$scratch/versions" "$objections"
  [[ -s $objections ]] || printf 'no version is found\n' >"$objections"
fi
verdict "the program and the library for C have the same version" "$objections"

if command -v shellcheck >/dev/null; then
  check "shellcheck finds nothing in the scripts" shellcheck -x -P SCRIPTDIR "${scripts[@]}"
else
  skip "shellcheck finds nothing in the scripts" "shellcheck is not installed (make deps)"
fi

finish
