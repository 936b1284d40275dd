#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# What `make bench` makes of its numbers: medians, ratios, targets, text, JSON and SVG. It measures nothing: a machine that
# runs tests has no quiet moment.
source "$(dirname "$0")/common.sh"

swift_tests "the benchmark's report" --package-path Benchmarks/Report --scratch-path .build-bench-report

finish
