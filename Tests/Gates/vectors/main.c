/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * Runs the vector code for Tests/Gates/vector-code.sh, in one of these ways:
 *
 *   leftovers    each probe twice, on a stack of its own, with different secrets: what is left of that stack and in the
 *                registers must be the same, and vector registers must be zero
 *   secrets      each probe under valgrind's memcheck, which holds the secret for uninitialised and counts the branches and
 *                addresses that are made of it
 *   steps        each probe twice, with different secrets, instruction by instruction: places and general registers must
 *                be the same at each, so that no branch and no address is the secret's; it sees what valgrind does not know
 *
 * They print a line for each probe: its name, "clean" or "leaks", and details; or "skipped", where the processor has no
 * instructions for it. The probes called bare_* are the functions without the broom at their end.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <valgrind/memcheck.h>

#include "../../../Sources/CAccelerated/chacha20_avx2.c"
#include "../../../Sources/CAccelerated/chacha20_avx512.c"
#include "../../../Sources/CAccelerated/aes256_aesni.c"
#include "../../../Sources/CAccelerated/aes256_vaes.c"
#include "../../../Sources/CAccelerated/sha256_shani.c"
#include "../../../Sources/CAccelerated/sha256x8_avx2.c"
#include "../../../Sources/CAccelerated/sha512_avx2.c"

enum { stack_length = 64 * 1024 };

static uint8_t stack[stack_length] __attribute__((aligned(64))), other_stack[stack_length];
static uint32_t secret[256];
static uint32_t lanes[8][8];
static uint64_t number[2], words[8];
static uint8_t output[64 * 64] __attribute__((aligned(64)));
static const uint32_t nonce[3] = { 1, 2, 3 };
static ucontext_t harness, context;

/* What the function in rdi left in the registers that a function may change; before, nothing is in them. */
uint64_t general_registers[9], other_general_registers[9];
uint64_t mask_registers[8], other_mask_registers[8];
uint8_t vector_registers[32 * 64];
uint32_t has_long_vectors;
void call_and_record(void (*function)(void));
__asm__(".text\n"
	".type call_and_record, @function\n"
	"call_and_record:\n\t"
	"sub $8, %rsp\n\t"
	"vzeroall\n\t"
	"cmpl $0, has_long_vectors(%rip)\n\t"
	"je 1f\n\t"
	".irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n\t"
	"vpxord %zmm\\n, %zmm\\n, %zmm\\n\n\t"
	".endr\n\t"
	".irp n, 0, 1, 2, 3, 4, 5, 6, 7\n\t"
	"kxorw %k\\n, %k\\n, %k\\n\n\t"
	".endr\n"
	"1:\t"
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
	"cmpl $0, has_long_vectors(%rip)\n\t"
	"jne 2f\n\t"
	".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n\t"
	"vmovdqu %ymm\\n, vector_registers+64*\\n(%rip)\n\t"
	".endr\n\t"
	"jmp 3f\n"
	"2:\t"
	".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n\t"
	"vmovdqu64 %zmm\\n, vector_registers+64*\\n(%rip)\n\t"
	".endr\n\t"
	".irp n, 0, 1, 2, 3, 4, 5, 6, 7\n\t"
	"kmovw %k\\n, mask_registers+8*\\n(%rip)\n\t"
	".endr\n"
	"3:\t"
	"vzeroall\n\t"
	"add $8, %rsp\n\t"
	"ret\n");

/*
 * The probes: X(name, what the processor needs, whether general registers may hold secrets on the way, call). The secret is
 * the key, or state and message, and the counter of AES.
 */
#define KEY ((const uint8_t *)secret)
#define AVX512_SHA512 (LRNG_CPU_AVX512 | LRNG_CPU_BMI2)
#define PROBES(X) \
	X(bare_chacha20, LRNG_CPU_AVX2, 0, make_key_stream(secret, 5, nonce, output, 12)) \
	X(bare_chacha20_avx512, LRNG_CPU_AVX512, 0, make_key_stream_512(secret, 5, nonce, output, 12)) \
	X(bare_aes_four, LRNG_CPU_AES, 0, encrypt_four(KEY, output)) \
	X(bare_aes_ctr, LRNG_CPU_AES, 0, make_counter_stream(KEY, number, output, 9)) \
	X(bare_aes_vaes256, LRNG_CPU_VAES | LRNG_CPU_AVX2, 0, make_counter_stream_256(KEY, number, output, 17)) \
	X(bare_aes_vaes512, LRNG_CPU_VAES | LRNG_CPU_AVX512, 0, make_counter_stream_512(KEY, number, output, 33)) \
	X(bare_sha256, LRNG_CPU_SHA, 0, compress_blocks(lanes[0], KEY, 2)) \
	X(bare_sha256x8, LRNG_CPU_AVX2, 0, compress(lanes, (const uint32_t (*)[8])secret, 2)) \
	X(bare_sha512, LRNG_CPU_AVX2 | LRNG_CPU_BMI2, 1, compress_512_avx2(words, KEY, 2)) \
	X(bare_sha512_avx512, AVX512_SHA512, 1, compress_512_avx512(words, KEY, 2)) \
	X(chacha20_1, LRNG_CPU_AVX2, 0, lrng_chacha20_avx2(secret, 5, nonce, output, 1)) \
	X(chacha20_2, LRNG_CPU_AVX2, 0, lrng_chacha20_avx2(secret, 5, nonce, output, 2)) \
	X(chacha20_3, LRNG_CPU_AVX2, 0, lrng_chacha20_avx2(secret, 5, nonce, output, 3)) \
	X(chacha20_4, LRNG_CPU_AVX2, 0, lrng_chacha20_avx2(secret, 5, nonce, output, 4)) \
	X(chacha20_7, LRNG_CPU_AVX2, 0, lrng_chacha20_avx2(secret, 5, nonce, output, 7)) \
	X(chacha20_8, LRNG_CPU_AVX2, 0, lrng_chacha20_avx2(secret, 5, nonce, output, 8)) \
	X(chacha20_16, LRNG_CPU_AVX2, 0, lrng_chacha20_avx2(secret, 5, nonce, output, 16)) \
	X(chacha20_64, LRNG_CPU_AVX2, 0, lrng_chacha20_avx2(secret, 5, nonce, output, 64)) \
	X(chacha20_avx512_2, LRNG_CPU_AVX512, 0, lrng_chacha20_avx512(secret, 5, nonce, output, 2)) \
	X(chacha20_avx512_7, LRNG_CPU_AVX512, 0, lrng_chacha20_avx512(secret, 5, nonce, output, 7)) \
	X(chacha20_avx512_11, LRNG_CPU_AVX512, 0, lrng_chacha20_avx512(secret, 5, nonce, output, 11)) \
	X(chacha20_avx512_64, LRNG_CPU_AVX512, 0, lrng_chacha20_avx512(secret, 5, nonce, output, 64)) \
	X(aes_four, LRNG_CPU_AES, 0, lrng_aes256_four_aesni(KEY, output)) \
	X(aes_ctr_3, LRNG_CPU_AES, 0, lrng_aes256_ctr_aesni(KEY, number, output, 3)) \
	X(aes_ctr_64, LRNG_CPU_AES, 0, lrng_aes256_ctr_aesni(KEY, number, output, 64)) \
	X(aes_vaes256_13, LRNG_CPU_VAES | LRNG_CPU_AVX2, 0, lrng_aes256_ctr_vaes256(KEY, number, output, 13)) \
	X(aes_vaes256_64, LRNG_CPU_VAES | LRNG_CPU_AVX2, 0, lrng_aes256_ctr_vaes256(KEY, number, output, 64)) \
	X(aes_vaes512_13, LRNG_CPU_VAES | LRNG_CPU_AVX512, 0, lrng_aes256_ctr_vaes512(KEY, number, output, 13)) \
	X(aes_vaes512_64, LRNG_CPU_VAES | LRNG_CPU_AVX512, 0, lrng_aes256_ctr_vaes512(KEY, number, output, 64)) \
	X(sha256_1, LRNG_CPU_SHA, 0, lrng_sha256_shani(lanes[0], KEY, 1)) \
	X(sha256_4, LRNG_CPU_SHA, 0, lrng_sha256_shani(lanes[0], KEY, 4)) \
	X(sha256x8_1, LRNG_CPU_AVX2, 0, lrng_sha256x8_avx2(lanes, (const uint32_t (*)[8])secret, 1)) \
	X(sha256x8_2, LRNG_CPU_AVX2, 0, lrng_sha256x8_avx2(lanes, (const uint32_t (*)[8])secret, 2)) \
	X(sha512_1, LRNG_CPU_AVX2 | LRNG_CPU_BMI2, 1, lrng_sha512_avx2(words, KEY, 1)) \
	X(sha512_4, LRNG_CPU_AVX2 | LRNG_CPU_BMI2, 1, lrng_sha512_avx2(words, KEY, 4)) \
	X(sha512_avx512_1, AVX512_SHA512, 1, lrng_sha512_avx512(words, KEY, 1)) \
	X(sha512_avx512_4, AVX512_SHA512, 1, lrng_sha512_avx512(words, KEY, 4))

#define DEFINE(name, needs, mixed, call) static void probe_##name(void) { call; }
PROBES(DEFINE)

/* What must be found out: an address that is the secret's, and a branch. */
static void look_up(void) { output[0] = ((const uint8_t *)lanes)[secret[0] & 63]; }
static void decide(void)
{
	if (secret[0] & 1)
		*(volatile uint8_t *)output = 1;
	else
		*(volatile uint8_t *)(output + 1) = 1;
}

static const struct probe {
	const char *name;
	void (*function)(void);
	unsigned needs;
	int mixed;
} probes[] = {
#define ROW_OF(name, needs, mixed, call) { #name, probe_##name, needs, mixed },
	PROBES(ROW_OF)
}, controls[] = {
	{ "table", look_up, 0, 0 },
	{ "branch", decide, 0, 1 },
};

static void fill_secrets(uint32_t seed)
{
	for (unsigned i = 0; i < 256; i++)
		secret[i] = seed = seed * 1664525 + 1013904223;
	for (unsigned i = 0; i < 64; i++)
		lanes[i / 8][i % 8] = seed = seed * 1664525 + 1013904223;
	memcpy(number, &secret[128], sizeof(number));
	memcpy(words, &secret[160], sizeof(words));
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
	memcpy(other_mask_registers, mask_registers, sizeof(mask_registers));
	run_on_stack(probe->function, 2);
	for (unsigned i = 0; i < stack_length; i++)
		in_stack += stack[i] != other_stack[i], used += stack[i] != 0;
	for (unsigned i = 0; i < sizeof(vector_registers); i++)
		in_vectors += vector_registers[i] != 0;
	for (unsigned i = 0; i < 9; i++)
		in_registers += general_registers[i] != other_general_registers[i];
	for (unsigned i = 0; i < 8; i++)
		in_registers += mask_registers[i] != other_mask_registers[i];
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
	VALGRIND_MAKE_MEM_UNDEFINED(number, sizeof(number));
	VALGRIND_MAKE_MEM_UNDEFINED(words, sizeof(words));
	probe->function();
	errors = VALGRIND_COUNT_ERRORS - errors;
	VALGRIND_MAKE_MEM_DEFINED(secret, sizeof(secret));
	VALGRIND_MAKE_MEM_DEFINED(lanes, sizeof(lanes));
	VALGRIND_MAKE_MEM_DEFINED(number, sizeof(number));
	VALGRIND_MAKE_MEM_DEFINED(words, sizeof(words));
	VALGRIND_MAKE_MEM_DEFINED(output, sizeof(output));
	printf("%s %s (%u errors)\n", probe->name, errors ? "leaks" : "clean", errors);
	return 0;
}

/* ------------------------------------------------------------------------------------------ instruction by instruction */

static struct {
	const struct probe *probe;
	uint64_t sum, count;
} walk;

static void mix(uint64_t value)
{
	/* FNV-1a, by words. */
	walk.sum = (walk.sum ^ value) * 0x100000001b3;
}

static void step(int signal, siginfo_t *info, void *where)
{
	const greg_t *registers = ((const ucontext_t *)where)->uc_mcontext.gregs;

	(void)signal, (void)info;
	walk.count++;
	mix((uint64_t)registers[REG_RIP]);
	if (!walk.probe->mixed)
		for (int i = REG_R8; i <= REG_RSP; i++)
			mix((uint64_t)registers[i]);
}

/* Calls the function in rdi with the trap flag set, so that the processor stops after each instruction. Registers are empty. */
void walk_through(void (*function)(void));
__asm__(".text\n"
	".type walk_through, @function\n"
	"walk_through:\n\t"
	".irp r, rbp, rbx, r12, r13, r14, r15\n\t"
	"push %\\r\n\t"
	".endr\n\t"
	"sub $8, %rsp\n\t"
	".irp r, rax, rcx, rdx, rsi, rbp, rbx, r8, r9, r10, r11, r12, r13, r14, r15\n\t"
	"xor %\\r, %\\r\n\t"
	".endr\n\t"
	"pushfq\n\t"
	"orq $0x100, (%rsp)\n\t"
	"popfq\n\t"
	"call *%rdi\n\t"
	"pushfq\n\t"
	"andq $~0x100, (%rsp)\n\t"
	"popfq\n\t"
	"add $8, %rsp\n\t"
	".irp r, r15, r14, r13, r12, rbx, rbp\n\t"
	"pop %\\r\n\t"
	".endr\n\t"
	"ret\n");

static uint64_t walk_with(const struct probe *probe, uint32_t seed)
{
	walk.probe = probe;
	walk.sum = walk.count = 0;
	fill_secrets(seed);
	walk_through(probe->function);
	return walk.sum;
}

static int compare_steps(const struct probe *probe)
{
	uint64_t sum = walk_with(probe, 1);
	int differ = 0;

	for (uint32_t seed = 2; seed < 6; seed++)
		differ |= walk_with(probe, seed) != sum;
	printf("%s %s (%llu instructions)\n", probe->name, differ ? "leaks" : "clean", (unsigned long long)walk.count);
	return 0;
}

/* -------------------------------------------------------------------------------------------------------------------- */

static void run_all(const struct probe *list, unsigned count, int (*look)(const struct probe *))
{
	for (unsigned i = 0; i < count; i++) {
		if (lrng_processor_has(list[i].needs))
			look(&list[i]);
		else
			printf("%s skipped\n", list[i].name);
	}
}

int main(int argc, char **argv)
{
	const char *mode = argc == 2 ? argv[1] : "";
	const unsigned count = sizeof(probes) / sizeof(probes[0]);
	const struct sigaction action = { .sa_sigaction = step, .sa_flags = SA_SIGINFO };

	has_long_vectors = lrng_processor_has(LRNG_CPU_AVX512);
	if (!strcmp(mode, "leftovers")) {
		run_all(probes, count, find_leftovers);
		return 0;
	}
	if (!strcmp(mode, "secrets")) {
		run_all(controls, 2, follow_secrets);
		run_all(probes, count, follow_secrets);
		return 0;
	}
	if (!strcmp(mode, "steps")) {
		sigaction(SIGTRAP, &action, NULL);
		run_all(controls, 2, compare_steps);
		run_all(probes, count, compare_steps);
		return 0;
	}
	fprintf(stderr, "usage: probes leftovers|secrets|steps\n");
	return 2;
}
