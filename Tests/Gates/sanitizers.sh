#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The package tests once more, under AddressSanitizer (all of them) and under ThreadSanitizer (the suites with
# "Concurrency" in their type's name: the others have one thread, and nothing to find).
#
# Usage: sanitizers.sh [--soak]     --soak runs all tests under both.
source "$(dirname "$0")/common.sh"

# Wipe-on-fork pages, forked children and threads that outlive main are on purpose; leaks are not looked for.
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=0
export TSAN_OPTIONS=halt_on_error=0:second_deadlock_stack=1

# under SANITIZER SCRATCH-PATH [FILTER]
under() {
  local sanitizer=$1 build=$2 name="no report from the ${1^} sanitizer" log=$scratch/log report=$scratch/$1.xml cases
  local filter=()
  [[ -z ${3-} ]] || filter=(--filter "$3")
  if ! swift build --build-tests --sanitize="$sanitizer" --scratch-path "$build" >"$log" 2>&1; then
    not_ok "the tests build for the ${sanitizer^} sanitizer"
    grep -E 'error|warning: ' "$log" | explain || true
    return
  fi
  if swift test --skip-build --sanitize="$sanitizer" --scratch-path "$build" --disable-xctest "${filter[@]}" \
    --xunit-output "$report" >"$log" 2>&1 && ! grep -qE 'Sanitizer: (reported|.*-buffer-overflow|data race)' "$log"; then
    cases=$(grep -c '<testcase ' "$report" || true)
    if ((cases > 0)); then ok "$name in $cases tests"; else not_ok "$name (no test ran)"; fi
  else
    not_ok "$name"
    grep -E 'ERROR: |SUMMARY: |✘|Fatal error' "$log" | sort | uniq -c | explain || true
    tail -n 20 "$log" | explain
  fi
}

under address .build-asan
if [[ ${1-} == --soak ]]; then
  under thread .build-tsan
elif grep -rqE '(struct|class|enum) \w*Concurrency' --include='*.swift' Tests; then
  under thread .build-tsan Concurrency
else
  skip "no report from the Thread sanitizer" "no test suite is called ...Concurrency..."
fi

finish
