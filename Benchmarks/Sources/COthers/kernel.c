// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/* The kernel's generator by its two classic ways. The system call is made directly: newer C libraries take the vDSO. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "COthers.h"

static void *open_nothing(const char **reason)
{
	(void)reason;
	return "";
}

static void close_nothing(void *state)
{
	(void)state;
}

static int draw_getrandom(void *state, void *buffer, size_t bytes, size_t requests)
{
	(void)state;
	for (size_t i = 0; i < requests; i++)
		if (syscall(SYS_getrandom, buffer, bytes, 0) != (long)bytes)
			return -1;
	return 0;
}

const struct bench_other bench_getrandom = {
	.name = "getrandom(2)",
	.open = open_nothing,
	.draw = draw_getrandom,
	.close = close_nothing,
};

/* A file descriptor that is 0 must not look like a failure. */
static void *open_urandom(const char **reason)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		*reason = "cannot be opened";
		return NULL;
	}
	return (void *)(intptr_t)(fd + 1);
}

static int draw_urandom(void *state, void *buffer, size_t bytes, size_t requests)
{
	int fd = (int)(intptr_t)state - 1;

	for (size_t i = 0; i < requests; i++)
		if (read(fd, buffer, bytes) != (ssize_t)bytes)
			return -1;
	return 0;
}

static void close_urandom(void *state)
{
	close((int)(intptr_t)state - 1);
}

const struct bench_other bench_urandom = {
	.name = "/dev/urandom",
	.open = open_urandom,
	.draw = draw_urandom,
	.close = close_urandom,
};
