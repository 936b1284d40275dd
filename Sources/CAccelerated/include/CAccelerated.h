/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * Primitives by vector instructions, for the library and for the kernel module: the same files, no libc, no headers of the
 * compiler. LRNGCore's portable Swift says what they have to compute; tests compare the two.
 *
 * Whoever calls a function has checked that the processor and the operating system know its instructions. In the kernel, the
 * call stands between kernel_fpu_begin() and kernel_fpu_end(): see Kernel/Glue/vector.c.
 *
 * All are constant-time: what is not public decides no branch and no address.
 *
 * What they leave behind: nothing secret. Before a function returns,
 *
 *   - all vector registers are zero;
 *   - so is the stack below the caller, deeper than the function reached: what the compiler spilled went there.
 *
 * General registers only ever hold addresses, counts, block counter and nonce. The caller's own memory is the caller's part.
 */
#ifndef LRNG_CACCELERATED_H
#define LRNG_CACCELERATED_H

#ifdef __KERNEL__
#include <linux/types.h>
#define LRNG_NONNULL
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

#ifndef __KERNEL__
/* Whether functions called *_avx2 may be called here. False on processors of another architecture, which have none. */
bool lrng_processor_has_avx2(void);
#endif

#if defined(__x86_64__)

/*
 * The key stream of ChaCha20 (RFC 8439, section 2.4): the blocks with the numbers counter, counter + 1, ..., modulo 2^32.
 * Key and nonce are words as section 2.3 has them; output has room for 64 * blocks bytes and needs no alignment.
 */
void lrng_chacha20_avx2(const uint32_t key[LRNG_NONNULL 8], uint32_t counter, const uint32_t nonce[LRNG_NONNULL 3],
			uint8_t *LRNG_NONNULL output, size_t blocks);

/*
 * Eight runs of the compression function of SHA-256 (FIPS 180-4, section 6.2.2) side by side: state[word][lane] goes
 * through `blocks` blocks of its lane. Word t of block b of a lane is words[16 * b + t][lane], a number: whoever has bytes
 * reads them most significant byte first. No padding; no alignment needed.
 */
void lrng_sha256x8_avx2(uint32_t state[LRNG_NONNULL 8][8], const uint32_t (*LRNG_NONNULL words)[8], size_t blocks);

#endif

#endif
