/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * Runs each probe on the secret in a file, for valgrind to watch.
 *
 *   lackey     writes down every instruction and every access to memory; those of a probe stand between an instruction
 *              at trace_begin and one at trace_end
 *   memcheck   holds the secret for uninitialised, and counts the branches and addresses that are made of it
 *
 * Prints a line for each probe: its name, the errors of memcheck, and whether it wrote an output.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <valgrind/memcheck.h>

#include "../wiping/Observer.h"

#define PROBES(X) \
	X(table) X(early_exit) \
	X(constant_time_equal) X(sha256) X(sha512) X(sha3_256) X(sha3_512) \
	X(hmac_sha256) X(hmac_sha512) X(hmac_sha3_256) X(aes256) X(chacha20_drng) \
	X(hash_drbg_sha256) X(hash_drbg_sha512) X(hmac_drbg_sha256) X(hmac_drbg_sha512) \
	X(ctr_drbg) X(ctr_drbg_without_derivation)

#define DECLARE(name) void probe_##name(const uint8_t *secret, uint8_t *output);
PROBES(DECLARE)

static uint8_t secret[512] __attribute__((aligned(64)));
static uint8_t output[128] __attribute__((aligned(64)));
static uint8_t state[8192] __attribute__((aligned(64)));

void observe(const void *memory) { __asm__ volatile("" : : "r"(memory) : "memory"); }

void *memory_of_state(void) { return state; }

__attribute__((noinline)) void trace_begin(void) { __asm__ volatile("nop" : : : "memory"); }
__attribute__((noinline)) void trace_end(void) { __asm__ volatile("nop; nop" : : : "memory"); }

static void run(const char *name, void (*probe)(const uint8_t *, uint8_t *))
{
	memset(output, 0, sizeof(output));
	memset(state, 0, sizeof(state));

	unsigned errors = VALGRIND_COUNT_ERRORS;
	trace_begin();
	probe(secret, output);
	trace_end();
	errors = VALGRIND_COUNT_ERRORS - errors;

	unsigned written = 0;
	VALGRIND_MAKE_MEM_DEFINED(output, sizeof(output));
	for (size_t i = 0; i < sizeof(output); i++)
		written |= output[i];
	printf("%s %u %s\n", name, errors, written ? "output" : "nothing");
}

int main(int argc, char **argv)
{
	int file = argc == 2 ? open(argv[1], O_RDONLY) : -1;
	if (file < 0 || read(file, secret, sizeof(secret)) != sizeof(secret)) {
		fprintf(stderr, "usage: probes FILE-OF-512-SECRET-BYTES\n");
		return 2;
	}
	close(file);
	VALGRIND_MAKE_MEM_UNDEFINED(secret, sizeof(secret));
#define RUN(name) run(#name, probe_##name);
	PROBES(RUN)
	return 0;
}
