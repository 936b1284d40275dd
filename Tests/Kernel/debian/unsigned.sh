# shellcheck shell=dash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# A Debian with lrng-dkms has booted in FIPS mode. The kernel does not know the key of DKMS, and does not ask for one.

check "the LRNG takes over" within 60 taken_over
check "it is in FIPS mode" logged 'lrng: .* FIPS mode'
refuse "it is no rng of the crypto API" grep -E '^driver *: lrng$' /proc/crypto
check "and says why" logged 'this module is not signed: no rng for the crypto API'
check "/dev/random answers" dd if=/dev/random of=/dev/null bs=4096 count=16
