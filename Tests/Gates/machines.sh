# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# What the gates share that run the kernel modules in virtual machines, on each stock kernel that `make deps` got: each call
# of `boot` is one boot. What runs there is in Tests/Kernel/guest, and Tests/Kernel/vm.sh says what emulation can't show.
#
# Read behind common.sh. Ends the gate where there is nothing to run.

source Kernel/Build/releases.sh

if [[ $(uname -m) != x86_64 ]]; then
  skip 'the kernel modules' 'they are for x86-64'
  finish
fi
if [[ -z $(all_releases) ]]; then
  skip 'the kernel modules' 'no stock kernel is here: run `make deps`'
  finish
fi

# boot RELEASE OPTION... SCRIPTS: its lines are ours. Whether it failed it says by "not ok" as well as by its status.
boot() {
  local release=$1 status=0
  shift
  Tests/Kernel/vm.sh --release "$release" "$@" || status=$?
  case $status in
  0) ;;
  1) failures=$((failures + 1)) ;;
  # It was not even started.
  *) not_ok "$release: a machine for $*" ;;
  esac
}

mapfile -t releases < <(all_releases)

# run_jobs LIMIT "TASK RELEASE"...: begins them in this order, at most so many at a time, and prints their lines in this order.
run_jobs() {
  local limit=$1 job status
  local -A pids=()
  shift
  for job in "$@"; do
    while (($(jobs -rp | wc -l) >= limit)); do wait -n || true; done
    # What failed before is no failure of this one.
    # shellcheck disable=SC2030,SC2031
    (
      failures=0
      # A task and its argument.
      # shellcheck disable=SC2086
      $job
      finish
    ) >"$scratch/${job// /-}" 2>&1 &
    pids[$job]=$!
  done
  for job in "$@"; do
    status=0
    wait "${pids[$job]}" || status=$?
    cat "$scratch/${job// /-}"
    # shellcheck disable=SC2031
    ((status == 0)) || failures=$((failures + 1))
    ((status == 0)) || grep -q '^not ok' "$scratch/${job// /-}" || not_ok "$job: ended with status $status"
  done
}
