# shellcheck shell=dash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# A Debian with lrng-dkms has booted with Secure Boot, locked down in confidentiality mode, in FIPS mode. The key of DKMS is
# enrolled.

check "Secure Boot is on" logged 'secureboot: Secure boot enabled'
check "the kernel is locked down" grep -F '[confidentiality]' /sys/kernel/security/lockdown
check "the kernel knows the key of DKMS" logged "Loaded X.509 cert 'DKMS module signing key"
refuse "no signature is missing" logged 'lrng: module verification failed'
check "the LRNG takes over" within 60 taken_over
check "it is in FIPS mode" logged 'lrng: .* FIPS mode'
check "it is an rng of the crypto API" grep -E '^driver *: lrng$' /proc/crypto
check "/dev/random answers" dd if=/dev/random of=/dev/null bs=4096 count=16
equal "no unit has failed" "" "$(systemctl list-units --failed --plain --no-legend)"
