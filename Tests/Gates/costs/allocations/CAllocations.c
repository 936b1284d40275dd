// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * The C library lets a program bring its own malloc; these count and hand on to the library's. Freeing needs no count:
 * memory that nobody allocates nobody frees.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#include "CAllocations.h"

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static atomic_ulong allocations;

static void count(void)
{
	atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
}

unsigned long costs_allocations(void)
{
	return atomic_load_explicit(&allocations, memory_order_relaxed);
}

void *malloc(size_t size)
{
	count();
	return __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
	count();
	return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size)
{
	count();
	return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size)
{
	count();
	return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
	void *result = memalign(alignment, size);

	if (!result)
		return ENOMEM;
	*memory = result;
	return 0;
}

__attribute__((noinline)) void costs_begin(void)
{
	__asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) void costs_end(void)
{
	__asm__ volatile("" ::: "memory");
}
