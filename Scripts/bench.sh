#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Builds and runs the benchmark. What it measures LRNG beside is installed if missing.
#
# Usage: bench.sh [--publish] [OPTION...]     --publish puts the results into Documentation/performance.md, too; --help shows
#                                             the options of the program.
set -euo pipefail
cd "$(dirname "$0")/.."

publish=
if [[ ${1-} == --publish ]]; then
  publish=yes
  shift
  for option in "$@"; do
    case $option in
    --quick | --filter* | --output*)
      printf 'error: --publish wants all results, not what %s leaves or where it puts them\n' "$option" >&2
      exit 64
      ;;
    esac
  done
fi

Scripts/deps.sh bench

# The folder has a name of its own, so that no other build throws away what takes minutes: swift-crypto.
build=(swift build -c release --package-path Benchmarks --scratch-path .build-bench)
libraries=(swift build -c release --product)
build_all() { "${build[@]}" && "${libraries[@]}" lrng-getrandom && "${libraries[@]}" lrng-provider && "${libraries[@]}" lrng; }
if [[ -t 2 ]]; then
  build_all >&2
else
  mkdir -p .build/bench
  build_all >.build/bench/build.log 2>&1 || {
    tail -n 30 .build/bench/build.log >&2
    exit 70
  }
fi

# What the program cannot know.
BENCH_SWIFT_VERSION=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([^ ]*\).*/\1/p' | head -n 1)
BENCH_SWIFT_CRYPTO_VERSION=$(
  sed -n '/"identity" : "swift-crypto"/,/"version"/s/.*"version" : "\([^"]*\)".*/\1/p' Benchmarks/Package.resolved)
BENCH_LIBRARIES=$PWD/.build/release
# The service that its clients are measured with.
BENCH_SOCKETS=$(mktemp -d)
export BENCH_SWIFT_VERSION BENCH_SWIFT_CRYPTO_VERSION BENCH_LIBRARIES BENCH_SOCKETS
.build/release/lrng serve --egd-socket "$BENCH_SOCKETS/egd" --socket "$BENCH_SOCKETS/native" 2>"$BENCH_SOCKETS/log" &
service=$!
trap 'kill "$service" 2>/dev/null || true; wait "$service" || true; rm -rf "$BENCH_SOCKETS"' EXIT
for _ in {1..100}; do
  [[ ! -S $BENCH_SOCKETS/native ]] || break
  sleep 0.1
done

.build-bench/release/bench "$@"
[[ -n $publish ]] || exit 0

results=.build/bench page=Documentation/performance.md
awk '
  FNR == NR { text = text $0 "\n"; next }
  /^<!-- end of results -->/ { skipping = 0 }
  !skipping
  /^<!-- results:/ { printf "```\n%s```\n", text; skipping = 1 }
' "$results/results.txt" "$page" >"$results/performance.md"
cp "$results/performance.md" "$page"
cp "$results/results.svg" Documentation/performance.svg
printf 'Published in %s\n' "$page"
