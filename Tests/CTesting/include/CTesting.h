/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/* fork(2) for tests: Swift hides it, because a child of a multithreaded process can do little but exit. */
#ifndef LRNG_CTESTING_H
#define LRNG_CTESTING_H

#include <errno.h>
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

#endif
