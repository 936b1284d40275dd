// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * What a request costs, in instructions: for a machine that counts time by them (qemu -icount shift=0). A row for each
 * request, "NAME BYTES INSTRUCTIONS": the smallest average of five rounds, with the entry into the kernel.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint8_t buffer[65536] __attribute__((aligned(4096)));

static inline long call(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return result;
}

static inline uint64_t now(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static unsigned rounds_of(long length)
{
	return length <= 256 ? 2000 : length <= 1024 ? 1000 : length <= 4096 ? 300 : 40;
}

static int measure(const char *name, long number, long first, long length, long flags, int is_read)
{
	unsigned count = rounds_of(length), round, i;
	double best = 1e18;

	for (i = 0; i < 3; i++)
		if (number == SYS_getppid)
			call(number, 0, 0, 0);
		else if (call(number, is_read ? first : (long)buffer, is_read ? (long)buffer : length, is_read ? length : flags) != length)
			return 1;
	for (round = 0; round < 5; round++) {
		uint64_t start = now(), end;

		for (i = 0; i < count; i++)
			call(number, is_read ? first : (long)buffer, is_read ? (long)buffer : length,
			     is_read ? length : flags);
		end = now();
		if ((double)(end - start) / count < best)
			best = (double)(end - start) / count;
	}
	printf("row %s %ld %.0f\n", name, length, best);
	return 0;
}

int main(void)
{
	static const long lengths[] = { 16, 32, 64, 128, 256, 1024, 4096, 65536 };
	int random = open("/dev/random", O_RDONLY), urandom = open("/dev/urandom", O_RDONLY), failed = 0;
	size_t i;

	memset(buffer, 1, sizeof(buffer));
	failed |= measure("getppid", SYS_getppid, 0, 0, 0, 1);
	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
		failed |= measure("getrandom", SYS_getrandom, 0, lengths[i], 0, 0);
	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
		failed |= measure("/dev/urandom", SYS_read, urandom, lengths[i], 0, 1);
	failed |= measure("/dev/random", SYS_read, random, 16, 0, 1);
	failed |= measure("/dev/random", SYS_read, random, 4096, 0, 1);
	if (failed)
		fprintf(stderr, "a request was not served whole\n");
	return failed;
}
