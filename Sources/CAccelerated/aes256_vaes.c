// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * The key stream of AES-256 in counter mode with VAES, whose instructions work on two blocks (with AVX2) or four (with
 * AVX-512) to a vector. Eight vectors at a time keep the units busy; a rest is made like a whole, and stored in part.
 */
#if defined(__x86_64__)

#include "aes256.h"

#define VAES256_CODE CODE("aes,avx2")
#define VAES256_PART PART("aes,avx2")
#define VAES512_CODE CODE("aes,avx2,avx512f,avx512vl")
#define VAES512_PART PART("aes,avx2,avx512f,avx512vl")

/* Instructions in words, lest the files need compilers that know their names. */
#define ROUND_OF(vector, instruction, state, key) __asm__(instruction " %1, %0, %0" : "+" vector(state) : vector(key))

#define EIGHT(vector, instruction, key) \
	do { \
		ROUND_OF(vector, instruction, a0, key); \
		ROUND_OF(vector, instruction, a1, key); \
		ROUND_OF(vector, instruction, a2, key); \
		ROUND_OF(vector, instruction, a3, key); \
		ROUND_OF(vector, instruction, a4, key); \
		ROUND_OF(vector, instruction, a5, key); \
		ROUND_OF(vector, instruction, a6, key); \
		ROUND_OF(vector, instruction, a7, key); \
	} while (0)

/* ----------------------------------------------------------------------------------------------- two blocks a vector */

VAES256_PART u64x4 both(const void *block)
{
	u64x4 twice;

	__asm__("vbroadcasti128 %1, %0" : "=x"(twice) : "m"(*(const u64x2_bytes *)block));
	return twice;
}

VAES256_PART u64x4 plus_256(u64x4 numbers, u64x4 blocks)
{
	u64x4 sums = numbers + blocks, carries = (numbers & ~sums) >> 63;

	return sums + SHUFFLE(u64x4, carries, (u64x4){}, 1, 4, 3, 6);
}

VAES256_PART u64x4 bytes_of_256(u64x4 numbers)
{
	const u8x32 reversed = { 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8,
				 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8 };
	u64x4 bytes;

	__asm__("vpshufb %2, %1, %0" : "=x"(bytes) : "x"(numbers), "x"(reversed));
	return bytes;
}

VAES256_PART void store_256(uint8_t *output, size_t blocks, size_t first, u64x4 a)
{
	if (blocks > first + 1)
		*(u64x4_bytes *)(output + 16 * first) = a;
	else if (blocks > first)
		*(u64x2_bytes *)(output + 16 * first) = (u64x2){ a[0], a[1] };
}

/* At most sixteen blocks are wanted. */
VAES256_PART void sixteen_counters(const u64x2 *keys, const uint64_t *counter, uint8_t *output, size_t blocks)
{
	const u64x4 two = { 0, 2, 0, 2 };
	u64x4 k = both(&keys[0]);
	u64x4 c0 = plus_256(both(counter), (u64x4){ 0, 1, 0, 2 }), c1 = plus_256(c0, two), c2 = plus_256(c1, two);
	u64x4 c3 = plus_256(c2, two), c4 = plus_256(c3, two), c5 = plus_256(c4, two), c6 = plus_256(c5, two);
	u64x4 c7 = plus_256(c6, two);
	u64x4 a0 = bytes_of_256(c0) ^ k, a1 = bytes_of_256(c1) ^ k, a2 = bytes_of_256(c2) ^ k, a3 = bytes_of_256(c3) ^ k;
	u64x4 a4 = bytes_of_256(c4) ^ k, a5 = bytes_of_256(c5) ^ k, a6 = bytes_of_256(c6) ^ k, a7 = bytes_of_256(c7) ^ k;

	for (int round = 1; round < 14; round++) {
		k = both(&keys[round]);
		EIGHT("x", "vaesenc", k);
	}
	k = both(&keys[14]);
	EIGHT("x", "vaesenclast", k);

	store_256(output, blocks, 0, a0);
	store_256(output, blocks, 2, a1);
	store_256(output, blocks, 4, a2);
	store_256(output, blocks, 6, a3);
	store_256(output, blocks, 8, a4);
	store_256(output, blocks, 10, a5);
	store_256(output, blocks, 12, a6);
	store_256(output, blocks, 14, a7);
}

static VAES256_CODE __attribute__((__noinline__)) void make_counter_stream_256(const uint8_t *key, uint64_t *counter,
									       uint8_t *output, size_t blocks)
{
	UNINITIALIZED u64x2 keys[15];

	expand_key(key, keys);
	while (blocks > 0) {
		size_t made = blocks < 16 ? blocks : 16;

		sixteen_counters(keys, counter, output, made);
		*(u64x2_bytes *)counter = plus(*(const u64x2_bytes *)counter, made);
		output += 16 * made;
		blocks -= made;
	}
}

VAES256_CODE void lrng_aes256_ctr_vaes256(const uint8_t key[32], uint64_t counter[2], uint8_t *output, size_t blocks)
{
	make_counter_stream_256(key, counter, output, blocks);
	LEAVE_NOTHING(384);
}

/* ---------------------------------------------------------------------------------------------- four blocks a vector */

VAES512_PART u64x8 four(const void *block)
{
	u64x8 four_times;

	__asm__("vbroadcasti32x4 %1, %0" : "=v"(four_times) : "m"(*(const u64x2_bytes *)block));
	return four_times;
}

VAES512_PART u64x8 plus_512(u64x8 numbers, u64x8 blocks)
{
	u64x8 sums = numbers + blocks, carries = (numbers & ~sums) >> 63;

	return sums + SHUFFLE(u64x8, carries, (u64x8){}, 1, 8, 3, 10, 5, 12, 7, 14);
}

/* By rotations, since shuffles of bytes are not part of AVX-512F. */
VAES512_PART u64x8 bytes_of_512(u64x8 numbers)
{
	const u64x8 odd = (u64x8){ 0x00ff00ff00ff00ff, 0x00ff00ff00ff00ff, 0x00ff00ff00ff00ff, 0x00ff00ff00ff00ff,
				   0x00ff00ff00ff00ff, 0x00ff00ff00ff00ff, 0x00ff00ff00ff00ff, 0x00ff00ff00ff00ff };
	const u32x16 words = (u32x16)numbers;
	const u32x16 swapped = (u32x16)((u64x8)(words << 8 | words >> 24) & odd) |
			       (u32x16)((u64x8)(words << 24 | words >> 8) & ~odd);

	return (u64x8)SHUFFLE(u32x16, swapped, swapped, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
}

/* As many of the vector's four blocks as are wanted: none, if there are not more than `first`. */
VAES512_PART void store_512(uint8_t *output, size_t blocks, size_t first, u64x8 a)
{
	size_t wanted = blocks > first ? blocks - first : 0;
	uint16_t halves = wanted < 4 ? (uint16_t)((1u << (2 * wanted)) - 1) : 0xff;

	__asm__ __volatile__("vmovdqu64 %1, %0%{%2%}" : "+m"(*(u64x8_bytes *)(output + 16 * first)) : "v"(a), "Yk"(halves));
}

/* At most thirty-two blocks are wanted. */
VAES512_PART void thirty_two_counters(const u64x2 *keys, const uint64_t *counter, uint8_t *output, size_t blocks)
{
	const u64x8 next = { 0, 4, 0, 4, 0, 4, 0, 4 };
	u64x8 k = four(&keys[0]);
	u64x8 c0 = plus_512(four(counter), (u64x8){ 0, 1, 0, 2, 0, 3, 0, 4 }), c1 = plus_512(c0, next), c2 = plus_512(c1, next);
	u64x8 c3 = plus_512(c2, next), c4 = plus_512(c3, next), c5 = plus_512(c4, next), c6 = plus_512(c5, next);
	u64x8 c7 = plus_512(c6, next);
	u64x8 a0 = bytes_of_512(c0) ^ k, a1 = bytes_of_512(c1) ^ k, a2 = bytes_of_512(c2) ^ k, a3 = bytes_of_512(c3) ^ k;
	u64x8 a4 = bytes_of_512(c4) ^ k, a5 = bytes_of_512(c5) ^ k, a6 = bytes_of_512(c6) ^ k, a7 = bytes_of_512(c7) ^ k;

	for (int round = 1; round < 14; round++) {
		k = four(&keys[round]);
		EIGHT("v", "vaesenc", k);
	}
	k = four(&keys[14]);
	EIGHT("v", "vaesenclast", k);

	store_512(output, blocks, 0, a0);
	store_512(output, blocks, 4, a1);
	store_512(output, blocks, 8, a2);
	store_512(output, blocks, 12, a3);
	store_512(output, blocks, 16, a4);
	store_512(output, blocks, 20, a5);
	store_512(output, blocks, 24, a6);
	store_512(output, blocks, 28, a7);
}

static VAES512_CODE __attribute__((__noinline__)) void make_counter_stream_512(const uint8_t *key, uint64_t *counter,
									       uint8_t *output, size_t blocks)
{
	UNINITIALIZED u64x2 keys[15];

	expand_key(key, keys);
	while (blocks > 0) {
		size_t made = blocks < 32 ? blocks : 32;

		thirty_two_counters(keys, counter, output, made);
		*(u64x2_bytes *)counter = plus(*(const u64x2_bytes *)counter, made);
		output += 16 * made;
		blocks -= made;
	}
}

VAES512_CODE void lrng_aes256_ctr_vaes512(const uint8_t key[32], uint64_t counter[2], uint8_t *output, size_t blocks)
{
	make_counter_stream_512(key, counter, output, blocks);
	LEAVE_NOTHING_AVX512(384);
}

#endif
