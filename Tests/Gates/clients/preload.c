/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * A program that knows nothing of the LRNG, and calls the C library's functions where it hurts. Each test prints nothing and
 * ends with 0 if all is well; what is not is named on standard error.
 *
 * Usage: preload TEST...
 *        preload sealed PROGRAM ARGUMENT...     runs a program that ends at the first system call getrandom(2) for 16 bytes or
 *                                               more without flags, as our fallback would make it
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REQUIRE(condition)                                                                   \
	do {                                                                                 \
		if (!(condition)) {                                                          \
			fprintf(stderr, "error: line %d: %s (errno %d)\n", __LINE__, #condition, errno); \
			_exit(1);                                                            \
		}                                                                            \
	} while (0)

enum { GRND_SEED = 0x10, GRND_FULLY_SEEDED = 0x20 };

/* glibc 2.36 has them; older headers do not say so. */
extern uint32_t arc4random(void);
extern uint32_t arc4random_uniform(uint32_t bound);
extern void arc4random_buf(void *buffer, size_t length);

/* Each value must be new: sorts and looks at neighbours. */
static int compare(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

static void require_new(unsigned char (*values)[16], size_t count)
{
	static const unsigned char zeroes[16];

	qsort(values, count, 16, compare);
	for (size_t i = 0; i < count; i++) {
		REQUIRE(memcmp(values[i], zeroes, 16));
		REQUIRE(!i || memcmp(values[i - 1], values[i], 16));
	}
}

/* ---- Before main --------------------------------------------------------------------------------------------------- */

static unsigned char early[16];
static ssize_t early_count;

__attribute__((constructor(101))) static void before_main(void)
{
	early_count = getrandom(early, sizeof(early), 0);
}

static void test_constructor(void)
{
	unsigned char values[2][16];

	REQUIRE(early_count == sizeof(early));
	memcpy(values[0], early, 16);
	REQUIRE(getrandom(values[1], 16, 0) == 16);
	require_new(values, 2);
}

/* ---- Flags, lengths and errors -------------------------------------------------------------------------------------- */

static void test_flags(void)
{
	static unsigned char large[1 << 20];
	unsigned char bytes[300], *piece;
	unsigned char *volatile nowhere = NULL;
	uint64_t seed[512];
	ssize_t n;

	static const unsigned int good[] = { 0, 1, 2, 3, 4, 5, 0x20, 0x21, 0x22, 0x24 };
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		memset(bytes, 0, sizeof(bytes));
		errno = 4711;
		REQUIRE(getrandom(bytes, 64, good[i]) == 64);
		REQUIRE(errno == 4711);
		for (n = 0; n < 64 && !bytes[n]; n++)
			;
		REQUIRE(n < 32);
		REQUIRE(!bytes[64] && !bytes[65]);
	}
	static const unsigned int bad[] = { 6, 0x12, 0x14, 0x16, 8, 0x40, 0x80000000 };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		REQUIRE(getrandom(bytes, 64, bad[i]) == -1 && errno == EINVAL);
	REQUIRE(getrandom(bytes, 0, 0) == 0);
	REQUIRE(getrandom(nowhere, 16, 0) == -1 && errno == EFAULT);
	/* Large requests: every page is filled, and nothing past the end is. */
	n = getrandom(large, sizeof(large) - 5, 0);
	REQUIRE(n == (ssize_t)sizeof(large) - 5);
	for (piece = large; piece + 32 < large + n; piece += 16)
		REQUIRE(memcmp(piece, piece + 16, 16));
	REQUIRE(!large[n] && !large[n + 4]);

	memset(seed, 0, sizeof(seed));
	REQUIRE(getrandom(seed, 7, GRND_SEED) == -1 && errno == EINVAL);
	REQUIRE(getrandom(seed, 8, GRND_SEED) == -1 && errno == EMSGSIZE);
	REQUIRE(seed[0] > 16 && seed[0] < sizeof(seed));
	n = (ssize_t)seed[0];
	REQUIRE(getrandom(seed, sizeof(seed), GRND_SEED) == n);
	REQUIRE((ssize_t)seed[0] == n && seed[1] >= 256);
	REQUIRE(getrandom(seed, sizeof(seed), GRND_SEED | GRND_FULLY_SEEDED | GRND_NONBLOCK) == n);

	REQUIRE(getentropy(bytes, 256) == 0);
	REQUIRE(getentropy(bytes, 257) == -1 && errno == EIO);
	REQUIRE(getentropy(bytes, 0) == 0);
	uint32_t seen[6] = { 0 };
	for (int i = 0; i < 6000; i++) {
		uint32_t die = arc4random_uniform(6);
		REQUIRE(die < 6);
		seen[die]++;
	}
	/* 1000 each: sigma is 29. */
	for (int i = 0; i < 6; i++)
		REQUIRE(seen[i] > 800 && seen[i] < 1200);
	REQUIRE(arc4random_uniform(0) == 0 && arc4random_uniform(1) == 0);
	REQUIRE(arc4random_uniform(0x80000001) <= 0x80000000);
	memset(bytes, 0, sizeof(bytes));
	arc4random_buf(bytes, 299);
	REQUIRE(!bytes[299]);
	REQUIRE(arc4random() != arc4random() || arc4random() != arc4random());
}

/* ---- Threads and forks ---------------------------------------------------------------------------------------------- */

enum { THREADS = 8, DRAWS = 4000, CHILDREN = 24 };

static void *draw(void *target)
{
	unsigned char(*values)[16] = target;

	for (int i = 0; i < DRAWS; i++)
		REQUIRE(getrandom(values[i], 16, 0) == 16);
	return NULL;
}

/* Children of a thread while others draw, and while the first call of all is under way. */
static void test_fork(void)
{
	const size_t count = THREADS * DRAWS + 2 * CHILDREN * 4;
	unsigned char(*values)[16] =
		mmap(NULL, count * 16, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned char(*next)[16] = values + THREADS * DRAWS;
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, draw, values + i * DRAWS));
	for (int i = 0; i < CHILDREN; i++, next += 8) {
		pid_t child = fork();
		int status;

		if (!child) {
			for (int j = 0; j < 4; j++)
				REQUIRE(getrandom(next[j], 16, 0) == 16);
			_exit(0);
		}
		for (int j = 4; j < 8; j++)
			REQUIRE(getrandom(next[j], 16, 0) == 16);
		REQUIRE(waitpid(child, &status, 0) == child && status == 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	require_new(values, count);
}

static void test_vfork(void)
{
	unsigned char(*values)[16] =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child;
	int status;

	REQUIRE(getrandom(values[0], 16, 0) == 16);
	child = vfork();
	if (!child)
		_exit(getrandom(values[1], 16, 0) != 16);
	REQUIRE(waitpid(child, &status, 0) == child && status == 0);
	REQUIRE(getrandom(values[2], 16, 0) == 16);
	require_new(values, 3);
}

/* Thousands of threads, each with few draws: what a thread has is given back. */
static void *draw_once(void *target)
{
	REQUIRE(getrandom(target, 16, 0) == 16);
	return NULL;
}

static void test_threads(void)
{
	static unsigned char values[20000][16];
	pthread_attr_t small;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 << 10);
	for (size_t i = 0; i < 20000; i++) {
		pthread_t thread;

		REQUIRE(!pthread_create(&thread, &small, draw_once, values[i]));
		pthread_join(thread, NULL);
	}
	require_new(values, 20000);
}

/* ---- Signals -------------------------------------------------------------------------------------------------------- */

static unsigned char of_handler[1 << 16][16];
static atomic_uint handled;

static void on_signal(int signal)
{
	unsigned int index = atomic_load(&handled);

	(void)signal;
	if (index < 1 << 16 && getrandom(of_handler[index], 16, 0) == 16)
		atomic_store(&handled, index + 1);
}

static void test_signal(void)
{
	enum { COUNT = 1 << 19 };
	static unsigned char values[COUNT + (1 << 16)][16];
	static unsigned char stack[16 << 10];
	const stack_t alternative = { .ss_sp = stack, .ss_size = sizeof(stack) };
	const struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };
	const struct itimerval often = { { 0, 50 }, { 0, 50 } }, never = { { 0, 0 }, { 0, 0 } };
	size_t count = COUNT;

	REQUIRE(!sigaltstack(&alternative, NULL) && !sigaction(SIGALRM, &action, NULL));
	/* The first call of all is a handler's. */
	raise(SIGALRM);
	REQUIRE(handled == 1);
	REQUIRE(!setitimer(ITIMER_REAL, &often, NULL));
	for (size_t i = 0; i < COUNT; i++)
		REQUIRE(getrandom(values[i], 16, 0) == 16);
	REQUIRE(!setitimer(ITIMER_REAL, &never, NULL));
	REQUIRE(handled > 10);
	memcpy(values[count], of_handler, (size_t)handled * 16);
	require_new(values, count + handled);
}

/* Threads that are cancelled in the middle of a call hold nothing afterwards. */
static void *draw_for_ever(void *nothing)
{
	unsigned char bytes[600];

	for (;;) {
		if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
			return nothing;
		pthread_testcancel();
	}
}

static void test_cancel(void)
{
	unsigned char bytes[16];

	for (int i = 0; i < 100; i++) {
		pthread_t thread;

		REQUIRE(!pthread_create(&thread, NULL, draw_for_ever, NULL));
		usleep(i % 4 * 500);
		REQUIRE(!pthread_cancel(thread) && !pthread_join(thread, NULL));
	}
	REQUIRE(getrandom(bytes, 16, 0) == 16);
}

/* ---- Places where little is left ------------------------------------------------------------------------------------- */

/* No descriptor, no root directory of its own, and no more system calls than a sandbox for network servers has. */
static void test_sandbox(void)
{
#ifdef __x86_64__
	static const unsigned char allowed[] = {
		SYS_read, SYS_write, SYS_close, SYS_mmap, SYS_munmap, SYS_madvise, SYS_brk, SYS_rt_sigprocmask,
		SYS_rt_sigreturn, SYS_nanosleep, SYS_getpid, SYS_exit, SYS_uname, SYS_getppid, SYS_sigaltstack % 256,
		SYS_futex, SYS_exit_group, SYS_clock_gettime, SYS_gettid,
	};
	struct sock_filter filter[64] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = { 0, filter };
	unsigned char bytes[1000];
	size_t n = 1;

	/* Made before the sandbox, as a program would that draws before. */
	REQUIRE(getrandom(bytes, 16, 0) == 16);
	if (fork()) {
		int status;

		REQUIRE(wait(&status) > 0);
		REQUIRE(status == 0);
		return;
	}
	for (int i = 0; i < 256; i++)
		close(i == 2 ? -1 : i);
	for (size_t i = 0; i < sizeof(allowed); i++) {
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 1);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	program.len = (unsigned short)n;
	REQUIRE(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	REQUIRE(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
	/* This child makes a generator anew, and the seed wears out in it. */
	for (int i = 0; i < 3 << 20; i++)
		REQUIRE(getrandom(bytes, i % 1000 ? 16 : 1000, 0) > 0);
	REQUIRE(getrandom(bytes, 64, GRND_RANDOM) == 64);
	_exit(0);
#endif
}

/* The first call of all on a stack of the smallest size that threads have. */
static void test_stack(void)
{
	static unsigned char value[16];
	pthread_attr_t small;
	pthread_t thread;

	pthread_attr_init(&small);
	REQUIRE(!pthread_attr_setstacksize(&small, 32 << 10));
	REQUIRE(!pthread_create(&thread, &small, draw_once, value));
	pthread_join(thread, NULL);
}

static void seal(void)
{
	/* Flags, then length: 32 bits of each are enough here. */
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 16, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	REQUIRE(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	REQUIRE(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

/* What is served does not come from the system. */
static void test_served(void)
{
	static unsigned char bytes[1 << 20];

	seal();
	for (int i = 0; i < 100000; i++)
		REQUIRE(getrandom(bytes, 16, 0) == 16);
	for (int i = 0; i < 100; i++)
		REQUIRE(getrandom(bytes, sizeof(bytes), 0) == sizeof(bytes));
	REQUIRE(getentropy(bytes, 256) == 0);
	arc4random_buf(bytes, 5000);
}

/* ---- Speed ---------------------------------------------------------------------------------------------------------- */

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void test_speed(void)
{
	static const size_t lengths[] = { 8, 16, 32, 256, 4096, 65536 };
	static unsigned char bytes[65536];
	double start;
	long n;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		REQUIRE(getrandom(bytes, lengths[i], 0) == (ssize_t)lengths[i]);
		for (n = 0, start = seconds(); seconds() - start < 0.3;)
			for (int j = 0; j < 100; j++, n++)
				REQUIRE(getrandom(bytes, lengths[i], 0) > 0);
		printf("getrandom(%zu) %.1f ns\n", lengths[i], 0.3e9 / (double)n);
	}
	for (n = 0, start = seconds(); seconds() - start < 0.3;)
		for (int j = 0; j < 100; j++, n++)
			arc4random();
	printf("arc4random %.1f ns\n", 0.3e9 / (double)n);
}

/* ---- Whether the library is there at all ----------------------------------------------------------------------------- */

static void test_loaded(void)
{
	Dl_info info;

	REQUIRE(dladdr(dlsym(RTLD_DEFAULT, "getrandom"), &info) && strstr(info.dli_fname, "liblrng-getrandom"));
}

int main(int count, char **names)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} tests[] = {
		{ "constructor", test_constructor }, { "flags", test_flags },	  { "fork", test_fork },
		{ "vfork", test_vfork },	     { "threads", test_threads }, { "signal", test_signal },
		{ "cancel", test_cancel },	     { "sandbox", test_sandbox }, { "stack", test_stack },
		{ "speed", test_speed },	     { "loaded", test_loaded },	  { "served", test_served },
	};

	if (count > 2 && !strcmp(names[1], "sealed")) {
		seal();
		execvp(names[2], names + 2);
		REQUIRE(!"executed");
	}

	for (int i = 1; i < count; i++) {
		size_t j = 0;

		while (j < sizeof(tests) / sizeof(tests[0]) && strcmp(tests[j].name, names[i]))
			j++;
		REQUIRE(j < sizeof(tests) / sizeof(tests[0]));
		tests[j].run();
	}
	return 0;
}
