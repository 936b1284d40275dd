// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * Eight compressions of SHA-256 at once with AVX2: each vector holds one word of eight independent computations, its lanes.
 *
 * The words of the messages come interleaved, so that there is nothing to transpose. Of the message schedule the last
 * sixteen words are kept; eight rounds rename the variables once around, so no round has to move them. Constants stand
 * eight times in a row, because an addition takes a whole vector from memory.
 */
#if defined(__x86_64__)

#include "vector.h"

#define EIGHT_TIMES(k) { k, k, k, k, k, k, k, k }
#define ROW(a, b, c, d) EIGHT_TIMES(a), EIGHT_TIMES(b), EIGHT_TIMES(c), EIGHT_TIMES(d)

/* K of section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const u32x8 round_constants[64] = {
	ROW(0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5), ROW(0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5),
	ROW(0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3), ROW(0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174),
	ROW(0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc), ROW(0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da),
	ROW(0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7), ROW(0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967),
	ROW(0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13), ROW(0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85),
	ROW(0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3), ROW(0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070),
	ROW(0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5), ROW(0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3),
	ROW(0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208), ROW(0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2),
};

/* The functions of section 4.1.2. Exclusive or combines shifts as well as rotations, so nothing is rotated as such. */
#define BIG_SIGMA_0(x) (((x) >> 2) ^ ((x) << 30) ^ ((x) >> 13) ^ ((x) << 19) ^ ((x) >> 22) ^ ((x) << 10))
#define BIG_SIGMA_1(x) (((x) >> 6) ^ ((x) << 26) ^ ((x) >> 11) ^ ((x) << 21) ^ ((x) >> 25) ^ ((x) << 7))
#define SMALL_SIGMA_0(x) (((x) >> 7) ^ ((x) << 25) ^ ((x) >> 18) ^ ((x) << 14) ^ ((x) >> 3))
#define SMALL_SIGMA_1(x) (((x) >> 17) ^ ((x) << 15) ^ ((x) >> 19) ^ ((x) << 13) ^ ((x) >> 10))
#define CHOOSE(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))

/*
 * One round of section 6.2.2, step 3, with the new a in the place of h, and the new e in the place of d. The majority of a,
 * b and c is b where b and c agree, else a; `b_or_c` has a one where they differ, and the next round needs the same of a
 * and b.
 */
#define ROUND(a, b, c, d, e, f, g, h, constant, word) \
	do { \
		u32x8 a_or_b = a ^ b; \
		h += (word) + (constant); \
		h += CHOOSE(e, f, g); \
		h += BIG_SIGMA_1(e); \
		d += h; \
		h += b ^ (a_or_b & b_or_c); \
		h += BIG_SIGMA_0(a); \
		b_or_c = a_or_b; \
	} while (0)

#define EIGHT_ROUNDS(t, word) \
	do { \
		ROUND(a, b, c, d, e, f, g, h, k[t], word(t)); \
		ROUND(h, a, b, c, d, e, f, g, k[t + 1], word(t + 1)); \
		ROUND(g, h, a, b, c, d, e, f, k[t + 2], word(t + 2)); \
		ROUND(f, g, h, a, b, c, d, e, k[t + 3], word(t + 3)); \
		ROUND(e, f, g, h, a, b, c, d, k[t + 4], word(t + 4)); \
		ROUND(d, e, f, g, h, a, b, c, k[t + 5], word(t + 5)); \
		ROUND(c, d, e, f, g, h, a, b, k[t + 6], word(t + 6)); \
		ROUND(b, c, d, e, f, g, h, a, k[t + 7], word(t + 7)); \
	} while (0)

/*
 * Step 1: a word of the message, or W_t in the place of W_(t-16). The schedule is kept in memory, as far as the compiler
 * knows, and may have changed: it would rather have all of it in registers, and those on the stack at places of its own.
 */
#define KEEP(t, value) \
	({ \
		u32x8 new_word = value; \
		w[t] = new_word; \
		__asm__ __volatile__("" : : "r"(w) : "memory"); \
		new_word; \
	})
#define FIRST_WORD(t) KEEP(t, *(const u32x8_bytes *)words[t])
#define NEXT_WORD(t) \
	KEEP(t, w[t] + SMALL_SIGMA_1(w[((t) + 14) & 15]) + w[((t) + 9) & 15] + SMALL_SIGMA_0(w[((t) + 1) & 15]))

static AVX2_CODE __attribute__((__noinline__)) void compress(uint32_t (*state)[8], const uint32_t (*words)[8], size_t blocks)
{
	UNINITIALIZED u32x8 w[16];
	u32x8_bytes *s = (u32x8_bytes *)state;

	for (; blocks > 0; blocks--, words += 16) {
		const u32x8 *k = round_constants;
		u32x8 a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
		u32x8 b_or_c = b ^ c;

		FORGET(k);
		EIGHT_ROUNDS(0, FIRST_WORD);
		EIGHT_ROUNDS(8, FIRST_WORD);
		do {
			k += 16;
			EIGHT_ROUNDS(0, NEXT_WORD);
			EIGHT_ROUNDS(8, NEXT_WORD);
		} while (k < round_constants + 48);

		s[0] += a;
		s[1] += b;
		s[2] += c;
		s[3] += d;
		s[4] += e;
		s[5] += f;
		s[6] += g;
		s[7] += h;
	}
}

AVX2_CODE void lrng_sha256x8_avx2(uint32_t state[8][8], const uint32_t (*words)[8], size_t blocks)
{
	compress(state, words, blocks);
	LEAVE_NOTHING(768);
}

#endif
