/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * The heap of the preloaded library, behind the names that the Swift runtime in it calls. The names are hidden: the
 * program and its libraries keep theirs.
 *
 * The program's malloc can't serve us: it may call getrandom(3) itself with its locks held. This one has no locks. Blocks
 * have sizes of powers of two; free ones of a size are a list whose head is exchanged in one instruction, together with a
 * count that tells it from a head of the same address. A fork between any two instructions loses a block at most.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "CPreload.h"

#define UNIT 16u
#define SMALLEST_BITS 5
#define LARGEST_BITS 21

/* What stands before each block's bytes. */
struct header {
	uint32_t size_bits;
	/* Where the block begins, in units; alignment may lie between it and the bytes. */
	uint32_t start;
	/* While it is free: the next free block, in units. */
	uint32_t next;
	uint32_t unused;
};

_Static_assert(sizeof(struct header) == UNIT, "bytes are aligned like the header");

/* A few hundred KB are used. What nobody touches costs no memory. */
static unsigned char arena[4 << 20] __attribute__((aligned(4096)));
/* No block begins at 0, which ends lists. */
static uint32_t used = UNIT;
static uint64_t lists[LARGEST_BITS + 1];

size_t lrng_preload_room(void)
{
	return sizeof(arena) - __atomic_load_n(&used, __ATOMIC_RELAXED);
}

static struct header *header_at(uint32_t unit)
{
	return (struct header *)(arena + (size_t)unit * UNIT);
}

/* A block that somebody gave back, in units, or 0. */
static uint32_t take(unsigned int bits)
{
	uint64_t head = __atomic_load_n(&lists[bits], __ATOMIC_ACQUIRE);

	while ((uint32_t)head) {
		/* Meanwhile somebody else may have taken it, and `next` may be anything: then the count has changed. */
		uint32_t next = __atomic_load_n(&header_at((uint32_t)head)->next, __ATOMIC_RELAXED);
		uint64_t rest = ((head >> 32) + 1) << 32 | next;

		if (__atomic_compare_exchange_n(&lists[bits], &head, rest, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return (uint32_t)head;
	}
	return 0;
}

/* A block that nobody had before, in units, or 0. */
static uint32_t extend(unsigned int bits)
{
	uint32_t size = 1u << bits, before = __atomic_load_n(&used, __ATOMIC_RELAXED);

	do {
		if (size > sizeof(arena) - before)
			return 0;
	} while (!__atomic_compare_exchange_n(&used, &before, before + size, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return before / UNIT;
}

static void *allocate(size_t length, size_t alignment)
{
	size_t needed = length + sizeof(struct header) + (alignment > UNIT ? alignment : 0);
	unsigned int bits = SMALLEST_BITS;
	struct header *header;
	uintptr_t bytes;
	uint32_t start;

	if (length > sizeof(arena) || alignment > sizeof(arena))
		needed = SIZE_MAX;
	while (bits <= LARGEST_BITS && (size_t)1 << bits < needed)
		bits++;
	start = bits > LARGEST_BITS ? 0 : take(bits);
	if (!start && bits <= LARGEST_BITS)
		start = extend(bits);
	if (!start) {
		errno = ENOMEM;
		return NULL;
	}
	bytes = (uintptr_t)header_at(start) + sizeof(struct header);
	if (alignment > UNIT)
		bytes = (bytes + alignment - 1) & ~(uintptr_t)(alignment - 1);
	header = (struct header *)bytes - 1;
	header->size_bits = bits;
	header->start = start;
	return (void *)bytes;
}

/* Whether these bytes came from here. A C library may hand out some of the program's. */
static int is_ours(const void *bytes)
{
	return (uintptr_t)bytes - (uintptr_t)arena < sizeof(arena);
}

static size_t usable(const void *bytes)
{
	const struct header *header = (const struct header *)bytes - 1;
	const unsigned char *end = arena + (size_t)header->start * UNIT + ((size_t)1 << header->size_bits);

	return (size_t)(end - (const unsigned char *)bytes);
}

void *malloc(size_t length)
{
	return allocate(length, UNIT);
}

/* Wiped: nobody knows what the next owner does with it. Bytes of the program's stay where they are. */
void free(void *bytes)
{
	struct header header, *block;
	uint64_t head, with;

	if (!bytes || !is_ours(bytes))
		return;
	header = ((struct header *)bytes)[-1];
	memset(bytes, 0, usable(bytes));
	__asm__ __volatile__("" : : "r"(bytes) : "memory");
	block = header_at(header.start);
	head = __atomic_load_n(&lists[header.size_bits], __ATOMIC_ACQUIRE);
	do {
		__atomic_store_n(&block->next, (uint32_t)head, __ATOMIC_RELAXED);
		with = ((head >> 32) + 1) << 32 | header.start;
	} while (!__atomic_compare_exchange_n(&lists[header.size_bits], &head, with, 0, __ATOMIC_ACQ_REL,
					      __ATOMIC_ACQUIRE));
}

void *calloc(size_t count, size_t size)
{
	size_t length;
	void *bytes;

	if (__builtin_mul_overflow(count, size, &length)) {
		errno = ENOMEM;
		return NULL;
	}
	bytes = allocate(length, UNIT);
	if (bytes)
		memset(bytes, 0, length);
	return bytes;
}

void *realloc(void *bytes, size_t length)
{
	size_t before;
	void *moved;

	if (!bytes)
		return allocate(length, UNIT);
	if (!is_ours(bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	before = usable(bytes);
	if (length <= before)
		return bytes;
	moved = allocate(length, UNIT);
	if (!moved)
		return NULL;
	memcpy(moved, bytes, before);
	free(bytes);
	return moved;
}

int posix_memalign(void **bytes, size_t alignment, size_t length)
{
	int error = errno;

	*bytes = allocate(length, alignment);
	errno = error;
	return *bytes ? 0 : ENOMEM;
}

void *aligned_alloc(size_t alignment, size_t length)
{
	return allocate(length, alignment);
}

void *memalign(size_t alignment, size_t length)
{
	return allocate(length, alignment);
}

size_t malloc_usable_size(void *bytes)
{
	return bytes && is_ours(bytes) ? usable(bytes) : 0;
}
