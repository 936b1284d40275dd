# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The kernel's generator comes back within 5 s, whoever is in the way, and nobody notices. Then the modules go, and come back.

centiseconds() { sed 's/^\([0-9]*\)\.\([0-9]*\) .*/\1\2/' /proc/uptime; }

is_off() { [ "$(status Takeover)" = off ]; }

still_to_be_moved() {
  grep -H . /proc/[0-9]*/patch_state | grep ':1$' | head -n 5 | while IFS=/ read -r _ _ task _; do
    sed "s/^/#   $task: /" "/proc/$task/comm" "/proc/$task/stack"
  done
}

# hand_back_in_time NAME: nobody uses the LRNG through the kernel's functions after 5 s. Until the kernel has removed all
# traces of it from them may take longer where processors hardly ever leave the kernel: Kernel/Glue/transition.c says why.
hand_back_in_time() {
  begun=$(centiseconds)
  # Who writes does the work, if no task is in the way.
  echo 0 >/sys/kernel/livepatch/lrng_takeover/enabled &
  within 5 is_off || still_to_be_moved >/tmp/to_be_moved
  within 60 is_off
  lasted=$(($(centiseconds) - begun))
  if is_off && [ $lasted -le 500 ]; then ok "$1: handed back within 5 s (${lasted}0 ms)"; else
    not_ok "$1: handed back after ${lasted}0 ms"
    cat /tmp/to_be_moved
  fi
  check "$1: no function is patched any more" within 180 handed_back
  printf '# %s: after %s0 ms\n' "$1" $(($(centiseconds) - begun))
}

# leave NAME: the modules go, with all that they made.
leave() {
  check "$1: the takeover's module goes" within 10 rmmod lrng_takeover
  check "$1: and the LRNG" within 10 rmmod lrng
  refuse "$1: nothing is left of them" grep -q '\[lrng' /proc/kallsyms
}

crowd_ready() { grep -q '^ready' /tmp/crowd; }

# The crowd's own results.
crowd_ends() {
  kill -USR1 "$crowd"
  wait "$crowd" || failures=$((failures + 1))
  grep -v '^ready' /tmp/crowd
}

# A hardware generator, to whose bytes the kernel gives so little credit that nobody is seeded by them.
modprobe rng-core
echo 1 >/sys/module/rng_core/parameters/default_quality
modprobe -a virtio_pci virtio-rng
echo 1 >/sys/module/rng_core/parameters/current_quality
has_hwrng_thread() { grep -lx hwrng /proc/[0-9]*/comm; }
check "there is a hardware generator" within 10 grep -q virtio /sys/class/misc/hw_random/rng_current
check "and the kernel's thread, which reads it" within 10 has_hwrng_thread

# ------------------------------------------------------------------------------------------ those who wait for a seed
load irq=0 sched=0 jent=0 cpu=0 krng=0 takeover=now
check "blocked: it takes over without a seed" within 30 taken_over
crowd blocked >/tmp/crowd 2>&1 &
crowd=$!
check "blocked: all wait" within 60 crowd_ready
hand_back_in_time blocked
crowd_ends
leave blocked
check "the thread of the hardware generator is still there" has_hwrng_thread

busy() {
  load
  check "busy: it takes over" within 30 taken_over
  crowd busy >/tmp/crowd 2>&1 &
  crowd=$!
  check "busy: all are at work" within 60 crowd_ready
  hand_back_in_time busy
  leave busy
  load
  check "busy: it comes back while they read" within 30 taken_over
  hand_back_in_time again
  leave again
  crowd_ends
}

# ------------------------------------------------------------------- those who are busy, and a file that outlives the module
busy

# ------------------------------------------------------------------------------------------------------ by the parameter
load
check "parameter: it takes over" within 30 taken_over
echo never >"$parameters/takeover"
check "parameter: takeover=never hands back" within 20 handed_back
takeover_module_gone() { [ ! -e /sys/module/lrng_takeover ]; }
check "parameter: and removes the takeover's module" within 20 takeover_module_gone
equal "parameter: the state says so" never "$(status Takeover)"
echo seeded >"$parameters/takeover"
check "parameter: takeover=seeded takes over again" within 30 taken_over
hand_back_in_time parameter
leave parameter
