/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * What the test programs share: lines of results, and system calls without a library in between, so that error numbers
 * and short counts arrive as the kernel gave them.
 *
 *     check(condition, "name")                       one case, one line
 *     begin("name"); expect(5, got, "case"); end();  many cases, one line; those that fail are listed below it
 */
#ifndef TEST_H
#define TEST_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Of the reference; not in the C library's header. */
#define NONBLOCK     0x01u
#define RANDOM       0x02u
#define INSECURE     0x04u
#define SEED         0x10u
#define FULLY_SEEDED 0x20u

#define PAGE 4096

static unsigned int failures;
static const char *group;
static unsigned int group_cases, group_failures;

static inline long raw6(long number, long a, long b, long c, long d, long e, long f)
{
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

#define raw(number, a, b, c) raw6(number, (long)(a), (long)(b), (long)(c), 0, 0, 0)

/* Failed calls of the C library by their number. */
static inline long result_of(long result)
{
	return result < 0 ? -errno : result;
}

static inline long get(void *buffer, size_t length, unsigned long flags)
{
	return raw(SYS_getrandom, buffer, length, flags);
}

/* The entry for 32 bits, which 64-bit code may use as well: pointers have to be below 4 GiB. */
static inline long raw32(long number, unsigned long a, unsigned long b, unsigned long c)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "0"(number), "b"(a), "c"(b), "d"(c)
			 : "r8", "r9", "r10", "r11", "memory");
	return (int)result;
}

static inline bool check(bool good, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	printf("%s - ", good ? "ok" : "not ok");
	vprintf(format, arguments);
	putchar('\n');
	fflush(stdout);
	va_end(arguments);
	failures += !good;
	return good;
}

static inline bool check_equal(long expected, long got, const char *name)
{
	if (expected == got)
		return check(true, "%s", name);
	return check(false, "%s: expected %ld, got %ld", name, expected, got);
}

static inline void begin(const char *name)
{
	group = name;
	group_cases = group_failures = 0;
}

/* Failed cases are told first: a result line ends them. */
static inline bool among(bool good, const char *format, ...)
{
	va_list arguments;

	group_cases++;
	if (good)
		return true;
	if (group_failures++ < 6) {
		va_start(arguments, format);
		fputs("#   ", stdout);
		vprintf(format, arguments);
		putchar('\n');
		va_end(arguments);
	}
	return false;
}

#define expect(expected, got, ...) expect_at(expected, got, __VA_ARGS__)
static inline bool expect_at(long expected, long got, const char *format, ...)
{
	char text[200];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return among(expected == got, "%s: expected %ld, got %ld", text, expected, got);
}

static inline void end(void)
{
	if (!group_cases)
		check(false, "%s: no case was tried", group);
	else if (group_failures)
		check(false, "%s: %u of %u cases", group, group_failures, group_cases);
	else
		check(true, "%s (%u cases)", group, group_cases);
}

static inline int finish(void)
{
	fflush(stdout);
	return failures > 0;
}

/* Runs something in a process of its own, and takes its failures over. */
static inline void apart(void (*part)(void *), void *data)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		failures = 0;
		part(data);
		_exit(finish());
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
		check(false, "a child came to its end");
		return;
	}
	failures += WEXITSTATUS(status);
}

static inline void *map(size_t length, int flags)
{
	void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (memory == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return memory;
}

static inline void pause_for(unsigned int milliseconds)
{
	struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000L };

	nanosleep(&time, NULL);
}

static inline uint64_t milliseconds_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000ull + time.tv_nsec / 1000000;
}

/* ---------------------------------------------------------------------------------------------------------- what bytes are like */

/* Where `count` bytes of the value begin, or -1. Six bytes in 1 MiB of random ones: once in 2^28 calls. */
static inline long find_run(const uint8_t *bytes, size_t length, uint8_t value, size_t count)
{
	size_t i, run = 0;

	for (i = 0; i < length; i++) {
		run = bytes[i] == value ? run + 1 : 0;
		if (run == count)
			return i + 1 - count;
	}
	return -1;
}

static inline int compare_blocks(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

/* Whether two blocks of 16 bytes are the same. Sorts them. */
static inline bool has_twins(uint8_t (*blocks)[16], size_t count)
{
	size_t i;

	qsort(blocks, count, 16, compare_blocks);
	for (i = 1; i < count; i++)
		if (!memcmp(blocks[i - 1], blocks[i], 16))
			return true;
	return false;
}

#endif
