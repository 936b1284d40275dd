/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * The one thing about memory that Swift cannot spell: "these bytes are observed here".
 *
 * An optimiser may drop stores into memory that nobody reads any more, and wiping a secret is exactly such a store. The
 * empty assembly statement claims to read all memory, so the wipe must happen first.
 */
#ifndef LRNG_CMEMORY_H
#define LRNG_CMEMORY_H

#include <stddef.h>

static inline void lrng_wipe(void *memory, size_t length_in_bytes)
{
	__builtin_memset(memory, 0, length_in_bytes);
	__asm__ __volatile__("" : : "r"(memory) : "memory");
}

#endif
