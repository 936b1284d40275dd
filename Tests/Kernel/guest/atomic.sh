# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Random numbers inside the kernel, in all contexts; of the stock kernel first. And interrupts: a shared line counts once.

in_kernel calls=20000 >/tmp/control
sed 's/^\(ok\|not ok\) - /&stock: /' /tmp/control
load irq_continuous_compression=0
check "the LRNG takes over" within 30 taken_over
in_kernel lrng=1

# The events of the interrupt source that are not used yet. Nothing else makes many here.
unused() { sed -n '/Name: IRQ/,/Name: Scheduler/s/^ Events unused: //p' /proc/lrng_type; }

# counts NAME HANDLERS: 200 interrupts of a line with so many handlers are 200 events, give or take the machine's own and
# those whose time stamps are stuck.
counts() {
  modprobe lrng_events "handlers=$2"
  before=$(unused)
  echo 200 >/sys/module/lrng_events/parameters/burst
  after=$(unused)
  handled=$(cat /sys/module/lrng_events/parameters/handled)
  equal "$1: handled" $((200 * $2)) "$handled"
  events=$((after - before))
  if [ $events -ge 150 ] && [ $events -le 250 ]; then ok "$1: counted once each ($events)"; else
    not_ok "$1: expected about 200 events, got $events ($before, $after)"
  fi
  check "$1: the line goes" rmmod lrng_events
}
counts "200 interrupts of a line with one handler" 1
counts "200 interrupts of a line that two handlers share" 2

# What the processor has is what is in use, outside of the contexts above.
known() { grep -qw "$1" /proc/cpuinfo; }
chacha=portable aes=portable
if known avx2; then chacha=AVX2; fi
if known aes; then aes=AES-NI; fi
if known vaes; then aes=VAES-256; fi
check "ChaCha20 by $chacha and AES by $aes" grep -q "^Implementations: ChaCha20: $chacha, AES: $aes," /proc/lrng_type
unload
