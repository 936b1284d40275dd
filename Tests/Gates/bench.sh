#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# What `make bench` makes of its numbers: medians, ratios, targets, text, JSON and SVG. It measures nothing: a machine that
# runs tests has no quiet moment.
source "$(dirname "$0")/common.sh"

log=$scratch/log
report=$scratch/report.xml
status=0 cases=0

swift test --package-path Benchmarks/Report --scratch-path .build-bench-report --disable-xctest \
  --xunit-output "$report" >"$log" 2>&1 || status=$?
[[ ! -f $report ]] || cases=$(grep -c '<testcase ' "$report" || true)
if ((status == 0 && cases > 0)); then
  ok "the $cases tests of the benchmark's report pass"
else
  not_ok "the tests of the benchmark's report pass (exit status $status, $cases tests)"
  { grep -E '✘|Fatal error|error: ' "$log" || tail -n 20 "$log"; } | sort -u | explain
fi

finish
