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
#include <stdint.h>

static inline void lrng_wipe(void *memory, size_t length_in_bytes)
{
	__builtin_memset(memory, 0, length_in_bytes);
	__asm__ __volatile__("" : : "r"(memory) : "memory");
}

/*
 * The Jitter RNG measures how long memory accesses and a hash take, so these must happen, each of them, and where the
 * source says. No call stands between them (an Embedded build would not inline them by itself).
 */
#define LRNG_IN_PLACE static inline __attribute__((always_inline))

LRNG_IN_PLACE uint8_t lrng_volatile_load8(const volatile uint8_t *byte)
{
	return *byte;
}

LRNG_IN_PLACE void lrng_volatile_store8(volatile uint8_t *byte, uint8_t value)
{
	*byte = value;
}

/* The bytes that memory points into are read and changed here, as far as the compiler knows. */
LRNG_IN_PLACE void lrng_compiler_barrier(void *memory)
{
	__asm__ __volatile__("" : : "r"(memory) : "memory");
}

#endif
