#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Builds the documentation of the library modules into .build/docs/MODULE, with the toolchain's own docc.
#
# To read it: python3 -m http.server -d .build/docs/LRNG, then /documentation/lrng on that server.
set -euo pipefail
cd "$(dirname "$0")/.."

modules=(LRNGCore LRNG)
graphs=.build-docs/symbol-graphs
docc=$(dirname "$(readlink -f "$(command -v swift)")")/docc
[[ -x $docc ]] || docc=$(command -v docc) || {
  printf 'error: this Swift toolchain has no docc\n' >&2
  exit 69
}

rm -rf "$graphs" .build/docs
mkdir -p "$graphs" .build/docs
swift build --scratch-path .build-docs --target LRNG -Xswiftc -emit-symbol-graph -Xswiftc -emit-symbol-graph-dir \
  -Xswiftc "$PWD/$graphs"

for module in "${modules[@]}"; do
  # A module, and what it adds to types of others (MODULE@OTHER).
  mkdir "$graphs/$module"
  find "$graphs" -maxdepth 1 -name "$module*.symbols.json" \( -name "$module.*" -o -name "$module@*" \) \
    -exec cp {} "$graphs/$module" \;
  "$docc" convert "Sources/$module/$module.docc" --additional-symbol-graph-dir "$graphs/$module" \
    --fallback-display-name "$module" --fallback-bundle-identifier "$module" --transform-for-static-hosting \
    --output-path ".build/docs/$module"
  printf '.build/docs/%s\n' "$module"
done
