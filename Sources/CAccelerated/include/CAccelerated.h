/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * Primitives by special instructions, for the library and for the kernel module: the same files, no libc, no headers of the
 * compiler. LRNGCore's portable Swift says what they have to compute; tests compare the two.
 *
 * Whoever calls a function named after instructions has checked that the processor and the operating system know them. In
 * the kernel, the call stands between kernel_fpu_begin() and kernel_fpu_end(). The functions at the end choose: in user space
 * they are inline, in the kernel they are those of Kernel/Glue/vector.c.
 *
 * All are constant-time: what is not public decides no branch and no address.
 *
 * What they leave behind: nothing secret. Before a function returns,
 *
 *   - all vector registers are zero;
 *   - so is the stack below the caller, deeper than the function reached: what the compiler spilled went there.
 *
 * General registers only ever hold addresses, counts, block counter and nonce; SHA-512 clears them. The caller's own memory
 * is the caller's part.
 */
#ifndef LRNG_CACCELERATED_H
#define LRNG_CACCELERATED_H

#ifdef __KERNEL__
#include <linux/types.h>
#define LRNG_NONNULL
#define LRNG_INSTRUCTIONS_BY_HOST
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __clang__
#define LRNG_NONNULL _Nonnull
#else
#define LRNG_NONNULL
#endif
#endif

/* What functions need of a processor. LRNG_CPU_FEATURES has the names without the prefix, in small letters. */
#define LRNG_CPU_AES 0x01u
#define LRNG_CPU_AVX2 0x02u
/* F and VL. */
#define LRNG_CPU_AVX512 0x04u
#define LRNG_CPU_BMI2 0x08u
#define LRNG_CPU_NEON 0x10u
#define LRNG_CPU_SHA 0x20u
#define LRNG_CPU_VAES 0x40u

/* What may be used here: set before main() runs, or before the module does anything else, and never again. */
extern unsigned int lrng_processor_features;

static inline bool lrng_processor_has(unsigned int features)
{
	return (lrng_processor_features & features) == features;
}

#if defined(__x86_64__)

/*
 * The key stream of ChaCha20 (RFC 8439, section 2.4): the blocks with the numbers counter, counter + 1, ..., modulo 2^32.
 * Key and nonce are words as section 2.3 has them; output has room for 64 * blocks bytes and needs no alignment.
 */
void lrng_chacha20_avx2(const uint32_t key[LRNG_NONNULL 8], uint32_t counter, const uint32_t nonce[LRNG_NONNULL 3],
			uint8_t *LRNG_NONNULL output, size_t blocks);
void lrng_chacha20_avx512(const uint32_t key[LRNG_NONNULL 8], uint32_t counter, const uint32_t nonce[LRNG_NONNULL 3],
			  uint8_t *LRNG_NONNULL output, size_t blocks);

/*
 * AES-256 (FIPS 197): four blocks, encrypted in place.
 */
void lrng_aes256_four_aesni(const uint8_t key[LRNG_NONNULL 32], uint8_t blocks[LRNG_NONNULL 64]);

/*
 * The key stream of AES-256 in counter mode as CTR_DRBG has it (SP 800-90A, section 10.2.1.5): the encrypted blocks
 * counter + 1, counter + 2, ..., counter + blocks, modulo 2^128, and the counter is the last one then. It is a number: its
 * higher half, and its lower half. Output has room for 16 * blocks bytes and needs no alignment.
 */
void lrng_aes256_ctr_aesni(const uint8_t key[LRNG_NONNULL 32], uint64_t counter[LRNG_NONNULL 2],
			   uint8_t *LRNG_NONNULL output, size_t blocks);
void lrng_aes256_ctr_vaes256(const uint8_t key[LRNG_NONNULL 32], uint64_t counter[LRNG_NONNULL 2],
			     uint8_t *LRNG_NONNULL output, size_t blocks);
void lrng_aes256_ctr_vaes512(const uint8_t key[LRNG_NONNULL 32], uint64_t counter[LRNG_NONNULL 2],
			     uint8_t *LRNG_NONNULL output, size_t blocks);

/*
 * The compression functions of SHA-256 and SHA-512 (FIPS 180-4, sections 6.2.2 and 6.4.2): the state goes through `blocks`
 * blocks of 64 or 128 bytes. No padding; no alignment needed.
 */
void lrng_sha256_shani(uint32_t state[LRNG_NONNULL 8], const uint8_t *LRNG_NONNULL data, size_t blocks);
void lrng_sha512_avx2(uint64_t state[LRNG_NONNULL 8], const uint8_t *LRNG_NONNULL data, size_t blocks);
void lrng_sha512_avx512(uint64_t state[LRNG_NONNULL 8], const uint8_t *LRNG_NONNULL data, size_t blocks);

/*
 * Eight runs of the compression function of SHA-256 (FIPS 180-4, section 6.2.2) side by side: state[word][lane] goes
 * through `blocks` blocks of its lane. Word t of block b of a lane is words[16 * b + t][lane], a number: whoever has bytes
 * reads them most significant byte first. No padding; no alignment needed.
 */
void lrng_sha256x8_avx2(uint32_t state[LRNG_NONNULL 8][8], const uint32_t (*LRNG_NONNULL words)[8], size_t blocks);

#endif

#if defined(__aarch64__)

/* The same as the function for AVX2. */
void lrng_chacha20_neon(const uint32_t key[LRNG_NONNULL 8], uint32_t counter, const uint32_t nonce[LRNG_NONNULL 3],
			uint8_t *LRNG_NONNULL output, size_t blocks);

#endif

#ifdef LRNG_INSTRUCTIONS_BY_HOST

/* What follows this, wherever the host lets us now. */
bool lrng_chacha20(const uint32_t key[LRNG_NONNULL 8], uint32_t counter, const uint32_t nonce[LRNG_NONNULL 3],
		   uint8_t *LRNG_NONNULL output, size_t blocks);
bool lrng_aes256_four(const uint8_t key[LRNG_NONNULL 32], uint8_t blocks[LRNG_NONNULL 64]);
bool lrng_aes256_ctr(const uint8_t key[LRNG_NONNULL 32], uint64_t counter[LRNG_NONNULL 2], uint8_t *LRNG_NONNULL output,
		     size_t blocks);
bool lrng_sha256(uint32_t state[LRNG_NONNULL 8], const uint8_t *LRNG_NONNULL data, size_t blocks);
bool lrng_sha512(uint64_t state[LRNG_NONNULL 8], const uint8_t *LRNG_NONNULL data, size_t blocks);

#else

/*
 * The fastest of the above that this processor has; false where it has none, and nothing was done. (Inline, since the
 * callers are many and the choice is a load and a test.)
 */
static inline bool lrng_chacha20(const uint32_t key[LRNG_NONNULL 8], uint32_t counter, const uint32_t nonce[LRNG_NONNULL 3],
				 uint8_t *LRNG_NONNULL output, size_t blocks)
{
#if defined(__x86_64__)
	if (lrng_processor_has(LRNG_CPU_AVX512)) {
		lrng_chacha20_avx512(key, counter, nonce, output, blocks);
		return true;
	}
	if (lrng_processor_has(LRNG_CPU_AVX2)) {
		lrng_chacha20_avx2(key, counter, nonce, output, blocks);
		return true;
	}
#elif defined(__aarch64__)
	if (lrng_processor_has(LRNG_CPU_NEON)) {
		lrng_chacha20_neon(key, counter, nonce, output, blocks);
		return true;
	}
#endif
	return false;
}

static inline bool lrng_aes256_four(const uint8_t key[LRNG_NONNULL 32], uint8_t blocks[LRNG_NONNULL 64])
{
#if defined(__x86_64__)
	if (lrng_processor_has(LRNG_CPU_AES)) {
		lrng_aes256_four_aesni(key, blocks);
		return true;
	}
#endif
	return false;
}

static inline bool lrng_aes256_ctr(const uint8_t key[LRNG_NONNULL 32], uint64_t counter[LRNG_NONNULL 2],
				   uint8_t *LRNG_NONNULL output, size_t blocks)
{
#if defined(__x86_64__)
	if (lrng_processor_has(LRNG_CPU_VAES | LRNG_CPU_AVX512)) {
		lrng_aes256_ctr_vaes512(key, counter, output, blocks);
		return true;
	}
	if (lrng_processor_has(LRNG_CPU_VAES)) {
		lrng_aes256_ctr_vaes256(key, counter, output, blocks);
		return true;
	}
	if (lrng_processor_has(LRNG_CPU_AES)) {
		lrng_aes256_ctr_aesni(key, counter, output, blocks);
		return true;
	}
#endif
	return false;
}

static inline bool lrng_sha256(uint32_t state[LRNG_NONNULL 8], const uint8_t *LRNG_NONNULL data, size_t blocks)
{
#if defined(__x86_64__)
	if (lrng_processor_has(LRNG_CPU_SHA)) {
		lrng_sha256_shani(state, data, blocks);
		return true;
	}
#endif
	return false;
}

static inline bool lrng_sha512(uint64_t state[LRNG_NONNULL 8], const uint8_t *LRNG_NONNULL data, size_t blocks)
{
#if defined(__x86_64__)
	if (lrng_processor_has(LRNG_CPU_AVX512 | LRNG_CPU_BMI2)) {
		lrng_sha512_avx512(state, data, blocks);
		return true;
	}
	if (lrng_processor_has(LRNG_CPU_AVX2 | LRNG_CPU_BMI2)) {
		lrng_sha512_avx2(state, data, blocks);
		return true;
	}
#endif
	return false;
}

#endif

#endif
