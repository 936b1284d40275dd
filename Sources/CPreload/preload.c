/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
#include "CPreload.h"

struct lrng_preload lrng_preload;
_Thread_local uint32_t lrng_preload_inside;
