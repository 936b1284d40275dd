/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * Runs each probe on a stack of its own and scans that stack, and the memory of the probe's state, for what it left:
 * four bytes in a row of the secret or of the secret under one of HMAC's pads, or eight bytes of the output in either
 * byte order. All bytes of the secret are alike, so that order and alignment make no difference.
 *
 * Prints a line for each probe: its name, "clean" or "leaks", and how many places were found.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#include "Observer.h"

#ifdef GENERATORS
#define PROBES(X) \
	X(kept_seed) X(instance_chacha20) X(instance_ctr_drbg) X(instance_hash_drbg) X(instance_hmac_drbg) \
	X(child) X(child_expansion)
#else
#define PROBES(X) \
	X(not_wiped) X(plain_memset) X(wipe) X(span_wipe) \
	X(sha256) X(sha512) X(sha3) X(sha3_512) X(shake) \
	X(hmac_sha256) X(hmac_sha512) X(hmac_sha3) X(chacha20) X(aes_key) X(aes_encrypt) \
	X(hash_drbg_sha256) X(hash_drbg_sha512) X(hmac_drbg_sha256) X(hmac_drbg_sha512) \
	X(ctr_drbg) X(ctr_drbg_without_derivation) X(hash_drbg_v) X(hash_drbg_c) X(hmac_drbg_v) X(ctr_drbg_v) \
	X(event_pool) X(auxiliary_pool) \
	X(abandoned_sha256) X(abandoned_sha3) X(abandoned_conditioning_hash)
#endif

#define DECLARE(name) void probe_##name(const uint8_t *secret, uint8_t *output);
PROBES(DECLARE)

enum { stack_length = 64 * 1024, secret_byte = 0xA5 };

static uint8_t stack[stack_length] __attribute__((aligned(64)));
static uint8_t state[8192] __attribute__((aligned(64)));
static uint8_t secret[48];
static uint8_t output[64];
static ucontext_t harness, probe;

void observe(const void *memory) { __asm__ volatile("" : : "r"(memory) : "memory"); }

void *memory_of_state(void) { return state; }

static int is_run_of(const uint8_t *at, uint8_t byte)
{
	return at[0] == byte && at[1] == byte && at[2] == byte && at[3] == byte;
}

/* Eight bytes of the output as they are, or as one or two words of the other byte order. */
static int is_of_output(const uint8_t *at, size_t length)
{
	for (size_t start = 0; start + 8 <= length; start += 4) {
		const uint8_t *o = output + start;
		uint8_t word64[8], words32[8];
		for (int i = 0; i < 8; i++) {
			word64[i] = o[7 - i];
			words32[i] = o[(i & 4) + 3 - (i & 3)];
		}
		if (!memcmp(at, o, 8) || !memcmp(at, word64, 8) || !memcmp(at, words32, 8))
			return 1;
	}
	return 0;
}

static unsigned found_in(const uint8_t *memory, size_t length)
{
	size_t output_length = sizeof(output);
	while (output_length > 0 && output[output_length - 1] == 0)
		output_length--;

	unsigned found = 0;
	for (size_t offset = 0; offset + 8 <= length; offset++) {
		const uint8_t *at = memory + offset;
		found += is_run_of(at, secret_byte) || is_run_of(at, secret_byte ^ 0x36) || is_run_of(at, secret_byte ^ 0x5C) ||
			 is_of_output(at, output_length);
	}
	return found;
}

static void run(const char *name, void (*function)(const uint8_t *, uint8_t *))
{
	memset(stack, 0, sizeof(stack));
	memset(state, 0, sizeof(state));
	memset(output, 0, sizeof(output));
	memset(secret, secret_byte, sizeof(secret));

	getcontext(&probe);
	probe.uc_stack.ss_sp = stack;
	probe.uc_stack.ss_size = sizeof(stack);
	probe.uc_link = &harness;
	makecontext(&probe, (void (*)(void))function, 2, secret, output);
	swapcontext(&harness, &probe);

	unsigned on_stack = found_in(stack, sizeof(stack)), in_state = found_in(state, sizeof(state));
	printf("%s %s (%u on the stack, %u in the state)\n", name, on_stack || in_state ? "leaks" : "clean", on_stack, in_state);
}

int main(void)
{
#define RUN(name) run(#name, probe_##name);
	PROBES(RUN)
	return 0;
}
