// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * The key stream of ChaCha20 with AVX2.
 *
 * Eight blocks at a time stand across the vectors: vector i holds word i of all eight, so that the rounds need no shuffle,
 * and a transposition at the end makes blocks of them. What is left, up to seven blocks, stands along the vectors: a vector
 * holds a row of two blocks, and the rows turn between a column round and a diagonal round. That takes two blocks in about
 * the time that scalar code takes for a third of one, and one block in the time of two.
 *
 *	blocks	1	2	3	4	5	6	7	8
 *	as	2	2	4	4	4 + 2	4 + 2	4 + 4	8
 */
#if defined(__x86_64__)

#include "vector.h"

/* "expand 32-byte k" */
#define CONSTANT_0 0x61707865
#define CONSTANT_1 0x3320646e
#define CONSTANT_2 0x79622d32
#define CONSTANT_3 0x6b206574

/*
 * Rotations by whole bytes are one shuffle; the others are two shifts and an or. As a vector expression, the shuffle would
 * be at the mercy of the optimiser: Clang makes two or three instructions of it. The pattern stays in memory on purpose,
 * since the state takes all registers.
 */
#define PATTERN(b0, b1, b2, b3) \
	{ b0, b1, b2, b3, b0 + 4, b1 + 4, b2 + 4, b3 + 4, b0 + 8, b1 + 8, b2 + 8, b3 + 8, b0 + 12, b1 + 12, b2 + 12, b3 + 12, \
	  b0, b1, b2, b3, b0 + 4, b1 + 4, b2 + 4, b3 + 4, b0 + 8, b1 + 8, b2 + 8, b3 + 8, b0 + 12, b1 + 12, b2 + 12, b3 + 12 }

static const u8x32 rotation_by_16 = PATTERN(2, 3, 0, 1), rotation_by_8 = PATTERN(3, 0, 1, 2);

AVX2_PART u32x8 shuffle_bytes(u32x8 x, const u8x32 *pattern)
{
	u32x8 y;

	__asm__("vpshufb %2, %1, %0" : "=x"(y) : "x"(x), "m"(*pattern));
	return y;
}

#define ROTATE_16(x) shuffle_bytes(x, &rotation_by_16)
#define ROTATE_8(x) shuffle_bytes(x, &rotation_by_8)
#define ROTATE(x, n) (((x) << (n)) | ((x) >> (32 - (n))))

#define QUARTER_ROUND(a, b, c, d) \
	do { \
		a += b; d ^= a; d = ROTATE_16(d); \
		c += d; b ^= c; b = ROTATE(b, 12); \
		a += b; d ^= a; d = ROTATE_8(d); \
		c += d; b ^= c; b = ROTATE(b, 7); \
	} while (0)

/* ------------------------------------------------------------------------------------------------ eight blocks */

/* Interleaves: the first, or last, two of each four elements. */
#define LOW_WORDS(a, b) SHUFFLE(u32x8, a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define HIGH_WORDS(a, b) SHUFFLE(u32x8, a, b, 2, 10, 3, 11, 6, 14, 7, 15)
#define LOW_PAIRS(a, b) ((u32x8)SHUFFLE(u64x4, (u64x4)(a), (u64x4)(b), 0, 4, 2, 6))
#define HIGH_PAIRS(a, b) ((u32x8)SHUFFLE(u64x4, (u64x4)(a), (u64x4)(b), 1, 5, 3, 7))
#define LOW_HALVES(a, b) ((u32x8)SHUFFLE(u64x4, (u64x4)(a), (u64x4)(b), 0, 1, 4, 5))
#define HIGH_HALVES(a, b) ((u32x8)SHUFFLE(u64x4, (u64x4)(a), (u64x4)(b), 2, 3, 6, 7))

/* Four words of eight blocks each become those four words of block i and of block i + 4. */
#define TRANSPOSE_4(a, b, c, d) \
	do { \
		u32x8 ab_low = LOW_WORDS(a, b), ab_high = HIGH_WORDS(a, b); \
		u32x8 cd_low = LOW_WORDS(c, d), cd_high = HIGH_WORDS(c, d); \
		a = LOW_PAIRS(ab_low, cd_low); \
		b = HIGH_PAIRS(ab_low, cd_low); \
		c = LOW_PAIRS(ab_high, cd_high); \
		d = HIGH_PAIRS(ab_high, cd_high); \
	} while (0)

AVX2_PART u32x8 all(uint32_t word)
{
	return (u32x8){ word, word, word, word, word, word, word, word };
}

AVX2_PART void store(uint8_t *output, u32x8 words)
{
	*(u32x8_bytes *)output = words;
}

AVX2_PART void eight_blocks(const uint32_t *key, uint32_t counter, const uint32_t *nonce, uint8_t *output)
{
	u32x8 counters = all(counter) + (u32x8){ 0, 1, 2, 3, 4, 5, 6, 7 };
	u32x8 x0 = all(CONSTANT_0), x1 = all(CONSTANT_1), x2 = all(CONSTANT_2), x3 = all(CONSTANT_3);
	u32x8 x4 = all(key[0]), x5 = all(key[1]), x6 = all(key[2]), x7 = all(key[3]);
	u32x8 x8 = all(key[4]), x9 = all(key[5]), x10 = all(key[6]), x11 = all(key[7]);
	u32x8 x12 = counters, x13 = all(nonce[0]), x14 = all(nonce[1]), x15 = all(nonce[2]);

	for (int i = 0; i < 10; i++) {
		QUARTER_ROUND(x0, x4, x8, x12);
		QUARTER_ROUND(x1, x5, x9, x13);
		QUARTER_ROUND(x2, x6, x10, x14);
		QUARTER_ROUND(x3, x7, x11, x15);
		QUARTER_ROUND(x0, x5, x10, x15);
		QUARTER_ROUND(x1, x6, x11, x12);
		QUARTER_ROUND(x2, x7, x8, x13);
		QUARTER_ROUND(x3, x4, x9, x14);
	}

	/* The key is read again, lest the compiler keeps copies of it on the stack. */
	FORGET(key);
	FORGET(nonce);
	x0 += all(CONSTANT_0);
	x1 += all(CONSTANT_1);
	x2 += all(CONSTANT_2);
	x3 += all(CONSTANT_3);
	x4 += all(key[0]);
	x5 += all(key[1]);
	x6 += all(key[2]);
	x7 += all(key[3]);
	x8 += all(key[4]);
	x9 += all(key[5]);
	x10 += all(key[6]);
	x11 += all(key[7]);
	x12 += all(counter) + (u32x8){ 0, 1, 2, 3, 4, 5, 6, 7 };
	x13 += all(nonce[0]);
	x14 += all(nonce[1]);
	x15 += all(nonce[2]);

	TRANSPOSE_4(x0, x1, x2, x3);
	TRANSPOSE_4(x4, x5, x6, x7);
	TRANSPOSE_4(x8, x9, x10, x11);
	TRANSPOSE_4(x12, x13, x14, x15);

	store(output + 0 * 64, LOW_HALVES(x0, x4));
	store(output + 0 * 64 + 32, LOW_HALVES(x8, x12));
	store(output + 1 * 64, LOW_HALVES(x1, x5));
	store(output + 1 * 64 + 32, LOW_HALVES(x9, x13));
	store(output + 2 * 64, LOW_HALVES(x2, x6));
	store(output + 2 * 64 + 32, LOW_HALVES(x10, x14));
	store(output + 3 * 64, LOW_HALVES(x3, x7));
	store(output + 3 * 64 + 32, LOW_HALVES(x11, x15));
	store(output + 4 * 64, HIGH_HALVES(x0, x4));
	store(output + 4 * 64 + 32, HIGH_HALVES(x8, x12));
	store(output + 5 * 64, HIGH_HALVES(x1, x5));
	store(output + 5 * 64 + 32, HIGH_HALVES(x9, x13));
	store(output + 6 * 64, HIGH_HALVES(x2, x6));
	store(output + 6 * 64 + 32, HIGH_HALVES(x10, x14));
	store(output + 7 * 64, HIGH_HALVES(x3, x7));
	store(output + 7 * 64 + 32, HIGH_HALVES(x11, x15));
}

/* -------------------------------------------------------------------------------------------- one to four blocks */

#define TURN_1(x) SHUFFLE(u32x8, x, x, 1, 2, 3, 0, 5, 6, 7, 4)
#define TURN_2(x) SHUFFLE(u32x8, x, x, 2, 3, 0, 1, 6, 7, 4, 5)
#define TURN_3(x) SHUFFLE(u32x8, x, x, 3, 0, 1, 2, 7, 4, 5, 6)

#define DOUBLE_ROUND(a, b, c, d) \
	do { \
		QUARTER_ROUND(a, b, c, d); \
		b = TURN_1(b); c = TURN_2(c); d = TURN_3(d); \
		QUARTER_ROUND(a, b, c, d); \
		b = TURN_3(b); c = TURN_2(c); d = TURN_1(d); \
	} while (0)

AVX2_PART u32x8 twice(const uint32_t *row)
{
	u32x8 rows;

	__asm__("vbroadcasti128 %1, %0" : "=x"(rows) : "m"(*(const u32x4_bytes *)row));
	return rows;
}

/* Two blocks, of which the second is not always wanted. */
AVX2_PART void store_rows(uint8_t *output, u32x8 a, u32x8 b, u32x8 c, u32x8 d, int both)
{
	store(output, LOW_HALVES(a, b));
	store(output + 32, LOW_HALVES(c, d));
	if (both) {
		store(output + 64, HIGH_HALVES(a, b));
		store(output + 96, HIGH_HALVES(c, d));
	}
}

struct rows {
	u32x8 a, b, c, d;
};

AVX2_PART struct rows first_rows(const uint32_t *key, uint32_t counter, const uint32_t *nonce)
{
	uint32_t n0 = nonce[0], n1 = nonce[1], n2 = nonce[2];

	return (struct rows){
		.a = { CONSTANT_0, CONSTANT_1, CONSTANT_2, CONSTANT_3, CONSTANT_0, CONSTANT_1, CONSTANT_2, CONSTANT_3 },
		.b = twice(key),
		.c = twice(key + 4),
		.d = { counter, n0, n1, n2, counter + 1, n0, n1, n2 },
	};
}

AVX2_PART void two_blocks(const uint32_t *key, uint32_t counter, const uint32_t *nonce, uint8_t *output, size_t blocks)
{
	struct rows s = first_rows(key, counter, nonce);
	u32x8 a = s.a, b = s.b, c = s.c, d = s.d;

	for (int i = 0; i < 10; i++)
		DOUBLE_ROUND(a, b, c, d);
	store_rows(output, a + s.a, b + s.b, c + s.c, d + s.d, blocks > 1);
}

AVX2_PART void four_blocks(const uint32_t *key, uint32_t counter, const uint32_t *nonce, uint8_t *output, size_t blocks)
{
	struct rows s = first_rows(key, counter, nonce);
	u32x8 d2 = s.d + (u32x8){ 2, 0, 0, 0, 2, 0, 0, 0 };
	u32x8 a0 = s.a, b0 = s.b, c0 = s.c, d0 = s.d;
	u32x8 a1 = s.a, b1 = s.b, c1 = s.c, d1 = d2;

	for (int i = 0; i < 10; i++) {
		DOUBLE_ROUND(a0, b0, c0, d0);
		DOUBLE_ROUND(a1, b1, c1, d1);
	}
	store_rows(output, a0 + s.a, b0 + s.b, c0 + s.c, d0 + s.d, 1);
	store_rows(output + 128, a1 + s.a, b1 + s.b, c1 + s.c, d1 + d2, blocks > 3);
}

/* ---------------------------------------------------------------------------------------------------- any number */

static AVX2_CODE __attribute__((__noinline__)) void make_key_stream(const uint32_t *key, uint32_t counter,
								const uint32_t *nonce, uint8_t *output, size_t blocks)
{
	for (; blocks >= 8; blocks -= 8, counter += 8, output += 8 * 64)
		eight_blocks(key, counter, nonce, output);
	if (blocks >= 3) {
		size_t made = blocks < 4 ? blocks : 4;

		four_blocks(key, counter, nonce, output, made);
		blocks -= made, counter += made, output += made * 64;
	}
	if (blocks >= 3)
		four_blocks(key, counter, nonce, output, blocks);
	else if (blocks > 0)
		two_blocks(key, counter, nonce, output, blocks);
}

AVX2_CODE void lrng_chacha20_avx2(const uint32_t key[8], uint32_t counter, const uint32_t nonce[3], uint8_t *output, size_t blocks)
{
	make_key_stream(key, counter, nonce, output, blocks);
	LEAVE_NOTHING(512);
}

#endif
