/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * Whether the code for NEON, compiled for the vectors of this processor, computes what that for AVX2 does. Success is silent.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LRNG_ANY_VECTORS
#include "../../../Sources/CAccelerated/chacha20_avx2.c"
#include "../../../Sources/CAccelerated/chacha20_neon.c"

static uint8_t expected[70 * 64 + 2], made[70 * 64 + 2];

int main(void)
{
	uint32_t words[11], seed = 1;

	for (uint32_t blocks = 0; blocks < 70; blocks++) {
		/* The counter wraps on the way. */
		const uint32_t counter = blocks - 30;

		for (unsigned i = 0; i < 11; i++)
			words[i] = seed = seed * 1664525 + 1013904223;
		lrng_chacha20_avx2(words, counter, words + 8, expected + 1, blocks);
		lrng_chacha20_neon(words, counter, words + 8, made + 1, blocks);
		if (memcmp(expected, made, sizeof(made)) != 0) {
			printf("%u blocks differ\n", blocks);
			return 1;
		}
	}
	return 0;
}
