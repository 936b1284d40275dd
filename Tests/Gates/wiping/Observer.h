/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
#ifndef OBSERVER_H
#define OBSERVER_H

#include <stddef.h>

/* Does nothing that the compiler of the probes could know about. */
void observe(const void *_Nonnull memory);

/* 8192 bytes outside the stack. */
void *_Nonnull memory_of_state(void);

/* lrng_wipe without its barrier. */
static inline void plain_wipe(void *_Nonnull memory, size_t length_in_bytes)
{
	__builtin_memset(memory, 0, length_in_bytes);
}

#endif
