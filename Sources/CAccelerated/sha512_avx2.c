// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * The compression function of SHA-512 with its message schedule in vectors, two words each, beside rounds in general
 * registers, which BMI2 rotates without a copy. Sixteen rounds take their words from memory, while vectors make those of the
 * next sixteen.
 *
 * Secrets are in general registers here, too: at the end, those that a function need not restore are cleared.
 */
#if defined(__x86_64__)

#include "vector.h"

#define SHA512_CODE CODE("avx2,bmi2")
#define SHA512_PART PART("avx2,bmi2")

/* K of section 4.2.3: the first 64 bits of the fractional parts of the cube roots of the first 80 primes. */
static const u64x2 sha512_constants[40] = {
	{ 0x428a2f98d728ae22, 0x7137449123ef65cd }, { 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc },
	{ 0x3956c25bf348b538, 0x59f111f1b605d019 }, { 0x923f82a4af194f9b, 0xab1c5ed5da6d8118 },
	{ 0xd807aa98a3030242, 0x12835b0145706fbe }, { 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2 },
	{ 0x72be5d74f27b896f, 0x80deb1fe3b1696b1 }, { 0x9bdc06a725c71235, 0xc19bf174cf692694 },
	{ 0xe49b69c19ef14ad2, 0xefbe4786384f25e3 }, { 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65 },
	{ 0x2de92c6f592b0275, 0x4a7484aa6ea6e483 }, { 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5 },
	{ 0x983e5152ee66dfab, 0xa831c66d2db43210 }, { 0xb00327c898fb213f, 0xbf597fc7beef0ee4 },
	{ 0xc6e00bf33da88fc2, 0xd5a79147930aa725 }, { 0x06ca6351e003826f, 0x142929670a0e6e70 },
	{ 0x27b70a8546d22ffc, 0x2e1b21385c26c926 }, { 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df },
	{ 0x650a73548baf63de, 0x766a0abb3c77b2a8 }, { 0x81c2c92e47edaee6, 0x92722c851482353b },
	{ 0xa2bfe8a14cf10364, 0xa81a664bbc423001 }, { 0xc24b8b70d0f89791, 0xc76c51a30654be30 },
	{ 0xd192e819d6ef5218, 0xd69906245565a910 }, { 0xf40e35855771202a, 0x106aa07032bbd1b8 },
	{ 0x19a4c116b8d2d0c8, 0x1e376c085141ab53 }, { 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8 },
	{ 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb }, { 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3 },
	{ 0x748f82ee5defb2fc, 0x78a5636f43172f60 }, { 0x84c87814a1f0ab72, 0x8cc702081a6439ec },
	{ 0x90befffa23631e28, 0xa4506cebde82bde9 }, { 0xbef9a3f7b2c67915, 0xc67178f2e372532b },
	{ 0xca273eceea26619c, 0xd186b8c721c0c207 }, { 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178 },
	{ 0x06f067aa72176fba, 0x0a637dc5a2c898a6 }, { 0x113f9804bef90dae, 0x1b710b35131c471b },
	{ 0x28db77f523047d84, 0x32caab7b40c72493 }, { 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c },
	{ 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a }, { 0x5fcb6fab3ad6faec, 0x6c44198c4a475817 },
};

/* ---------------------------------------------------------------------------------------------------- the schedule */

#define RIGHT(x, n) (((x) >> (n)) ^ ((x) << (64 - (n))))

/* Section 6.4.2, step 1, for W_t and W_(t+1): of the words from t - 16, t - 14, t - 8, t - 6 and t - 2 on. */
SHA512_PART u64x2 next_pair(u64x2 w0, u64x2 w2, u64x2 w8, u64x2 w10, u64x2 w14)
{
	u64x2 w1 = SHUFFLE(u64x2, w0, w2, 1, 2), w9 = SHUFFLE(u64x2, w8, w10, 1, 2);
	u64x2 sigma0 = RIGHT(w1, 1) ^ RIGHT(w1, 8) ^ (w1 >> 7);
	u64x2 sigma1 = RIGHT(w14, 19) ^ RIGHT(w14, 61) ^ (w14 >> 6);

	return w0 + w9 + sigma0 + sigma1;
}

SHA512_PART u64x2 pair_of_message(const uint8_t *bytes)
{
	const u8x16 reversed = { 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8 };
	u64x2 words;

	__asm__("vpshufb %2, %1, %0" : "=x"(words) : "x"(*(const u64x2_bytes *)bytes), "x"(reversed));
	return words;
}

/* ------------------------------------------------------------------------------------------------------ the rounds */

#define ROTATE_RIGHT(x, n) ((x) >> (n) | (x) << (64 - (n)))

/*
 * One round of step 3, with the new a in the place of h, and the new e in the place of d. The majority of a, b and c is b
 * where b and c agree, else a; `b_or_c` has a one where they differ, and the next round needs the same of a and b.
 */
#define ROUND_512(a, b, c, d, e, f, g, h, sum) \
	do { \
		uint64_t a_or_b = a ^ b; \
		h += (sum); \
		h += ((e) & (f)) ^ (~(e) & (g)); \
		h += ROTATE_RIGHT(e, 14) ^ ROTATE_RIGHT(e, 18) ^ ROTATE_RIGHT(e, 41); \
		d += h; \
		h += b ^ (a_or_b & b_or_c); \
		h += ROTATE_RIGHT(a, 28) ^ ROTATE_RIGHT(a, 34) ^ ROTATE_RIGHT(a, 39); \
		b_or_c = a_or_b; \
	} while (0)

/* Eight rounds rename the variables once around. Before each two, what the same two of the next sixteen add is made. */
#define EIGHT_ROUNDS_512(t, prepare) \
	do { \
		ROUND_512(a, b, c, d, e, f, g, h, sums[t]); \
		ROUND_512(h, a, b, c, d, e, f, g, sums[t + 1]); \
		prepare(t); \
		ROUND_512(g, h, a, b, c, d, e, f, sums[t + 2]); \
		ROUND_512(f, g, h, a, b, c, d, e, sums[t + 3]); \
		prepare(t + 2); \
		ROUND_512(e, f, g, h, a, b, c, d, sums[t + 4]); \
		ROUND_512(d, e, f, g, h, a, b, c, sums[t + 5]); \
		prepare(t + 4); \
		ROUND_512(c, d, e, f, g, h, a, b, sums[t + 6]); \
		ROUND_512(b, c, d, e, f, g, h, a, sums[t + 7]); \
		prepare(t + 6); \
	} while (0)

#define W(t) w[((t) & 15) / 2]
#define STORE_PAIR(t, constants) *(u64x2_bytes *)&sums[t] = W(t) + (constants)[(t) / 2]
#define NEXT_PAIR(t) \
	do { \
		W(t) = next_pair(W(t), W(t + 2), W(t + 8), W(t + 10), W(t + 14)); \
		STORE_PAIR(t, k); \
	} while (0)
#define NO_PAIR(t)

SHA512_PART void compress_512(uint64_t *state, const uint8_t *data, size_t blocks)
{
	UNINITIALIZED uint64_t sums[16];

	for (; blocks > 0; blocks--, data += 128) {
		const u64x2 *k = sha512_constants;
		uint64_t a = state[0], b = state[1], c = state[2], d = state[3];
		uint64_t e = state[4], f = state[5], g = state[6], h = state[7], b_or_c = b ^ c;
		u64x2 w[8];

#define FIRST_PAIR(t) \
	W(t) = pair_of_message(data + 8 * (t)); \
	STORE_PAIR(t, k)
		FIRST_PAIR(0);
		FIRST_PAIR(2);
		FIRST_PAIR(4);
		FIRST_PAIR(6);
		FIRST_PAIR(8);
		FIRST_PAIR(10);
		FIRST_PAIR(12);
		FIRST_PAIR(14);
#undef FIRST_PAIR
		do {
			k += 8;
			EIGHT_ROUNDS_512(0, NEXT_PAIR);
			EIGHT_ROUNDS_512(8, NEXT_PAIR);
		} while (k < sha512_constants + 32);
		EIGHT_ROUNDS_512(0, NO_PAIR);
		EIGHT_ROUNDS_512(8, NO_PAIR);

		state[0] += a;
		state[1] += b;
		state[2] += c;
		state[3] += d;
		state[4] += e;
		state[5] += f;
		state[6] += g;
		state[7] += h;
	}
}

/* ------------------------------------------------------------------------- the same by different instructions, twice */

/* AVX-512 has a rotation of words, and combines three of them at once: the compiler sees where. */
#define SHA512_AVX512_CODE CODE("avx2,bmi2,avx512f,avx512vl")

static SHA512_CODE __attribute__((__noinline__)) void compress_512_avx2(uint64_t *state, const uint8_t *data, size_t blocks)
{
	compress_512(state, data, blocks);
}

SHA512_CODE void lrng_sha512_avx2(uint64_t state[8], const uint8_t *data, size_t blocks)
{
	compress_512_avx2(state, data, blocks);
	LEAVE_NOTHING(512);
	FORGET_GENERAL_REGISTERS();
}

static SHA512_AVX512_CODE __attribute__((__noinline__)) void compress_512_avx512(uint64_t *state, const uint8_t *data,
										 size_t blocks)
{
	compress_512(state, data, blocks);
}

SHA512_AVX512_CODE void lrng_sha512_avx512(uint64_t state[8], const uint8_t *data, size_t blocks)
{
	compress_512_avx512(state, data, blocks);
	LEAVE_NOTHING_AVX512(512);
	FORGET_GENERAL_REGISTERS();
}

#endif
