// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * getrandom in the vDSO (Linux 6.11): a generator in user space that the kernel wrote. The C library of many systems does not
 * call it yet, so the symbol is looked up here, in the ELF image that AT_SYSINFO_EHDR points to.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <stdlib.h>
#include <unistd.h>

#include "COthers.h"

#if defined(__x86_64__)
static const char symbol_name[] = "__vdso_getrandom";
#else
static const char symbol_name[] = "__kernel_getrandom";
#endif

typedef ssize_t (*getrandom_fn)(void *buffer, size_t bytes, unsigned int flags, void *state, size_t state_size);

/* struct vgetrandom_opaque_params of the kernel's headers, which may be older than the kernel. */
struct state_params {
	uint32_t size;
	uint32_t prot;
	uint32_t flags;
	uint32_t reserved[13];
};

/* The number of symbols: DT_HASH says it, with DT_GNU_HASH the chain of the last bucket ends at the last symbol. */
static size_t symbol_count(const uint32_t *hash, const uint32_t *gnu)
{
	const uint32_t *buckets, *chain;
	uint32_t last = 0;

	if (hash)
		return hash[1];
	if (!gnu)
		return 0;
	buckets = gnu + 4 + gnu[2] * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
	chain = buckets + gnu[0];
	for (uint32_t i = 0; i < gnu[0]; i++)
		if (buckets[i] > last)
			last = buckets[i];
	if (last < gnu[1])
		return 0;
	while (!(chain[last - gnu[1]] & 1))
		last++;
	return (size_t)last + 1;
}

static getrandom_fn find_symbol(void)
{
	uintptr_t image = getauxval(AT_SYSINFO_EHDR);
	const ElfW(Ehdr) *header = (const void *)image;
	const ElfW(Phdr) *segments;
	const ElfW(Dyn) *dynamic = NULL;
	const ElfW(Sym) *symbols = NULL;
	const char *strings = NULL;
	const uint32_t *hash = NULL, *gnu = NULL;
	uintptr_t offset = 0;
	int loaded = 0;
	size_t count;

	if (!image || memcmp(header->e_ident, ELFMAG, SELFMAG))
		return NULL;
	segments = (const void *)(image + header->e_phoff);
	for (int i = 0; i < header->e_phnum; i++) {
		if (segments[i].p_type == PT_LOAD && !loaded) {
			offset = image + segments[i].p_offset - segments[i].p_vaddr;
			loaded = 1;
		} else if (segments[i].p_type == PT_DYNAMIC) {
			dynamic = (const void *)(image + segments[i].p_offset);
		}
	}
	if (!loaded || !dynamic)
		return NULL;
	for (; dynamic->d_tag != DT_NULL; dynamic++) {
		const void *at = (const void *)(offset + dynamic->d_un.d_ptr);

		if (dynamic->d_tag == DT_SYMTAB)
			symbols = at;
		else if (dynamic->d_tag == DT_STRTAB)
			strings = at;
		else if (dynamic->d_tag == DT_HASH)
			hash = at;
		else if (dynamic->d_tag == DT_GNU_HASH)
			gnu = at;
	}
	if (!symbols || !strings)
		return NULL;
	count = symbol_count(hash, gnu);
	for (size_t i = 0; i < count; i++)
		if (symbols[i].st_shndx != SHN_UNDEF && !strcmp(strings + symbols[i].st_name, symbol_name))
			return (getrandom_fn)(offset + symbols[i].st_value);
	return NULL;
}

struct vdso {
	getrandom_fn getrandom;
	void *memory;
	size_t memory_size;
	size_t state_size;
};

/* A state must not cross the border of a page; the first of a mapping does not, since it is smaller than a page. */
static void *open_vdso(const char **reason)
{
	struct state_params params = { 0 };
	struct vdso *vdso;
	getrandom_fn function = find_symbol();

	if (!function) {
		*reason = "the kernel's vDSO has none (it came with Linux 6.11)";
		return NULL;
	}
	if (function(NULL, 0, 0, &params, ~(size_t)0) || params.size > (size_t)sysconf(_SC_PAGESIZE)) {
		*reason = "the vDSO does not say what it needs";
		return NULL;
	}
	vdso = malloc(sizeof(*vdso));
	if (!vdso) {
		*reason = "no memory";
		return NULL;
	}
	vdso->getrandom = function;
	vdso->state_size = params.size;
	vdso->memory_size = sysconf(_SC_PAGESIZE);
	vdso->memory = mmap(NULL, vdso->memory_size, params.prot, params.flags, -1, 0);
	if (vdso->memory == MAP_FAILED) {
		free(vdso);
		*reason = "the memory that the vDSO needs cannot be mapped";
		return NULL;
	}
	return vdso;
}

static int draw_vdso(void *state, void *buffer, size_t bytes, size_t requests)
{
	const struct vdso *vdso = state;

	for (size_t i = 0; i < requests; i++)
		if (vdso->getrandom(buffer, bytes, 0, vdso->memory, vdso->state_size) != (ssize_t)bytes)
			return -1;
	return 0;
}

static void close_vdso(void *state)
{
	struct vdso *vdso = state;

	munmap(vdso->memory, vdso->memory_size);
	free(vdso);
}

const struct bench_other bench_vdso = {
	.name = "vDSO getrandom",
	.open = open_vdso,
	.draw = draw_vdso,
	.close = close_vdso,
};
