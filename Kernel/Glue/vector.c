// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * Special instructions where the kernel lets us.
 *
 *     primitives of LRNGCore (Swift) ──► lrng_chacha20, … ──► kernel_fpu_begin, AVX2, AES, …, kernel_fpu_end
 *                 ▲                           │
 *                 └── false: does it without ─┘
 *
 * The vector registers belong to user space, or to whoever we interrupted. irq_fpu_usable() knows whether the kernel can save
 * them now. It says no in a hard interrupt that came while others use them, or while they must not be touched because softirqs
 * are off; so any context may ask. An NMI must not.
 *
 * The code is that of the library, in this file's object: its functions say themselves what instructions they are made of,
 * whatever the kernel's flags are, so that none of it gets into the functions below. It leaves no secret in registers and on
 * the stack, see CAccelerated.h. (kernel_fpu_end() would leave the registers as they are until the next task's are loaded.)
 *
 * Registers of 512 bits are the library's alone: no emulator has them to test this with.
 */
#include "lrng_glue.h"

#include <linux/minmax.h>
#include <linux/preempt.h>

#include <asm/cpufeature.h>
#include <asm/fpu/api.h>

#ifdef __CHECKER__
/* sparse knows no vectors. */
#include "../../Sources/CAccelerated/include/CAccelerated.h"
#else
#include "../../Sources/CAccelerated/aes256_aesni.c"
#include "../../Sources/CAccelerated/aes256_vaes.c"
#include "../../Sources/CAccelerated/chacha20_avx2.c"
#include "../../Sources/CAccelerated/sha256_shani.c"
#include "../../Sources/CAccelerated/sha256x8_avx2.c"
#include "../../Sources/CAccelerated/sha512_avx2.c"
#endif

/* As long as preemption is off at most: a page, as in the kernel's own ChaCha20. */
#define BYTES_AT_ONCE 4096u

/* To borrow the registers costs as much as some blocks: so many must they be. */
#define LEAST_SHA512_BLOCKS 2

unsigned int lrng_processor_features;

/* What the processor knows, where the kernel saves the registers of it. */
void __init lrng_vector_begin(void)
{
	bool saves_xmm = boot_cpu_has(X86_FEATURE_AVX) && cpu_has_xfeatures(XFEATURE_MASK_SSE | XFEATURE_MASK_YMM, NULL);

	if (!saves_xmm)
		return;
	if (boot_cpu_has(X86_FEATURE_AES))
		lrng_processor_features |= LRNG_CPU_AES;
	if (boot_cpu_has(X86_FEATURE_SHA_NI))
		lrng_processor_features |= LRNG_CPU_SHA;
	if (boot_cpu_has(X86_FEATURE_BMI2))
		lrng_processor_features |= LRNG_CPU_BMI2;
	if (boot_cpu_has(X86_FEATURE_AVX2))
		lrng_processor_features |= LRNG_CPU_AVX2;
	if (boot_cpu_has(X86_FEATURE_AVX2) && boot_cpu_has(X86_FEATURE_AES) && boot_cpu_has(X86_FEATURE_VAES))
		lrng_processor_features |= LRNG_CPU_VAES;
}

/*
 * Asks once: the answer stays for as long as this context runs, because only it, and what interrupts it and is gone by then,
 * uses the registers of this processor; and a task that moves to another meanwhile finds them free there.
 *
 * irq_fpu_usable() warns of NMIs, and we rather have no warning.
 */
static bool may_use(unsigned int features)
{
	return lrng_processor_has(features) && !in_nmi() && irq_fpu_usable();
}

bool lrng_chacha20(const uint32_t key[8], uint32_t counter, const uint32_t nonce[3], uint8_t *output, size_t blocks)
{
	if (!may_use(LRNG_CPU_AVX2))
		return false;
	while (blocks > 0) {
		size_t made = min_t(size_t, blocks, BYTES_AT_ONCE / 64);

		kernel_fpu_begin();
		lrng_chacha20_avx2(key, counter, nonce, output, made);
		kernel_fpu_end();
		counter += made;
		output += made * 64;
		blocks -= made;
	}
	return true;
}

bool lrng_aes256_four(const uint8_t key[32], uint8_t blocks[64])
{
	if (!may_use(LRNG_CPU_AES))
		return false;
	kernel_fpu_begin();
	lrng_aes256_four_aesni(key, blocks);
	kernel_fpu_end();
	return true;
}

bool lrng_aes256_ctr(const uint8_t key[32], uint64_t counter[2], uint8_t *output, size_t blocks)
{
	if (!may_use(LRNG_CPU_AES))
		return false;
	while (blocks > 0) {
		size_t made = min_t(size_t, blocks, BYTES_AT_ONCE / 16);

		kernel_fpu_begin();
		if (lrng_processor_has(LRNG_CPU_VAES))
			lrng_aes256_ctr_vaes256(key, counter, output, made);
		else
			lrng_aes256_ctr_aesni(key, counter, output, made);
		kernel_fpu_end();
		output += made * 16;
		blocks -= made;
	}
	return true;
}

bool lrng_sha256(uint32_t state[8], const uint8_t *data, size_t blocks)
{
	if (!may_use(LRNG_CPU_SHA))
		return false;
	while (blocks > 0) {
		size_t made = min_t(size_t, blocks, BYTES_AT_ONCE / 64);

		kernel_fpu_begin();
		lrng_sha256_shani(state, data, made);
		kernel_fpu_end();
		data += made * 64;
		blocks -= made;
	}
	return true;
}

bool lrng_sha512(uint64_t state[8], const uint8_t *data, size_t blocks)
{
	if (blocks < LEAST_SHA512_BLOCKS || !may_use(LRNG_CPU_AVX2 | LRNG_CPU_BMI2))
		return false;
	while (blocks > 0) {
		size_t made = min_t(size_t, blocks, BYTES_AT_ONCE / 128);

		kernel_fpu_begin();
		lrng_sha512_avx2(state, data, made);
		kernel_fpu_end();
		data += made * 128;
		blocks -= made;
	}
	return true;
}

/* A full array of noise is two blocks for each of eight lanes: too short to ask for a pause in between. */
bool lrng_glue_vector_sha256x8(uint32_t *state, const uint32_t *words, size_t blocks)
{
	if (!may_use(LRNG_CPU_AVX2))
		return false;
	kernel_fpu_begin();
	lrng_sha256x8_avx2((uint32_t (*)[8])state, (const uint32_t (*)[8])words, blocks);
	kernel_fpu_end();
	return true;
}
