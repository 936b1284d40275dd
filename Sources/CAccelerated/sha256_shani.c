// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * The compression function of SHA-256 with the SHA extensions, which do two rounds, and four words of the message schedule,
 * with an instruction or two.
 *
 * Vectors have words from the least significant end on. The state is in two of them, f e b a and h g d c: two rounds make
 * of both the new f e b a, and what was there before is the new h g d c.
 */
#if defined(__x86_64__)

#include "vector.h"

#define SHA_CODE CODE("sha,sse4.1")
#define SHA_PART PART("sha,sse4.1")

typedef int i32x4 __attribute__((vector_size(16)));
typedef char sha_i8x16 __attribute__((vector_size(16)));

/* K of section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const u32x4 sha256_constants[16] = {
	{ 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5 }, { 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5 },
	{ 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3 }, { 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174 },
	{ 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc }, { 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da },
	{ 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7 }, { 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967 },
	{ 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13 }, { 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85 },
	{ 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3 }, { 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070 },
	{ 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5 }, { 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3 },
	{ 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208 }, { 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2 },
};

SHA_PART u32x4 message_words(const uint8_t *bytes)
{
	const sha_i8x16 reversed = { 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12 };

	return (u32x4)__builtin_ia32_pshufb128((sha_i8x16)*(const u32x4_bytes *)bytes, reversed);
}

/* Section 6.2.2, step 1, for four words: W_t of W_(t-16), W_(t-12), W_(t-8) and W_(t-4), and so on. */
SHA_PART u32x4 next_words(u32x4 w0, u32x4 w4, u32x4 w8, u32x4 w12)
{
	u32x4 sum = (u32x4)__builtin_ia32_sha256msg1((i32x4)w0, (i32x4)w4) + SHUFFLE(u32x4, w8, w12, 1, 2, 3, 4);

	return (u32x4)__builtin_ia32_sha256msg2((i32x4)sum, (i32x4)w12);
}

/* Step 3, four rounds. */
#define FOUR_ROUNDS(words, n) \
	do { \
		u32x4 sums = (words) + sha256_constants[n]; \
		hgdc = (u32x4)__builtin_ia32_sha256rnds2((i32x4)hgdc, (i32x4)feba, (i32x4)sums); \
		feba = (u32x4)__builtin_ia32_sha256rnds2((i32x4)feba, (i32x4)hgdc, (i32x4)SHUFFLE(u32x4, sums, sums, 2, 3, 2, 3)); \
	} while (0)

static SHA_CODE __attribute__((__noinline__)) void compress_blocks(uint32_t *state, const uint8_t *data, size_t blocks)
{
	u32x4_bytes *s = (u32x4_bytes *)state;
	u32x4 dcba = s[0], hgfe = s[1];
	/* The last element is the first letter. */
	u32x4 feba = SHUFFLE(u32x4, dcba, hgfe, 5, 4, 1, 0), hgdc = SHUFFLE(u32x4, dcba, hgfe, 7, 6, 3, 2);

	for (; blocks > 0; blocks--, data += 64) {
		u32x4 feba_before = feba, hgdc_before = hgdc;
		u32x4 w0 = message_words(data), w4 = message_words(data + 16);
		u32x4 w8 = message_words(data + 32), w12 = message_words(data + 48);

		FOUR_ROUNDS(w0, 0);
		FOUR_ROUNDS(w4, 1);
		FOUR_ROUNDS(w8, 2);
		FOUR_ROUNDS(w12, 3);
		for (int n = 4; n < 16; n += 4) {
			w0 = next_words(w0, w4, w8, w12);
			FOUR_ROUNDS(w0, n);
			w4 = next_words(w4, w8, w12, w0);
			FOUR_ROUNDS(w4, n + 1);
			w8 = next_words(w8, w12, w0, w4);
			FOUR_ROUNDS(w8, n + 2);
			w12 = next_words(w12, w0, w4, w8);
			FOUR_ROUNDS(w12, n + 3);
		}
		feba += feba_before;
		hgdc += hgdc_before;
	}
	s[0] = SHUFFLE(u32x4, feba, hgdc, 3, 2, 7, 6);
	s[1] = SHUFFLE(u32x4, feba, hgdc, 1, 0, 5, 4);
}

SHA_CODE void lrng_sha256_shani(uint32_t state[8], const uint8_t *data, size_t blocks)
{
	compress_blocks(state, data, blocks);
	LEAVE_NOTHING_SSE(192);
}

#endif
