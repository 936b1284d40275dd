#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Builds and runs the benchmark, whose options follow: bench.sh --help. What it measures LRNG beside is installed if missing.
set -euo pipefail
cd "$(dirname "$0")/.."

Scripts/deps.sh bench

# The folder has a name of its own, so that no other build throws away what takes minutes: swift-crypto.
build=(swift build -c release --package-path Benchmarks --scratch-path .build-bench)
if [[ -t 2 ]]; then
  "${build[@]}" >&2
else
  mkdir -p .build/bench
  "${build[@]}" >.build/bench/build.log 2>&1 || {
    tail -n 30 .build/bench/build.log >&2
    exit 70
  }
fi

# What the program cannot know.
BENCH_SWIFT_VERSION=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([^ ]*\).*/\1/p' | head -n 1)
BENCH_SWIFT_CRYPTO_VERSION=$(
  sed -n '/"identity" : "swift-crypto"/,/"version"/s/.*"version" : "\([^"]*\)".*/\1/p' Benchmarks/Package.resolved)
export BENCH_SWIFT_VERSION BENCH_SWIFT_CRYPTO_VERSION

exec .build-bench/release/bench "$@"
