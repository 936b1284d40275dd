// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * AES-256 with AES-NI, in the 16-byte registers that every such processor has: four blocks with the key schedule made on the
 * way, which is all that a short request of CTR_DRBG needs, and key stream of any length, eight blocks at a time.
 */
#if defined(__x86_64__)

#include "aes256.h"

/* ------------------------------------------------------------------------------------------------------ four blocks */

static AES_CODE __attribute__((__noinline__)) void encrypt_four(const uint8_t *key, uint8_t *blocks)
{
	struct key_schedule schedule = begin_schedule(key);
	u64x2_bytes *b = (u64x2_bytes *)blocks;
	u64x2 a0 = b[0] ^ schedule.before, a1 = b[1] ^ schedule.before;
	u64x2 a2 = b[2] ^ schedule.before, a3 = b[3] ^ schedule.before;
	u64x2 k = schedule.last;

#define ROUND(step) \
	do { \
		a0 = step(a0, k); \
		a1 = step(a1, k); \
		a2 = step(a2, k); \
		a3 = step(a3, k); \
	} while (0)

	for (int round = 2; round < 14; round += 2) {
		ROUND(encrypt_round);
		k = next_even_key(&schedule);
		ROUND(encrypt_round);
		k = next_odd_key(&schedule);
	}
	ROUND(encrypt_round);
	k = next_even_key(&schedule);
	ROUND(encrypt_last_round);
#undef ROUND

	b[0] = a0;
	b[1] = a1;
	b[2] = a2;
	b[3] = a3;
}

AES_CODE void lrng_aes256_four_aesni(const uint8_t key[32], uint8_t blocks[64])
{
	encrypt_four(key, blocks);
	LEAVE_NOTHING_SSE(128);
}

/* ------------------------------------------------------------------------------------------------------ key stream */

/* At most eight blocks are wanted. */
AES_PART void eight_counters(const u64x2 *keys, u64x2 counter, uint8_t *output, size_t blocks)
{
	u64x2_bytes *b = (u64x2_bytes *)output;
	u64x2 k = keys[0];
	u64x2 a0 = bytes_of(plus(counter, 1)) ^ k, a1 = bytes_of(plus(counter, 2)) ^ k;
	u64x2 a2 = bytes_of(plus(counter, 3)) ^ k, a3 = bytes_of(plus(counter, 4)) ^ k;
	u64x2 a4 = bytes_of(plus(counter, 5)) ^ k, a5 = bytes_of(plus(counter, 6)) ^ k;
	u64x2 a6 = bytes_of(plus(counter, 7)) ^ k, a7 = bytes_of(plus(counter, 8)) ^ k;

#define ROUND(step) \
	do { \
		a0 = step(a0, k); \
		a1 = step(a1, k); \
		a2 = step(a2, k); \
		a3 = step(a3, k); \
		a4 = step(a4, k); \
		a5 = step(a5, k); \
		a6 = step(a6, k); \
		a7 = step(a7, k); \
	} while (0)

	for (int round = 1; round < 14; round++) {
		k = keys[round];
		ROUND(encrypt_round);
	}
	k = keys[14];
	ROUND(encrypt_last_round);
#undef ROUND

	b[0] = a0;
	if (blocks > 1)
		b[1] = a1;
	if (blocks > 2)
		b[2] = a2;
	if (blocks > 3)
		b[3] = a3;
	if (blocks > 4)
		b[4] = a4;
	if (blocks > 5)
		b[5] = a5;
	if (blocks > 6)
		b[6] = a6;
	if (blocks > 7)
		b[7] = a7;
}

static AES_CODE __attribute__((__noinline__)) void make_counter_stream(const uint8_t *key, uint64_t *counter, uint8_t *output,
								       size_t blocks)
{
	UNINITIALIZED u64x2 keys[15];
	u64x2 number = *(const u64x2_bytes *)counter;

	expand_key(key, keys);
	while (blocks > 0) {
		size_t made = blocks < 8 ? blocks : 8;

		eight_counters(keys, number, output, made);
		number = plus(number, made);
		output += 16 * made;
		blocks -= made;
	}
	*(u64x2_bytes *)counter = number;
}

AES_CODE void lrng_aes256_ctr_aesni(const uint8_t key[32], uint64_t counter[2], uint8_t *output, size_t blocks)
{
	make_counter_stream(key, counter, output, blocks);
	LEAVE_NOTHING_SSE(384);
}

#endif
