/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
#define _GNU_SOURCE
#include "CTesting.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* MARK: - A signal handler that forks */

static volatile sig_atomic_t is_child;
static volatile sig_atomic_t latest_child;

#if defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 34)
/* Unlike fork, it takes no lock of the allocator, which the handler may have interrupted. */
#define fork_in_handler _Fork
#endif
#endif

#ifdef fork_in_handler
static void fork_now(int signal)
{
	int error = errno;
	pid_t child = fork_in_handler();

	(void)signal;
	if (child == 0) {
		is_child = 1;
		/* Whatever it does then, it does not go on for ever. */
		alarm(30);
	} else
		latest_child = child;
	errno = error;
}

int lrng_fork_on_signal(int signal)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = fork_now;
	action.sa_flags = SA_RESTART;
	return sigaction(signal, &action, NULL);
}
#else
int lrng_fork_on_signal(int signal)
{
	(void)signal;
	return -1;
}
#endif

int lrng_is_signal_child(void)
{
	return is_child;
}

pid_t lrng_take_signal_child(void)
{
	pid_t child = latest_child;

	latest_child = 0;
	return child;
}

/* MARK: - Memory */

#define KEPT 16
static uintptr_t found_at[KEPT];

uintptr_t lrng_found_at(long index)
{
	return index >= 0 && index < KEPT ? found_at[index] : 0;
}

#ifdef __linux__
#define WINDOW (1 << 16)

static long search_window(const uint8_t *window, size_t length, uintptr_t address, const uint8_t *complement,
			  size_t pattern_length, long found)
{
	const uint8_t *at = window;
	const uint8_t *end = window + length;

	while ((size_t)(end - at) >= pattern_length) {
		size_t i = 0;

		at = memchr(at, (uint8_t)~complement[0], (size_t)(end - at) - pattern_length + 1);
		if (!at)
			break;
		while (i < pattern_length && at[i] == (uint8_t)~complement[i])
			i++;
		if (i == pattern_length) {
			if (found < KEPT)
				found_at[found] = address + (uintptr_t)(at - window);
			found++;
		}
		at++;
	}
	return found;
}

long lrng_find_in_memory(const uint8_t *complement, size_t length)
{
	/* Memory is copied into this mapping, which is left out. As a shared one it has a line of its own in maps. */
	uint8_t *window = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	FILE *maps = fopen("/proc/self/maps", "r");
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char line[512];
	long found = 0;

	if (window == MAP_FAILED || !maps || memory < 0 || length == 0 || length > WINDOW / 2)
		return -1;
	while (fgets(line, sizeof(line), maps)) {
		unsigned long start, end;
		char rights[8];

		if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) != 3 || rights[0] != 'r' || rights[1] != 'w')
			continue;
		if (start == (uintptr_t)window)
			continue;
		/* The windows overlap, so that no occurrence falls between two of them. */
		for (unsigned long at = start; at < end; at += WINDOW - (length - 1)) {
			ssize_t got = pread(memory, window, end - at < WINDOW ? end - at : WINDOW, (off_t)at);

			if (got > 0)
				found = search_window(window, (size_t)got, at, complement, length, found);
		}
	}
	memset(window, 0, WINDOW);
	munmap(window, WINDOW);
	fclose(maps);
	close(memory);
	return found;
}

int lrng_is_mapped(const void *address)
{
	uintptr_t page = (uintptr_t)address & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
	unsigned char residency;

	return mincore((void *)page, 1, &residency) == 0;
}
#else
long lrng_find_in_memory(const uint8_t *complement, size_t length)
{
	(void)complement;
	(void)length;
	return -1;
}

int lrng_is_mapped(const void *address)
{
	(void)address;
	return 0;
}
#endif

int lrng_is_sanitized(void)
{
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
	return 1;
#endif
#endif
	return 0;
}
