// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * The key stream of ChaCha20 with AVX-512, as chacha20_avx2.c has it with vectors half as long: sixteen blocks at a time
 * stand across the vectors, and up to eight along them, four to a vector. There are enough registers for everything, and a
 * rotation is one instruction.
 *
 *	blocks	1 … 4	5 … 8	9 … 16
 *	as	4	4 + 4	16
 */
#if defined(__x86_64__)

#include "vector.h"

/* "expand 32-byte k" */
#define EXPAND_0 0x61707865
#define EXPAND_1 0x3320646e
#define EXPAND_2 0x79622d32
#define EXPAND_3 0x6b206574

#define ROTATE_WORDS(x, n) (((x) << (n)) | ((x) >> (32 - (n))))

#define QUARTER_ROUND_512(a, b, c, d) \
	do { \
		a += b; d ^= a; d = ROTATE_WORDS(d, 16); \
		c += d; b ^= c; b = ROTATE_WORDS(b, 12); \
		a += b; d ^= a; d = ROTATE_WORDS(d, 8); \
		c += d; b ^= c; b = ROTATE_WORDS(b, 7); \
	} while (0)

/* Elements by their numbers, the same in each quarter of the vectors. */
#define QUARTERS(a, b, i, j, k, l) \
	SHUFFLE(u32x16, a, b, i, j, k, l, i + 4, j + 4, k + 4, l + 4, i + 8, j + 8, k + 8, l + 8, i + 12, j + 12, k + 12, l + 12)
#define PAIRS(a, b, i, j) \
	((u32x16)SHUFFLE(u64x8, (u64x8)(a), (u64x8)(b), i, j, i + 2, j + 2, i + 4, j + 4, i + 6, j + 6))
/* Two quarters of a, then two of b. */
#define WHOLE_QUARTERS(a, b, i, j, k, l) \
	((u32x16)SHUFFLE(u64x8, (u64x8)(a), (u64x8)(b), 2 * i, 2 * i + 1, 2 * j, 2 * j + 1, 2 * k, 2 * k + 1, 2 * l, 2 * l + 1))

/* Four words of sixteen blocks each become, in quarter q, those four words of the blocks 4q to 4q + 3. */
#define TRANSPOSE_QUARTERS(a, b, c, d) \
	do { \
		u32x16 ab_low = QUARTERS(a, b, 0, 16, 1, 17), ab_high = QUARTERS(a, b, 2, 18, 3, 19); \
		u32x16 cd_low = QUARTERS(c, d, 0, 16, 1, 17), cd_high = QUARTERS(c, d, 2, 18, 3, 19); \
		a = PAIRS(ab_low, cd_low, 0, 8); \
		b = PAIRS(ab_low, cd_low, 1, 9); \
		c = PAIRS(ab_high, cd_high, 0, 8); \
		d = PAIRS(ab_high, cd_high, 1, 9); \
	} while (0)

AVX512_PART u32x16 sixteen(uint32_t word)
{
	return (u32x16){ word, word, word, word, word, word, word, word, word, word, word, word, word, word, word, word };
}

/*
 * Four vectors that hold a quarter of a block each, in quarter q of the block first + q * step, become blocks in memory, as
 * far as they are wanted. Their number is public.
 */
AVX512_PART void store_blocks(uint8_t *output, size_t blocks, size_t first, size_t step, u32x16 a, u32x16 b, u32x16 c, u32x16 d)
{
	u32x16 ab_low = WHOLE_QUARTERS(a, b, 0, 1, 4, 5), ab_high = WHOLE_QUARTERS(a, b, 2, 3, 6, 7);
	u32x16 cd_low = WHOLE_QUARTERS(c, d, 0, 1, 4, 5), cd_high = WHOLE_QUARTERS(c, d, 2, 3, 6, 7);

	if (blocks > first)
		*(u32x16_bytes *)(output + 64 * first) = WHOLE_QUARTERS(ab_low, cd_low, 0, 2, 4, 6);
	if (blocks > first + step)
		*(u32x16_bytes *)(output + 64 * (first + step)) = WHOLE_QUARTERS(ab_low, cd_low, 1, 3, 5, 7);
	if (blocks > first + 2 * step)
		*(u32x16_bytes *)(output + 64 * (first + 2 * step)) = WHOLE_QUARTERS(ab_high, cd_high, 0, 2, 4, 6);
	if (blocks > first + 3 * step)
		*(u32x16_bytes *)(output + 64 * (first + 3 * step)) = WHOLE_QUARTERS(ab_high, cd_high, 1, 3, 5, 7);
}

/* --------------------------------------------------------------------------------------------- up to sixteen blocks */

AVX512_PART void sixteen_blocks(const uint32_t *key, uint32_t counter, const uint32_t *nonce, uint8_t *output, size_t blocks)
{
	const u32x16 numbers = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	u32x16 x0 = sixteen(EXPAND_0), x1 = sixteen(EXPAND_1), x2 = sixteen(EXPAND_2), x3 = sixteen(EXPAND_3);
	u32x16 x4 = sixteen(key[0]), x5 = sixteen(key[1]), x6 = sixteen(key[2]), x7 = sixteen(key[3]);
	u32x16 x8 = sixteen(key[4]), x9 = sixteen(key[5]), x10 = sixteen(key[6]), x11 = sixteen(key[7]);
	u32x16 x12 = sixteen(counter) + numbers, x13 = sixteen(nonce[0]), x14 = sixteen(nonce[1]), x15 = sixteen(nonce[2]);

	for (int i = 0; i < 10; i++) {
		QUARTER_ROUND_512(x0, x4, x8, x12);
		QUARTER_ROUND_512(x1, x5, x9, x13);
		QUARTER_ROUND_512(x2, x6, x10, x14);
		QUARTER_ROUND_512(x3, x7, x11, x15);
		QUARTER_ROUND_512(x0, x5, x10, x15);
		QUARTER_ROUND_512(x1, x6, x11, x12);
		QUARTER_ROUND_512(x2, x7, x8, x13);
		QUARTER_ROUND_512(x3, x4, x9, x14);
	}

	/* The key is read again, lest the compiler keeps copies of it on the stack. */
	FORGET(key);
	FORGET(nonce);
	x0 += sixteen(EXPAND_0);
	x1 += sixteen(EXPAND_1);
	x2 += sixteen(EXPAND_2);
	x3 += sixteen(EXPAND_3);
	x4 += sixteen(key[0]);
	x5 += sixteen(key[1]);
	x6 += sixteen(key[2]);
	x7 += sixteen(key[3]);
	x8 += sixteen(key[4]);
	x9 += sixteen(key[5]);
	x10 += sixteen(key[6]);
	x11 += sixteen(key[7]);
	x12 += sixteen(counter) + numbers;
	x13 += sixteen(nonce[0]);
	x14 += sixteen(nonce[1]);
	x15 += sixteen(nonce[2]);

	TRANSPOSE_QUARTERS(x0, x1, x2, x3);
	TRANSPOSE_QUARTERS(x4, x5, x6, x7);
	TRANSPOSE_QUARTERS(x8, x9, x10, x11);
	TRANSPOSE_QUARTERS(x12, x13, x14, x15);
	store_blocks(output, blocks, 0, 4, x0, x4, x8, x12);
	store_blocks(output, blocks, 1, 4, x1, x5, x9, x13);
	store_blocks(output, blocks, 2, 4, x2, x6, x10, x14);
	store_blocks(output, blocks, 3, 4, x3, x7, x11, x15);
}

/* ------------------------------------------------------------------------------------------------ up to eight blocks */

#define TURN_QUARTERS(x, i, j, k, l) QUARTERS(x, x, i, j, k, l)

#define DOUBLE_ROUND_512(a, b, c, d) \
	do { \
		QUARTER_ROUND_512(a, b, c, d); \
		b = TURN_QUARTERS(b, 1, 2, 3, 0); \
		c = TURN_QUARTERS(c, 2, 3, 0, 1); \
		d = TURN_QUARTERS(d, 3, 0, 1, 2); \
		QUARTER_ROUND_512(a, b, c, d); \
		b = TURN_QUARTERS(b, 3, 0, 1, 2); \
		c = TURN_QUARTERS(c, 2, 3, 0, 1); \
		d = TURN_QUARTERS(d, 1, 2, 3, 0); \
	} while (0)

AVX512_PART u32x16 four_times(const uint32_t *row)
{
	u32x16 rows;

	__asm__("vbroadcasti32x4 %1, %0" : "=v"(rows) : "m"(*(const u32x4_bytes *)row));
	return rows;
}

AVX512_PART void eight_or_four_blocks(const uint32_t *key, uint32_t counter, const uint32_t *nonce, uint8_t *output,
				      size_t blocks)
{
	const u32x16 constants = { EXPAND_0, EXPAND_1, EXPAND_2, EXPAND_3, EXPAND_0, EXPAND_1, EXPAND_2, EXPAND_3,
				   EXPAND_0, EXPAND_1, EXPAND_2, EXPAND_3, EXPAND_0, EXPAND_1, EXPAND_2, EXPAND_3 };
	const u32x16 numbers = { 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0 };
	const u32x16 four = { 4, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0 };
	const uint32_t last[4] = { counter, nonce[0], nonce[1], nonce[2] };
	u32x16 low = four_times(key), high = four_times(key + 4);
	u32x16 rest = four_times(last) + numbers;
	u32x16 a = constants, b = low, c = high, d = rest;

	if (blocks <= 4) {
		for (int i = 0; i < 10; i++)
			DOUBLE_ROUND_512(a, b, c, d);
	} else {
		u32x16 e = constants, f = low, g = high, h = rest + four;

		for (int i = 0; i < 10; i++) {
			DOUBLE_ROUND_512(a, b, c, d);
			DOUBLE_ROUND_512(e, f, g, h);
		}
		store_blocks(output, blocks, 4, 1, e + constants, f + low, g + high, h + rest + four);
	}
	store_blocks(output, blocks, 0, 1, a + constants, b + low, c + high, d + rest);
}

/* ------------------------------------------------------------------------------------------------------- any number */

static AVX512_CODE __attribute__((__noinline__)) void make_key_stream_512(const uint32_t *key, uint32_t counter,
									    const uint32_t *nonce, uint8_t *output, size_t blocks)
{
	for (; blocks > 8; counter += 16, output += 16 * 64) {
		size_t made = blocks < 16 ? blocks : 16;

		sixteen_blocks(key, counter, nonce, output, made);
		blocks -= made;
	}
	if (blocks > 0)
		eight_or_four_blocks(key, counter, nonce, output, blocks);
}

AVX512_CODE void lrng_chacha20_avx512(const uint32_t key[8], uint32_t counter, const uint32_t nonce[3], uint8_t *output,
				      size_t blocks)
{
	make_key_stream_512(key, counter, nonce, output, blocks);
	LEAVE_NOTHING_AVX512(256);
}

#endif
