// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * Vector code where the kernel lets us.
 *
 *     lrng_expand, children, event pools (Swift) ──► lrng_glue_vector_… ──► kernel_fpu_begin, AVX2, kernel_fpu_end
 *                 ▲                               │
 *                 └── false: does it without ─────┘
 *
 * The vector registers belong to user space, or to whoever we interrupted. irq_fpu_usable() knows whether the kernel can save
 * them now. It says no in a hard interrupt that came while others use them, or while they must not be touched because softirqs
 * are off; so any context may ask. An NMI must not.
 *
 * The code is that of the library, in this file's object: its functions say themselves that they are AVX2 code, whatever the
 * kernel's flags are, so that none of it gets into the functions below. It leaves no secret in registers and on the stack,
 * see CAccelerated.h. (kernel_fpu_end() would leave the registers as they are until the next task's are loaded.)
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
#include "../../Sources/CAccelerated/chacha20_avx2.c"
#include "../../Sources/CAccelerated/sha256x8_avx2.c"
#endif

/* As long as preemption is off at most: a page, as in the kernel's own ChaCha20. */
#define BLOCKS_AT_ONCE 64

/*
 * Whether the processor knows AVX2 and the kernel saves what it changes. That never changes, so who finds it unknown finds
 * out, and it does not matter whether another processor does too.
 */
static bool has_avx2(void)
{
	static enum { UNKNOWN, ABSENT, PRESENT } avx2;

	if (unlikely(READ_ONCE(avx2) == UNKNOWN)) {
		bool present = boot_cpu_has(X86_FEATURE_AVX) && boot_cpu_has(X86_FEATURE_AVX2) &&
			       cpu_has_xfeatures(XFEATURE_MASK_SSE | XFEATURE_MASK_YMM, NULL);

		WRITE_ONCE(avx2, present ? PRESENT : ABSENT);
	}
	return READ_ONCE(avx2) == PRESENT;
}

/* irq_fpu_usable() warns of NMIs, and we rather have no warning. */
static bool may_use_vectors(void)
{
	return has_avx2() && !in_nmi() && irq_fpu_usable();
}

/*
 * Asks once: the answer stays for as long as this context runs, because only it, and what interrupts it and is gone by then,
 * uses the registers of this processor; and a task that moves to another meanwhile finds them free there.
 */
bool lrng_glue_vector_chacha20(const uint32_t *key, uint8_t *output, size_t blocks)
{
	static const uint32_t nonce[3];
	uint32_t counter = 0;

	if (!may_use_vectors())
		return false;
	while (blocks > 0) {
		size_t made = min_t(size_t, blocks, BLOCKS_AT_ONCE);

		kernel_fpu_begin();
		lrng_chacha20_avx2(key, counter, nonce, output, made);
		kernel_fpu_end();
		counter += made;
		output += made * 64;
		blocks -= made;
	}
	return true;
}

/* A full array of noise is two blocks for each of eight lanes: too short to ask for a pause in between. */
bool lrng_glue_vector_sha256x8(uint32_t *state, const uint32_t *words, size_t blocks)
{
	if (!may_use_vectors())
		return false;
	kernel_fpu_begin();
	lrng_sha256x8_avx2((uint32_t (*)[8])state, (const uint32_t (*)[8])words, blocks);
	kernel_fpu_end();
	return true;
}
