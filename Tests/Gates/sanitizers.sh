#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The package tests once more, all of them under AddressSanitizer, and those that may have threads under
# ThreadSanitizer: all but those of LRNGCore, which has none. The former have the trait SwiftCrypto, so that its tests are
# run, too.
#
# Usage: sanitizers.sh [--soak]     --soak runs all tests under both.
source "$(dirname "$0")/common.sh"

# Reports of all processes, also of those that the tests start or fork, go to files of their own.
reports=$scratch/reports
# Leaks are not looked for: what a forked child never unmaps is left alone on purpose.
export ASAN_OPTIONS=detect_leaks=0:log_path=$reports
# The verdict on these reports is given below.
export TSAN_OPTIONS=exitcode=0:suppress_equal_addresses=0:log_path=$reports

# Prints the reports of ThreadSanitizer that count.
#
# It knows a "Swift access race", too: `pointer.pointee.count += 1` is an access to all of `pointee`, also to the lock in
# it that other threads try meanwhile. A real race on the data shows up as a "data race" beside it, so such a report
# is dropped when the other side is atomic.
#
# Nor does an access race between two threads of which each holds a FutexLock: the parts of EngineState have locks of their
# own, and a modification of one counts as an access to all of it. Where two threads touch the same memory without a common
# lock, that is a "data race", which is reported in any case.
races() {
  awk '
    /^==================$/ { if (block ~ /ThreadSanitizer: / && !harmless()) printf "%s", block; block = ""; next }
    { block = block $0 "\n" }
    function harmless() {
      if (block !~ /Swift access race/) return 0
      copy = block
      return block ~ /[Aa]tomic (read|write) of size/ || gsub(/FutexLockV04withC0/, "", copy) >= 2
    }
  ' "$@"
}

# What is resolved with the trait SwiftCrypto must not let the next build without it fetch swift-crypto.
[[ ! -f Package.resolved ]] || cp Package.resolved "$scratch/resolved"

# under SANITIZER SCRATCH-PATH TRAITS OPTION...: runs the tests.
under() {
  local sanitizer=$1 build=$2 with=$3 name="no report from the ${1^} sanitizer" log=$scratch/log report=$scratch/$1.xml
  local status=0 cases=0
  shift 3
  rm -f "$reports".*
  if ! swift build --build-tests --traits "$with" --sanitize="$sanitizer" --scratch-path "$build" >"$log" 2>&1; then
    not_ok "the tests build for the ${sanitizer^} sanitizer"
    grep -E 'error|warning: ' "$log" | explain || true
    return
  fi
  swift test --skip-build --traits "$with" --sanitize="$sanitizer" --scratch-path "$build" --disable-xctest "$@" \
    --xunit-output "$report" >"$log" 2>&1 || status=$?
  [[ ! -f $report ]] || cases=$(grep -c '<testcase ' "$report" || true)
  : >"$scratch/objections"
  if compgen -G "$reports.*" >/dev/null; then
    if [[ $sanitizer == thread ]]; then
      races "$reports".* >"$scratch/objections"
    else
      cat "$reports".* >"$scratch/objections"
    fi
  fi
  if ((status == 0 && cases > 0)) && [[ ! -s $scratch/objections ]]; then
    ok "$name in $cases tests"
    return
  fi
  not_ok "$name (exit status $status, $cases tests)"
  { grep -E 'ERROR: |SUMMARY: ' "$scratch/objections" || true; } | sort | uniq -c | explain
  explain <"$scratch/objections"
  { grep -E '✘|Fatal error|error: ' "$log" || tail -n 20 "$log"; } | sort -u | explain
}

# A sanitizer maps terabytes of address space, which makes fork slow: thousands of forks, and the program's tests, which
# start it hundreds of times, would take longer than all the rest. A search through all memory would never end.
if [[ ${1-} == --soak ]]; then
  under address .build-asan default,SwiftCrypto --skip WipingTests
  under thread .build-tsan default --skip WipingTests
else
  under address .build-asan default,SwiftCrypto --skip '\.(Signal)?ForkTests' --skip CLITests --skip PermutationTests \
    --skip WipingTests
  under thread .build-tsan default --filter 'ConcurrencyTests|SwitchingUnderLoad|FutexLock'
fi
if [[ -f $scratch/resolved ]]; then cp "$scratch/resolved" Package.resolved; else rm -f Package.resolved; fi

finish
