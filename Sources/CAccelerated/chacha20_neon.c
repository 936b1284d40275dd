// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * The key stream of ChaCha20 with Advanced SIMD ("NEON"), which each 64-bit processor of Arm has: four blocks at a time stand
 * across the vectors, as in chacha20_avx2.c. Of the last four, only those that are wanted are stored.
 */
/* The arithmetic is that of any vectors, which is how Tests/Gates/portability.sh sees whether it is right. */
#if defined(__aarch64__) || defined(LRNG_ANY_VECTORS)

#include "vector.h"

#define NEON_PART static inline __attribute__((__always_inline__))

/* "expand 32-byte k" */
#define NEON_EXPAND_0 0x61707865
#define NEON_EXPAND_1 0x3320646e
#define NEON_EXPAND_2 0x79622d32
#define NEON_EXPAND_3 0x6b206574

#define ROTATE_NEON(x, n) (((x) << (n)) | ((x) >> (32 - (n))))

#define QUARTER_ROUND_NEON(a, b, c, d) \
	do { \
		a += b; d ^= a; d = ROTATE_NEON(d, 16); \
		c += d; b ^= c; b = ROTATE_NEON(b, 12); \
		a += b; d ^= a; d = ROTATE_NEON(d, 8); \
		c += d; b ^= c; b = ROTATE_NEON(b, 7); \
	} while (0)

NEON_PART u32x4 four_times_neon(uint32_t word)
{
	return (u32x4){ word, word, word, word };
}

/* Four words of four blocks each become those four words of each block, as far as it is wanted. Their number is public. */
NEON_PART void store_columns(uint8_t *output, size_t blocks, u32x4 a, u32x4 b, u32x4 c, u32x4 d)
{
	u64x2 ab_low = (u64x2)SHUFFLE(u32x4, a, b, 0, 4, 1, 5), ab_high = (u64x2)SHUFFLE(u32x4, a, b, 2, 6, 3, 7);
	u64x2 cd_low = (u64x2)SHUFFLE(u32x4, c, d, 0, 4, 1, 5), cd_high = (u64x2)SHUFFLE(u32x4, c, d, 2, 6, 3, 7);

	*(u32x4_bytes *)output = (u32x4)SHUFFLE(u64x2, ab_low, cd_low, 0, 2);
	if (blocks > 1)
		*(u32x4_bytes *)(output + 64) = (u32x4)SHUFFLE(u64x2, ab_low, cd_low, 1, 3);
	if (blocks > 2)
		*(u32x4_bytes *)(output + 128) = (u32x4)SHUFFLE(u64x2, ab_high, cd_high, 0, 2);
	if (blocks > 3)
		*(u32x4_bytes *)(output + 192) = (u32x4)SHUFFLE(u64x2, ab_high, cd_high, 1, 3);
}

NEON_PART void four_blocks_neon(const uint32_t *key, uint32_t counter, const uint32_t *nonce, uint8_t *output, size_t blocks)
{
	const u32x4 numbers = { 0, 1, 2, 3 };
	u32x4 x0 = four_times_neon(NEON_EXPAND_0), x1 = four_times_neon(NEON_EXPAND_1);
	u32x4 x2 = four_times_neon(NEON_EXPAND_2), x3 = four_times_neon(NEON_EXPAND_3);
	u32x4 x4 = four_times_neon(key[0]), x5 = four_times_neon(key[1]), x6 = four_times_neon(key[2]);
	u32x4 x7 = four_times_neon(key[3]), x8 = four_times_neon(key[4]), x9 = four_times_neon(key[5]);
	u32x4 x10 = four_times_neon(key[6]), x11 = four_times_neon(key[7]), x12 = four_times_neon(counter) + numbers;
	u32x4 x13 = four_times_neon(nonce[0]), x14 = four_times_neon(nonce[1]), x15 = four_times_neon(nonce[2]);

	for (int i = 0; i < 10; i++) {
		QUARTER_ROUND_NEON(x0, x4, x8, x12);
		QUARTER_ROUND_NEON(x1, x5, x9, x13);
		QUARTER_ROUND_NEON(x2, x6, x10, x14);
		QUARTER_ROUND_NEON(x3, x7, x11, x15);
		QUARTER_ROUND_NEON(x0, x5, x10, x15);
		QUARTER_ROUND_NEON(x1, x6, x11, x12);
		QUARTER_ROUND_NEON(x2, x7, x8, x13);
		QUARTER_ROUND_NEON(x3, x4, x9, x14);
	}

	/* The key is read again, lest the compiler keeps copies of it on the stack. */
	FORGET(key);
	FORGET(nonce);
	store_columns(output, blocks, x0 + four_times_neon(NEON_EXPAND_0), x1 + four_times_neon(NEON_EXPAND_1),
		      x2 + four_times_neon(NEON_EXPAND_2), x3 + four_times_neon(NEON_EXPAND_3));
	store_columns(output + 16, blocks, x4 + four_times_neon(key[0]), x5 + four_times_neon(key[1]),
		      x6 + four_times_neon(key[2]), x7 + four_times_neon(key[3]));
	store_columns(output + 32, blocks, x8 + four_times_neon(key[4]), x9 + four_times_neon(key[5]),
		      x10 + four_times_neon(key[6]), x11 + four_times_neon(key[7]));
	store_columns(output + 48, blocks, x12 + four_times_neon(counter) + numbers, x13 + four_times_neon(nonce[0]),
		      x14 + four_times_neon(nonce[1]), x15 + four_times_neon(nonce[2]));
}

static __attribute__((__noinline__)) void make_key_stream_neon(const uint32_t *key, uint32_t counter, const uint32_t *nonce,
							       uint8_t *output, size_t blocks)
{
	while (blocks > 0) {
		size_t made = blocks < 4 ? blocks : 4;

		four_blocks_neon(key, counter, nonce, output, made);
		counter += 4;
		output += 64 * made;
		blocks -= made;
	}
}

void lrng_chacha20_neon(const uint32_t key[8], uint32_t counter, const uint32_t nonce[3], uint8_t *output, size_t blocks)
{
	make_key_stream_neon(key, counter, nonce, output, blocks);
	LEAVE_NOTHING(512);
}

#endif
