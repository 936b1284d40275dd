/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * What this processor knows and its operating system lets programs use, less what LRNG_CPU_FEATURES leaves out. It is found
 * out once, before main() runs. The kernel asks itself: it has no use for this file.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "include/CAccelerated.h"

unsigned int lrng_processor_features;

/* Nothing is asked, and nothing used, where there is no operating system. */
#if __STDC_HOSTED__

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)

#include <cpuid.h>

static unsigned int features_of_processor(void)
{
	unsigned int eax, ebx, ecx, edx, enabled = 0, unused, features = 0;

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx))
		return 0;
	/* XCR0 says which registers the system saves; without XGETBV, those of 16 bytes. */
	if (ecx & bit_OSXSAVE)
		__asm__ __volatile__("xgetbv" : "=a"(enabled), "=d"(unused) : "c"(0));
	const bool saves_ymm = (ecx & bit_AVX) && (enabled & 0x06) == 0x06;
	/* And mask registers, upper halves of the first sixteen, and the other sixteen. */
	const bool saves_zmm = saves_ymm && (enabled & 0xe6) == 0xe6;
	const bool has_sse4_1 = (ecx & bit_SSE4_1) && (ecx & bit_SSSE3);

	if ((ecx & bit_AES) && has_sse4_1)
		features |= LRNG_CPU_AES;
	if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx))
		return features;
	if ((ebx & bit_SHA) && has_sse4_1)
		features |= LRNG_CPU_SHA;
	if (ebx & bit_BMI2)
		features |= LRNG_CPU_BMI2;
	if (saves_ymm && (ebx & bit_AVX2)) {
		features |= LRNG_CPU_AVX2;
		if (ecx & bit_VAES)
			features |= LRNG_CPU_VAES;
		if (saves_zmm && (ebx & bit_AVX512F) && (ebx & bit_AVX512VL))
			features |= LRNG_CPU_AVX512;
	}
	return features;
}

#elif defined(__aarch64__)

/* Every 64-bit processor of Arm that runs Linux or macOS has it. */
static unsigned int features_of_processor(void) { return LRNG_CPU_NEON; }

#else

static unsigned int features_of_processor(void) { return 0; }

#endif

static const struct {
	const char *name;
	unsigned int feature;
} names[] = {
	{ "aes", LRNG_CPU_AES },	 { "avx2", LRNG_CPU_AVX2 }, { "avx512", LRNG_CPU_AVX512 }, { "bmi2", LRNG_CPU_BMI2 },
	{ "neon", LRNG_CPU_NEON }, { "sha", LRNG_CPU_SHA },   { "vaes", LRNG_CPU_VAES },
};

/* The features in a list of names with commas between. A name that means nothing, like "none", allows nothing. */
static unsigned int features_in(const char *list)
{
	unsigned int features = 0;

	for (;;) {
		const size_t length = strcspn(list, ",");

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strlen(names[i].name) == length && strncmp(list, names[i].name, length) == 0)
				features |= names[i].feature;
		if (list[length] == '\0')
			return features;
		list += length + 1;
	}
}

__attribute__((constructor)) static void find_features(void)
{
#if defined(__linux__)
	const char *allowed = secure_getenv("LRNG_CPU_FEATURES");
#else
	const char *allowed = getenv("LRNG_CPU_FEATURES");
#endif
	unsigned int features = features_of_processor();

	if (allowed)
		features &= features_in(allowed);
	/* Longer vectors are no use without shorter ones: what is left at an end goes there. */
	if (!(features & LRNG_CPU_AVX2))
		features &= ~(unsigned int)(LRNG_CPU_AVX512 | LRNG_CPU_VAES);
	if (!(features & LRNG_CPU_AES))
		features &= ~(unsigned int)LRNG_CPU_VAES;
	lrng_processor_features = features;
}

#endif
