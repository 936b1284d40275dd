/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/* System calls and instructions that Swift cannot spell. */
#ifndef LRNG_CLINUX_H
#define LRNG_CLINUX_H

#include <stdint.h>

#endif
