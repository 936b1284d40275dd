#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# All tests: the package tests, the tests of the command line program, the gates. The last line of the output is
# "N passed, N failed"; the exit status is 0 when nothing failed and no stage was empty.
#
# Usage: run.sh [STAGE...]     A stage is "package" or a script below Tests/CLI or Tests/Gates, without ".sh".
#                              Without stages: all of them.
#
# The full output of each stage is kept in .build/tests/STAGE.log.
set -euo pipefail
cd "$(dirname "$0")/.."

results=.build/tests
mkdir -p "$results"
passed=0 failed=0
summary=()

# Puts the results of a stage into the sums. A stage that ran nothing has failed.
add() {
  local stage=$1 stage_passed=$2 stage_failed=$3 seconds=$4
  if ((stage_passed + stage_failed == 0)); then
    printf 'not ok - %s ran no test\n' "$stage"
    stage_failed=1
  fi
  passed=$((passed + stage_passed))
  failed=$((failed + stage_failed))
  summary+=("$(printf '  %-16s %5d passed %5d failed %5d s' "$stage" "$stage_passed" "$stage_failed" "$seconds")")
}

# The package tests are counted in the report that Swift Testing writes: a test case has failed if it holds a failure.
run_package() {
  local report=$results/package.xml log=$results/package.log started=$SECONDS status=0 counts
  printf '== package\n'
  rm -f "$report"
  swift test --disable-xctest --xunit-output "$report" >"$log" 2>&1 || status=$?
  counts=(0 0)
  if [[ -s $report ]]; then
    read -r -a counts < <(awk '
      function close_case() { if (open && !skipped) { if (bad) failed++; else passed++ } open = 0 }
      /<testcase / { close_case(); open = 1; bad = 0; skipped = 0 }
      /<failure/ { bad = 1 }
      /<skipped/ { skipped = 1 }
      END { close_case(); print passed + 0, failed + 0 }
    ' "$report")
  fi
  # A crash, or a failure to build, leaves no failed test case behind.
  if ((status != 0 && counts[1] == 0)); then counts[1]=1; fi
  if ((counts[1] > 0)); then
    printf 'not ok - package tests, see %s:\n' "$log"
    { grep -E '✘|error:|Fatal error|Crash' "$log" || tail -n 30 "$log"; } | head -n 60 | sed 's/^/#   /'
  else
    printf 'ok - %s package tests\n' "${counts[0]}"
  fi
  add package "${counts[@]}" $((SECONDS - started))
}

# A script prints "ok - ..." and "not ok - ..." lines. One that dies has failed, whatever it printed. The numbers go to a
# file, because this may be a subshell.
run_script() {
  local stage=$1 log=$results/$1.log started=$SECONDS status=0 good bad
  printf '== %s\n' "$stage"
  set +e
  "$(script_of "$stage")" </dev/null 2>&1 | tee "$log" | grep --line-buffered -E '^(ok|not ok|skip) - |^#'
  status=${PIPESTATUS[0]}
  set -e
  good=$(grep -c '^ok - ' "$log" || true)
  bad=$(grep -c '^not ok - ' "$log" || true)
  if ((status != 0 && bad == 0)); then
    printf 'not ok - %s exited with status %d:\n' "$stage" "$status"
    tail -n 20 "$log" | sed 's/^/#   /'
    bad=1
  fi
  printf '%d %d %d\n' "$good" "$bad" $((SECONDS - started)) >"$results/$stage.counts"
}

script_of() { compgen -G "Tests/*/$1.sh" | head -n 1; }

# add_script STAGE: what run_script counted.
add_script() {
  local counts
  read -r -a counts <"$results/$1.counts"
  add "$1" "${counts[@]}"
}

# Two at a time: most of them keep one processor busy. Each is printed when it ends.
run_beside() {
  local stage pid
  local -A running=()
  for stage in "$@" ''; do
    while ((${#running[@]} >= 2 || (${#running[@]} > 0 && ${#stage} == 0))); do
      pid=
      wait -n -p pid "${!running[@]}" || true
      cat "$results/${running[$pid]}.out"
      add_script "${running[$pid]}"
      unset "running[$pid]"
    done
    [[ -n $stage ]] || break
    run_script "$stage" >"$results/$stage.out" 2>&1 &
    running[$!]=$stage
  done
}

stages=("$@")
wanted() {
  local stage
  ((${#stages[@]} > 0)) || return 0
  for stage in "${stages[@]}"; do [[ $stage != "$1" ]] || return 0; done
  return 1
}

# These take long, the longest one first, and what some of them make is in the folders of `kernel-object`: they come behind the
# others.
long=' sanitizers kernel packaging kernel-machine '
# This one has to be done in a time.
alone=' kernel-load '
# The others wait for the first build of the release where they need it, so those that do not come before them.
first=() second=() third=() last=()
for script in Tests/CLI/*.sh Tests/Gates/*.sh; do
  [[ -x $script ]] || continue
  stage=$(basename "$script" .sh)
  wanted "$stage" || continue
  rm -f "$results/$stage.counts"
  if [[ $alone == *" $stage "* ]]; then
    last+=("$stage")
  elif [[ $long == *" $stage "* ]]; then
    :
  elif ((${#first[@]} > 0)) && grep -qE 'build -c release|Packaging/deb.sh' "$script"; then
    second+=("$stage")
  else
    first+=("$stage")
  fi
done
! wanted package || run_package
run_beside "${first[@]}" "${second[@]}"
for stage in $long; do ! wanted "$stage" || third+=("$stage"); done
run_beside "${third[@]}"
for stage in "${last[@]}"; do
  run_script "$stage"
  add_script "$stage"
done

printf '\n'
((${#summary[@]} == 0)) || printf '%s\n' "${summary[@]}"
printf '  %-16s %33d s\n\n' "all stages" "$SECONDS"
if ((passed + failed == 0)); then
  printf 'no stage ran\n' >&2
  failed=1
fi
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
