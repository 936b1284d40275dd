/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * The Linux Random Number Generator for C and for every language that calls C. Link with -llrng (pkg-config: lrng).
 *
 * Threads      Each function may be called from any thread. Each thread has a generator of its own, so that they do not wait
 *              for each other.
 * fork         A child gets generators of its own at its first call, seeded anew. It never has bytes of its parent's. A process
 *              should draw some bytes before it forks while it has several threads.
 * Signals      Not for signal handlers.
 * First call   It makes the generator: self tests, then a seed of all entropy sources, some 10 ms.
 * Blocking     "Blocks" means that a function waits until the generator is fully seeded, with 256 bits of entropy. On
 *              machines with a working clock the first seed has them.
 * Errors       0 is success, and less than 0 an error of enum lrng_error. A buffer that could not be filled is zeroed. Nothing sets
 *              errno.
 * Lengths      In bytes, up to SSIZE_MAX.
 */
#ifndef LRNG_H
#define LRNG_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum lrng_error {
	LRNG_OK = 0,
	/* There is not enough entropy now, and the call does not wait. */
	LRNG_ERROR_NOT_SEEDED = -1,
	/* A self test failed: there is no output any more. */
	LRNG_ERROR_SELF_TEST = -2,
	/* A generator reported an error. */
	LRNG_ERROR_GENERATOR = -3,
	/* A null pointer with a length, a length or a bound out of range. */
	LRNG_ERROR_ARGUMENT = -4,
	/* The buffer is too small for what there is. */
	LRNG_ERROR_TOO_SMALL = -5,
	/* A system call failed: there is no memory, for instance. */
	LRNG_ERROR_SYSTEM = -6,
};

enum lrng_seed_flags {
	/* Do not wait: LRNG_ERROR_NOT_SEEDED. */
	LRNG_SEED_NONBLOCKING = 1,
	/* The 256 bits of a reseed instead of what a first seed takes. */
	LRNG_SEED_RESEED = 2,
};

/* Fills the buffer with bytes of a fully seeded generator. Blocks. Small requests take some nanoseconds. */
int lrng_generate(void *buffer, size_t length);

/* The same, but LRNG_ERROR_NOT_SEEDED instead of blocking. */
int lrng_generate_nonblocking(void *buffer, size_t length);

/*
 * Fills the buffer with prediction resistance (SP 800-90A, NTG.1 of AIS 20/31): fresh entropy of 256 bits for each 32 bytes.
 * Blocks, some milliseconds for each 32 bytes.
 */
int lrng_generate_pr(void *buffer, size_t length);

/*
 * Stores a number below the bound, each as likely: 0 <= *number < bound. Blocks as lrng_generate() does.
 * LRNG_ERROR_ARGUMENT: the bound is 0.
 */
int lrng_uniform(uint64_t bound, uint64_t *number);

/*
 * Raw seed material for a generator elsewhere: u64 length of all in bytes, u64 entropy in bits, both in the byte order of the
 * processor, then data of the entropy sources. flags: enum lrng_seed_flags. Blocks.
 *
 * Returns the length. LRNG_ERROR_TOO_SMALL: the first u64 of the buffer says what is needed. LRNG_ERROR_ARGUMENT: the
 * buffer has less than 8 bytes, or an unknown flag.
 */
ssize_t lrng_get_seed(void *buffer, size_t length, unsigned int flags);

/*
 * Mixes data into the entropy pool. bits: the entropy that the caller vouches for, 0 to 8 for each byte; more counts as that.
 * Does not block.
 */
int lrng_insert(const void *data, size_t length, size_t bits);

/* Asks all generators of the process to reseed before their next output. Does not block. */
int lrng_reseed(void);

/*
 * Waits until the generator is fully seeded, at most so many milliseconds; for ever if the number is negative.
 * LRNG_ERROR_NOT_SEEDED: it is not.
 */
int lrng_wait(int milliseconds);

/*
 * Runs the self tests now, some milliseconds. failed, if not null, gets a bit for each test that failed.
 * LRNG_ERROR_SELF_TEST: some did.
 */
int lrng_self_test(uint32_t *failed);

/*
 * The status as a JSON object with a zero byte after it, for people and monitoring: the members of `lrng status --json`.
 *
 * Returns the length without the zero byte. LRNG_ERROR_TOO_SMALL: it did not fit, and the buffer holds an empty string; 8 KiB
 * suffice.
 */
ssize_t lrng_status_json(char *buffer, size_t length);

/* The version of the library: "MAJOR.MINOR.PATCH". Lives for ever. */
const char *lrng_version(void);

/* What an error means, in English, in one line. Lives for ever. */
const char *lrng_error_text(int error);

#ifdef __cplusplus
}
#endif

#endif
