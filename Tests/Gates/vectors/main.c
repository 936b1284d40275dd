/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * Runs the vector code for Tests/Gates/vector-code.sh, in one of these ways:
 *
 *   leftovers    each probe twice, on a stack of its own, with different secrets: what is left of that stack and in the
 *                registers must be the same, and vector registers must be zero
 *   secrets      each probe under valgrind's memcheck, which holds the secret for uninitialised and counts the branches and
 *                addresses that are made of it
 *   NAME         one probe, for valgrind's callgrind to count its instructions
 *
 * The first two print a line for each probe: its name, "clean" or "leaks", and details. The probes called bare_* are the
 * functions without the broom at their end.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <valgrind/memcheck.h>

#include "../../../Sources/CAccelerated/chacha20_avx2.c"
#include "../../../Sources/CAccelerated/sha256x8_avx2.c"

enum { stack_length = 64 * 1024 };

static uint8_t stack[stack_length] __attribute__((aligned(64))), other_stack[stack_length];
static uint32_t secret[256];
static uint32_t lanes[8][8];
static uint8_t output[64 * 64] __attribute__((aligned(64)));
static const uint32_t nonce[3] = { 1, 2, 3 };
static ucontext_t harness, context;

/* What the function in rdi left in the registers that a function may change; before, nothing is in them. */
uint64_t general_registers[9], other_general_registers[9];
uint8_t vector_registers[16 * 32];
void call_and_record(void (*function)(void));
__asm__(".text\n"
	".type call_and_record, @function\n"
	"call_and_record:\n\t"
	"sub $8, %rsp\n\t"
	"xor %eax, %eax\n\t"
	"xor %ecx, %ecx\n\t"
	"xor %edx, %edx\n\t"
	"xor %esi, %esi\n\t"
	"xor %r8d, %r8d\n\t"
	"xor %r9d, %r9d\n\t"
	"xor %r10d, %r10d\n\t"
	"xor %r11d, %r11d\n\t"
	"call *%rdi\n\t"
	"mov %rax, general_registers(%rip)\n\t"
	"mov %rcx, general_registers+8(%rip)\n\t"
	"mov %rdx, general_registers+16(%rip)\n\t"
	"mov %rsi, general_registers+24(%rip)\n\t"
	"mov %rdi, general_registers+32(%rip)\n\t"
	"mov %r8, general_registers+40(%rip)\n\t"
	"mov %r9, general_registers+48(%rip)\n\t"
	"mov %r10, general_registers+56(%rip)\n\t"
	"mov %r11, general_registers+64(%rip)\n\t"
	"vmovdqu %ymm0, vector_registers(%rip)\n\t"
	"vmovdqu %ymm1, vector_registers+32(%rip)\n\t"
	"vmovdqu %ymm2, vector_registers+64(%rip)\n\t"
	"vmovdqu %ymm3, vector_registers+96(%rip)\n\t"
	"vmovdqu %ymm4, vector_registers+128(%rip)\n\t"
	"vmovdqu %ymm5, vector_registers+160(%rip)\n\t"
	"vmovdqu %ymm6, vector_registers+192(%rip)\n\t"
	"vmovdqu %ymm7, vector_registers+224(%rip)\n\t"
	"vmovdqu %ymm8, vector_registers+256(%rip)\n\t"
	"vmovdqu %ymm9, vector_registers+288(%rip)\n\t"
	"vmovdqu %ymm10, vector_registers+320(%rip)\n\t"
	"vmovdqu %ymm11, vector_registers+352(%rip)\n\t"
	"vmovdqu %ymm12, vector_registers+384(%rip)\n\t"
	"vmovdqu %ymm13, vector_registers+416(%rip)\n\t"
	"vmovdqu %ymm14, vector_registers+448(%rip)\n\t"
	"vmovdqu %ymm15, vector_registers+480(%rip)\n\t"
	"vzeroall\n\t"
	"add $8, %rsp\n\t"
	"ret\n");

/* The probes: X(name, call). The secret is the key, or state and message. */
#define PROBES(X) \
	X(bare_chacha20, make_key_stream(secret, 5, nonce, output, 12)) \
	X(bare_sha256x8, compress(lanes, (const uint32_t (*)[8])secret, 2)) \
	X(chacha20_1, lrng_chacha20_avx2(secret, 5, nonce, output, 1)) \
	X(chacha20_2, lrng_chacha20_avx2(secret, 5, nonce, output, 2)) \
	X(chacha20_3, lrng_chacha20_avx2(secret, 5, nonce, output, 3)) \
	X(chacha20_4, lrng_chacha20_avx2(secret, 5, nonce, output, 4)) \
	X(chacha20_7, lrng_chacha20_avx2(secret, 5, nonce, output, 7)) \
	X(chacha20_8, lrng_chacha20_avx2(secret, 5, nonce, output, 8)) \
	X(chacha20_16, lrng_chacha20_avx2(secret, 5, nonce, output, 16)) \
	X(chacha20_64, lrng_chacha20_avx2(secret, 5, nonce, output, 64)) \
	X(sha256x8_1, lrng_sha256x8_avx2(lanes, (const uint32_t (*)[8])secret, 1)) \
	X(sha256x8_2, lrng_sha256x8_avx2(lanes, (const uint32_t (*)[8])secret, 2))

#define DEFINE(name, call) static AVX2_CODE void probe_##name(void) { call; }
PROBES(DEFINE)

static const struct probe {
	const char *name;
	void (*function)(void);
} probes[] = {
#define ROW_OF(name, call) { #name, probe_##name },
	PROBES(ROW_OF)
};

static void fill_secrets(uint32_t seed)
{
	for (unsigned i = 0; i < 256; i++)
		secret[i] = seed = seed * 1664525 + 1013904223;
	for (unsigned i = 0; i < 64; i++)
		lanes[i / 8][i % 8] = seed = seed * 1664525 + 1013904223;
}

static void run_on_stack(void (*function)(void), uint32_t seed)
{
	memset(stack, 0, sizeof(stack));
	fill_secrets(seed);
	getcontext(&context);
	context.uc_stack.ss_sp = stack;
	context.uc_stack.ss_size = sizeof(stack);
	context.uc_link = &harness;
	makecontext(&context, (void (*)(void))call_and_record, 1, function);
	swapcontext(&harness, &context);
}

static int find_leftovers(const struct probe *probe)
{
	unsigned in_stack = 0, in_vectors = 0, in_registers = 0, used = 0;

	run_on_stack(probe->function, 1);
	memcpy(other_stack, stack, sizeof(stack));
	memcpy(other_general_registers, general_registers, sizeof(general_registers));
	run_on_stack(probe->function, 2);
	for (unsigned i = 0; i < stack_length; i++)
		in_stack += stack[i] != other_stack[i], used += stack[i] != 0;
	for (unsigned i = 0; i < sizeof(vector_registers); i++)
		in_vectors += vector_registers[i] != 0;
	for (unsigned i = 0; i < 9; i++)
		in_registers += general_registers[i] != other_general_registers[i];
	printf("%s %s (%u bytes on the stack, %u in vectors, %u registers)\n", probe->name,
	       !used ? "nothing" : in_stack || in_vectors || in_registers ? "leaks" : "clean", in_stack, in_vectors,
	       in_registers);
	return 0;
}

static int follow_secrets(const struct probe *probe)
{
	unsigned errors = VALGRIND_COUNT_ERRORS;

	fill_secrets(3);
	VALGRIND_MAKE_MEM_UNDEFINED(secret, sizeof(secret));
	VALGRIND_MAKE_MEM_UNDEFINED(lanes, sizeof(lanes));
	probe->function();
	errors = VALGRIND_COUNT_ERRORS - errors;
	VALGRIND_MAKE_MEM_DEFINED(lanes, sizeof(lanes));
	VALGRIND_MAKE_MEM_DEFINED(output, sizeof(output));
	printf("%s %s (%u errors)\n", probe->name, errors ? "leaks" : "clean", errors);
	return 0;
}

/* What must be found out by memcheck: an address that is the secret's. */
static void look_up(void) { output[0] = ((const uint8_t *)lanes)[secret[0] & 63]; }

int main(int argc, char **argv)
{
	const char *mode = argc == 2 ? argv[1] : "";
	const unsigned count = sizeof(probes) / sizeof(probes[0]);

	if (!strcmp(mode, "leftovers")) {
		for (unsigned i = 0; i < count; i++)
			find_leftovers(&probes[i]);
		return 0;
	}
	if (!strcmp(mode, "secrets")) {
		follow_secrets(&(struct probe){ "table", look_up });
		for (unsigned i = 2; i < count; i++)
			follow_secrets(&probes[i]);
		return 0;
	}
	for (unsigned i = 0; i < count; i++) {
		if (!strcmp(mode, probes[i].name)) {
			fill_secrets(4);
			probes[i].function();
			return 0;
		}
	}
	fprintf(stderr, "usage: probes leftovers|secrets|NAME\n");
	return 2;
}
