/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * What the implementations of AES-256 (FIPS 197) have in common: the key schedule and the counter.
 *
 * A key is 32 bytes, and no more is kept of it: the schedule is made anew for each call, as fast as rounds go by, so that
 * a few blocks encrypted at the same time hide most of it. Who has many blocks makes it first, on the stack.
 */
#ifndef LRNG_AES256_H
#define LRNG_AES256_H

#include "vector.h"

#define AES_CODE CODE("aes,sse4.1")
#define AES_PART PART("aes,sse4.1")

/* What the builtins of both compilers take. */
typedef long long i64x2 __attribute__((vector_size(16)));
typedef char i8x16 __attribute__((vector_size(16)));

AES_PART u64x2 encrypt_round(u64x2 state, u64x2 key)
{
	return (u64x2)__builtin_ia32_aesenc128((i64x2)state, (i64x2)key);
}

AES_PART u64x2 encrypt_last_round(u64x2 state, u64x2 key)
{
	return (u64x2)__builtin_ia32_aesenclast128((i64x2)state, (i64x2)key);
}

AES_PART u64x2 select_bytes(u64x2 bytes, i8x16 pattern)
{
	return (u64x2)__builtin_ia32_pshufb128((i8x16)bytes, pattern);
}

/* --------------------------------------------------------------------------------------------------- key schedule */

/*
 * Section 5.2, algorithm 2 with Nk = 8, four words at a time: the key of round n is made of those of the rounds n - 1 and
 * n - 2. The instruction for the last round of the cipher is SubBytes and ShiftRows and an addition, and of four words that
 * are equal ShiftRows changes nothing.
 */
struct key_schedule {
	u64x2 before, last, round_constant;
};

AES_PART struct key_schedule begin_schedule(const uint8_t *key)
{
	return (struct key_schedule){
		.before = *(const u64x2_bytes *)key,
		.last = *(const u64x2_bytes *)(key + 16),
		.round_constant = (u64x2)(u32x4){ 1, 1, 1, 1 },
	};
}

/* Of the words w0 to w3: w0, w0 + w1, w0 + w1 + w2, and the sum of all. */
AES_PART u64x2 sums_of_words(u64x2 key)
{
	const u32x4 none = {};

	key ^= (u64x2)SHUFFLE(u32x4, none, (u32x4)key, 0, 4, 5, 6);
	return key ^ (u64x2)SHUFFLE(u32x4, none, (u32x4)key, 0, 1, 4, 5);
}

/* Of an even round: the last word before is rotated, and gets a constant. */
AES_PART u64x2 next_even_key(struct key_schedule *schedule)
{
	const i8x16 rotated = { 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12 };
	u64x2 key = encrypt_last_round(select_bytes(schedule->last, rotated), schedule->round_constant);

	key ^= sums_of_words(schedule->before);
	schedule->round_constant = (u64x2)((u32x4)schedule->round_constant + (u32x4)schedule->round_constant);
	schedule->before = schedule->last;
	schedule->last = key;
	return key;
}

AES_PART u64x2 next_odd_key(struct key_schedule *schedule)
{
	const i8x16 repeated = { 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15 };
	u64x2 key = encrypt_last_round(select_bytes(schedule->last, repeated), (u64x2){});

	key ^= sums_of_words(schedule->before);
	schedule->before = schedule->last;
	schedule->last = key;
	return key;
}

/* All keys; there is room for fifteen. */
AES_PART void expand_key(const uint8_t *key, u64x2 *keys)
{
	struct key_schedule schedule = begin_schedule(key);

	keys[0] = schedule.before;
	keys[1] = schedule.last;
	for (int round = 2; round < 14; round += 2) {
		keys[round] = next_even_key(&schedule);
		keys[round + 1] = next_odd_key(&schedule);
	}
	keys[14] = next_even_key(&schedule);
}

/* -------------------------------------------------------------------------------------------------------- counter */

/*
 * A number of 128 bits: its higher half, then its lower half. Numbers of blocks are added without a look at the carry: the
 * highest bit of the lower half falls when the sum wraps, and only then.
 */
AES_PART u64x2 plus(u64x2 number, uint64_t blocks)
{
	u64x2 sum = number + (u64x2){ 0, blocks };
	u64x2 carry = (number & ~sum) >> 63;

	return sum + SHUFFLE(u64x2, carry, (u64x2){}, 1, 2);
}

/* Most significant byte first. */
AES_PART u64x2 bytes_of(u64x2 number)
{
	return select_bytes(number, (i8x16){ 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8 });
}

#endif
