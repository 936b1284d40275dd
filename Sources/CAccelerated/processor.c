/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * What this processor knows and its operating system lets programs use. The kernel asks itself: it has no use for this file.
 */
#include "include/CAccelerated.h"

#if defined(__x86_64__)

#include <cpuid.h>

bool lrng_processor_has_avx2(void)
{
	unsigned int eax, ebx, ecx, edx, enabled, unused;

	/* XGETBV is there, and so is AVX; the system saves the whole of the vector registers (XCR0 bits 1 and 2); AVX2. */
	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & bit_OSXSAVE) || !(ecx & bit_AVX))
		return false;
	__asm__ __volatile__("xgetbv" : "=a"(enabled), "=d"(unused) : "c"(0));
	if ((enabled & 6) != 6)
		return false;
	return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx & bit_AVX2);
}

#else

bool lrng_processor_has_avx2(void)
{
	return false;
}

#endif
