/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/* fork(2) for tests: Swift hides it, because a child of a multithreaded process can do little but exit. */
#ifndef LRNG_CTESTING_H
#define LRNG_CTESTING_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static inline pid_t lrng_fork(void)
{
	return fork();
}

/* Waits for a child. Returns its exit code, or -1 when it did not exit by itself. */
static inline int lrng_exit_code(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/*
 * A handler that forks, for any signal. Parent and child both return to what the signal interrupted; the child finds
 * lrng_is_signal_child() true, the parent the child's process id in lrng_take_signal_child(), once.
 *
 * Returns 0, or -1 where the system has no fork that a handler may call.
 */
int lrng_fork_on_signal(int signal);
int lrng_is_signal_child(void);
pid_t lrng_take_signal_child(void);

/*
 * Looks for a pattern in all memory that the process can write to, its stacks included, and returns how often it is
 * there. The pattern is given as its complement, so that the search does not find its own argument; the last 16 addresses
 * are kept for lrng_found_at(). Returns -1 where that is not possible.
 */
long lrng_find_in_memory(const uint8_t *complement, size_t length);
uintptr_t lrng_found_at(long index);

/* Whether the page at this address is mapped. */
int lrng_is_mapped(const void *address);

/* Whether memory belongs to a sanitizer, too much of it to be searched. */
int lrng_is_sanitized(void);

#endif
