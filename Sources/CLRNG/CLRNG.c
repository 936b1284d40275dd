/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
#include "lrng.h"

/* The compiler checks each function against the header where it is written, in Sources/LRNGForC. */
