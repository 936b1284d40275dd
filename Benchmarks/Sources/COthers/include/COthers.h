/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * What a user could pick instead of LRNG and has a C interface. The loops over requests are here, so that each request is
 * the direct call that a C program would make.
 */
#ifndef BENCH_COTHERS_H
#define BENCH_COTHERS_H

#include <stddef.h>
#include <stdint.h>

struct bench_other {
	const char *name;
	/* Whether another process does the work, so that only the clock on the wall sees it. */
	int is_remote;
	/* The state of one thread; NULL and a reason where there is no such generator. */
	void *(*open)(const char **reason);
	/* Fills the buffer `requests` times. 0, or -1 when the generator failed. */
	int (*draw)(void *state, void *buffer, size_t bytes, size_t requests);
	void (*close)(void *state);
};

/* One after the other, NULL after the last. */
const struct bench_other *bench_other_at(size_t index);

/* Versions, as the libraries that are loaded say. */
const char *bench_openssl_version(void);
const char *bench_sodium_version(void);
const char *bench_libc_version(void);
/* Of uname(2): no name of the host. */
const char *bench_kernel_release(void);

/* Binds the thread to one of the processors that the process may use, counted from 0. */
void bench_pin_to_processor(size_t index);
size_t bench_processor_count(void);

/* Nanoseconds of the monotonic clock; those that the thread had a processor. */
uint64_t bench_now(void);
uint64_t bench_thread_time(void);

/*
 * Runs a program without arguments and reads what it prints. -1 when it cannot be run, printed more than fits or
 * failed. `started` is the time just before.
 */
int bench_run(const char *path, char *printed, size_t size, uint64_t *started);

/* The ways to a generator in the various files. */
extern const struct bench_other bench_getrandom, bench_vdso, bench_urandom;
extern const struct bench_other bench_rand_bytes, bench_ctr_drbg, bench_hash_drbg, bench_hmac_drbg;
extern const struct bench_other bench_sodium;
extern const struct bench_other bench_preload, bench_provider, bench_egd, bench_native;

#endif
