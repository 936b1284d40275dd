/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/* The finest counter that user space may read, in its own unit. */
#ifndef LRNG_TIMESTAMP_H
#define LRNG_TIMESTAMP_H

#include <stdint.h>
#include <time.h>

static inline uint64_t lrng_timestamp(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t counter;

	__asm__ __volatile__("mrs %0, cntvct_el0" : "=r"(counter));
	return counter;
#elif defined(__riscv) && __riscv_xlen == 64
	uint64_t counter;

	__asm__ __volatile__("rdtime %0" : "=r"(counter));
	return counter;
#else
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now))
		return 0;
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
#endif
}

#endif
