/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * A malloc that draws random numbers with its lock held, in its first call and now and then later, as hardened ones do:
 * if anything behind getrandom(3) called it, both would wait for ever.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static unsigned char heap[64 << 20] __attribute__((aligned(4096)));
static size_t used;
static unsigned int calls;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void *malloc(size_t length)
{
	unsigned char canary[16];
	size_t *block;

	pthread_mutex_lock(&lock);
	if (calls++ % 16 == 0 && getrandom(canary, sizeof(canary), 0) != sizeof(canary))
		_exit(99);
	length = (length + 15) & ~(size_t)15;
	if (used + length + 16 > sizeof(heap))
		_exit(98);
	block = (size_t *)(heap + used);
	used += length + 16;
	pthread_mutex_unlock(&lock);
	block[0] = length;
	return block + 2;
}

void free(void *bytes)
{
	(void)bytes;
}

void *calloc(size_t count, size_t size)
{
	return malloc(count * size);
}

void *realloc(void *bytes, size_t length)
{
	void *moved = malloc(length);

	if (bytes) {
		size_t before = ((size_t *)bytes)[-2];
		memcpy(moved, bytes, before < length ? before : length);
	}
	return moved;
}
