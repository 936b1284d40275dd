// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * __vdso_getrandom, as a C library uses it: found in the ELF image that the kernel maps into each process, with a state in
 * memory of the kind that it asks for.
 *
 *     vdso self       it makes bytes itself, without a system call: the stock kernel
 *     vdso syscall    it makes a system call each time: the LRNG has taken over
 *     vdso follow     says which of the two, and each change, until it is ended
 *
 * A filter turns each getrandom(2) into a signal, whose handler counts it and makes the call. By itself __vdso_getrandom makes
 * one for the first key, and one for each reseed of the kernel.
 */
#define _GNU_SOURCE
#include "test.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <ucontext.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

/* A fourth argument, which the kernel does not look at: the filter lets it pass. */
#define PASS 0x5ca1ab1e

struct parameters {
	uint32_t size, protection, flags, reserved[13];
};

typedef ssize_t (*vdso_function)(void *, size_t, unsigned int, void *, size_t);

static vdso_function function;
static void *state;
static struct parameters parameters;

static void *find(const char *wanted)
{
	const uint8_t *image = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);
	const ElfW(Ehdr) *header = (const void *)image;
	const ElfW(Phdr) *segment;
	const ElfW(Dyn) *dynamic = NULL;
	const ElfW(Sym) *symbols = NULL;
	const char *strings = NULL;
	const uint32_t *hash = NULL;
	uintptr_t base = 0;
	uint32_t i;

	if (!image)
		return NULL;
	segment = (const void *)(image + header->e_phoff);
	for (i = 0; i < header->e_phnum; i++) {
		if (segment[i].p_type == PT_LOAD && !base)
			base = (uintptr_t)image + segment[i].p_offset - segment[i].p_vaddr;
		if (segment[i].p_type == PT_DYNAMIC)
			dynamic = (const void *)(image + segment[i].p_offset);
	}
	for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++) {
		const void *where = (const void *)(base + dynamic->d_un.d_ptr);

		if (dynamic->d_tag == DT_SYMTAB)
			symbols = where;
		if (dynamic->d_tag == DT_STRTAB)
			strings = where;
		if (dynamic->d_tag == DT_HASH)
			hash = where;
	}
	if (!symbols || !strings || !hash)
		return NULL;
	for (i = 0; i < hash[1]; i++)
		if (symbols[i].st_shndx != SHN_UNDEF && !strcmp(strings + symbols[i].st_name, wanted))
			return (void *)(base + symbols[i].st_value);
	return NULL;
}

static ssize_t fill(void *buffer, size_t length, unsigned int flags)
{
	return function(buffer, length, flags, state, parameters.size);
}

static volatile sig_atomic_t system_calls;

static void on_system_call(int number, siginfo_t *info, void *context)
{
	greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)number;
	(void)info;
	system_calls++;
	registers[REG_RAX] = raw6(SYS_getrandom, registers[REG_RDI], registers[REG_RSI], registers[REG_RDX], PASS, 0, 0);
}

static void filter_system_calls(void)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[3])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PASS, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(rules) / sizeof(*rules), rules };
	struct sigaction action = { .sa_sigaction = on_system_call, .sa_flags = SA_SIGINFO };

	sigaction(SIGSYS, &action, NULL);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		check(false, "system calls can be filtered");
		exit(1);
	}
}

/* Of so many calls. */
#define CALLS 16

static void follow(void)
{
	const char *last = "";

	filter_system_calls();
	for (;;) {
		const char *now = last;
		unsigned int i;

		system_calls = 0;
		for (i = 0; i < CALLS; i++) {
			uint8_t bytes[16];

			if (fill(bytes, sizeof(bytes), 0) != sizeof(bytes))
				now = "neither";
		}
		if (system_calls <= 1)
			now = "self";
		else if (system_calls == CALLS)
			now = "syscall";
		if (now != last) {
			printf("%s\n", now);
			fflush(stdout);
		}
		last = now;
		pause_for(20);
	}
}

static void filtered(void *data)
{
	const bool by_itself = *(const bool *)data;
	uint8_t bytes[2000];
	unsigned int i;

	filter_system_calls();
	check(get(bytes, 16, 0) == 16 && system_calls == 1, "the filter counts getrandom(2)");
	system_calls = 0;
	begin("it serves any length while calls are counted");
	for (i = 1; i <= 300; i++)
		expect((long)i, fill(bytes, i, 0), "%u bytes", i);
	end();
	if (by_itself)
		check(system_calls <= 4, "300 calls of __vdso_getrandom make hardly a system call: %d", (int)system_calls);
	else
		check(system_calls == 300, "300 calls of __vdso_getrandom make a system call each: %d", (int)system_calls);
}

static void test_bytes(void)
{
	static uint8_t blocks[8192][16], bytes[4096 + 64];
	static const size_t lengths[] = { 0, 1, 7, 32, 95, 96, 97, 255, 256, 257, 1000, 4096 };
	unsigned int i;
	int status;

	begin("lengths, and what is written");
	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		memset(bytes, 0x5a, sizeof(bytes));
		expect(lengths[i], fill(bytes, lengths[i], 0), "%zu bytes", lengths[i]);
		among(find_run(bytes, lengths[i], 0x5a, 6) < 0, "%zu bytes: not all written", lengths[i]);
		among(find_run(bytes + lengths[i], 64, 0x5a, 64) == 0, "%zu bytes: written beyond", lengths[i]);
	}
	expect(16, fill(bytes, 16, INSECURE), "GRND_INSECURE");
	expect(-EINVAL, fill(bytes, 16, 0x80000000), "an unknown flag");
	end();
	begin("no block comes twice");
	for (i = 0; i < 8192; i++)
		if (!expect(16, fill(blocks[i], 16, 0), "16 bytes, call %u", i))
			break;
	among(!has_twins(blocks, 8192), "a block came twice");
	end();
	/* The state is of the kind that a fork does not share. */
	fflush(stdout);
	uint8_t *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!fork()) {
		fill(shared, 32, 0);
		_exit(0);
	}
	wait(&status);
	fill(bytes, 32, 0);
	check(memcmp(bytes, shared, 32) != 0 && find_run(shared, 32, 0, 32) < 0, "a fork gets other bytes");
}

int main(int count, char **arguments)
{
	const char *mode = count == 2 ? arguments[1] : "";
	bool by_itself = !strcmp(mode, "self");

	if (!by_itself && strcmp(mode, "syscall") && strcmp(mode, "follow")) {
		fprintf(stderr, "usage: vdso self|syscall|follow\n");
		return 64;
	}
	function = (vdso_function)find("__vdso_getrandom");
	if (!function) {
		printf("skip - __vdso_getrandom: this kernel has none (it came with 6.11)\n");
		return 0;
	}
	if (function(NULL, 0, 0, &parameters, ~0ul) || !parameters.size || parameters.size > PAGE) {
		check(false, "it says what state it wants: %u bytes", parameters.size);
		return 1;
	}
	state = mmap(NULL, PAGE, parameters.protection, parameters.flags, -1, 0);
	if (state == MAP_FAILED) {
		check(false, "memory as it wants it: %s", strerror(errno));
		return 1;
	}
	if (!strcmp(mode, "follow"))
		follow();
	test_bytes();
	apart(filtered, &by_itself);
	return finish();
}
